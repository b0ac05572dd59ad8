"""The class names of a YOLO set that has no data.yaml: classes.txt and its like."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from converters.errors import AnnotationError
from converters.file_search import find_files
from converters.reading.text_file import read_text

_MAX_BYTES = 2**20
_FILES = ("classes.txt", "obj.names", "_darknet.labels")  # of labelImg and Label Studio, darknet and CVAT, Roboflow
_NUMBERS = tuple(str(number) for number in range(1000))


def is_name_file(path: Path) -> bool:
    """Whether a file is one of class names, by its own name."""
    return path.name.lower() in _FILES or path.suffix.lower() == ".names"


class ClassNames:
    """The class names of the label files below a folder.

    A label file has the names of the nearest folder above it that has any; or else those of the whole set, where all
    its files agree; or else, where there are none, the numbers as text.

    Args:
        folder: The set.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, label_file: Path) -> Sequence[str]:
        """The names for a label file, by their ids.

        Raises:
            AnnotationError: The names cannot be read; or several files of names contradict each other.
        """
        for folder in label_file.parents:
            if folder in self._by_folder:
                return self._by_folder[folder]
            if folder == self._folder:
                break
        return self._of_all

    @cached_property
    def _by_folder(self) -> dict[Path, Sequence[str]]:
        found: dict[Path, list[Path]] = {}
        for path in find_files(self._folder):
            if is_name_file(path):
                found.setdefault(path.parent, []).append(path)
        return {folder: _read_names(min(paths, key=_rank)) for folder, paths in found.items()}

    @cached_property
    def _of_all(self) -> Sequence[str]:
        if not self._by_folder:
            return _NUMBERS
        (folder, names), *others = self._by_folder.items()
        for other, its in others:
            if its != names:
                expected = "one of them in the folder of each label file, or in a folder above it"
                raise AnnotationError(self._folder, f"other class names in {folder} than in {other}", expected)
        return names


def _rank(path: Path) -> tuple[int, str]:
    name = path.name.lower()
    return _FILES.index(name) if name in _FILES else len(_FILES), name


def _read_names(path: Path) -> Sequence[str]:
    """The names by their ids: a name's id is the number of its line, so that a blank line is a name too."""
    names = tuple(line.strip() for line in read_text(path, _MAX_BYTES).splitlines())
    return names[: _last(names)]


def _last(names: Iterable[str]) -> int:
    """The position behind the last name that is not blank."""
    return max((number for number, name in enumerate(names, start=1) if name), default=0)
