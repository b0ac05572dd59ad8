"""The splits of a Pascal VOC set: the lists in ImageSets/Main."""

from dataclasses import dataclass, field
from pathlib import Path

from converters.errors import AnnotationError
from converters.file_search import is_picture
from converters.reading.picture_index import name_key
from converters.reading.text_file import read_text
from converters.split import SPLITS, split_named

_FOLDERS = ("ImageSets/Main", "ImageSets")
_FLAGS = ("1", "0", "-1")  # whether a picture shows the class, shows it in a way that is hard to see, or does not
_MAX_BYTES = 2**28
_Lists = dict[str, tuple[str, ...]]  # the splits of each picture, by the key of its name without extension


@dataclass(slots=True)
class ImageSets:
    """The lists of all VOC sets below a folder; each is read when its first annotation is met.

    Attributes:
        root: The folder. Lists above it say nothing.
        found: What was read, by the folder of the annotations.
    """

    root: Path
    found: dict[Path, _Lists] = field(default_factory=dict)

    def splits_of(self, annotation: Path, picture: Path) -> tuple[str, ...]:
        """The splits whose lists name a picture; none where there are no lists, or no list names it."""
        folder = annotation.parent
        if folder not in self.found:
            self.found[folder] = _lists_near(folder, self.root)
        lists = self.found[folder]
        return (lists and (lists.get(name_key(annotation.stem)) or lists.get(name_key(picture.stem)))) or ()


def _lists_near(folder: Path, root: Path) -> _Lists:
    """The lists of the set that a folder of annotations belongs to: those beside it, or beside a folder above it."""
    for place in (folder, *folder.parents):
        if not place.is_relative_to(root):
            break
        for name in _FOLDERS:
            if (place / name).is_dir() and (lists := _read_lists(place / name)):
                return lists
    return {}


def _read_lists(folder: Path) -> _Lists:
    paths = {split: path for path in sorted(folder.glob("*.txt")) if (split := split_named(path.stem))}
    if "train" not in paths and (folder / "trainval.txt").is_file():
        paths["train"] = folder / "trainval.txt"
    lists: _Lists = {}
    stems: _Lists = {}
    for split in SPLITS:
        for name in _names(paths[split]) if split in paths else ():
            lists[name] = (*lists.get(name, ()), split)
            if (stem := _stem(name)) != name:
                stems[stem] = (*stems.get(stem, ()), split)
    return {**stems, **lists}  # a name as it stands comes first: the picture may be x.jpg.jpg


def _names(path: Path) -> list[str]:
    """The pictures of one list, one a line. Lists of one class have 1, 0 or -1 after each name."""
    try:
        lines = read_text(path, _MAX_BYTES).split("\n")
    except AnnotationError:
        return []
    names = [line.strip() for line in lines if line.strip()]
    if all(name.split()[-1] in _FLAGS for name in names):
        names = [name.rpartition(name.split()[-1])[0].strip() or name for name in names]
    return list(dict.fromkeys(name_key(name.replace("\\", "/").rpartition("/")[2]) for name in names))


def _stem(name: str) -> str:
    return Path(name).stem if is_picture(Path(name)) or name.endswith(".xml") else name
