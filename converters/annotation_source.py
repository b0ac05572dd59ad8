"""What a reader is given: where the annotations are, and an index of the pictures that may be used."""

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from converters.errors import AmbiguousPictureError, AnnotationError, PictureError
from converters.pictures import find_files, find_pictures
from converters.problems import Problems

_SPLIT_FOLDERS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


class PictureIndex:
    """The pictures in some folders, found by the names that annotation files give them.

    Only what lies in those folders can be found, whatever an annotation file says.

    Args:
        folders: Folders to search, with everything below them.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)

    @cached_property
    def pictures(self) -> list[Path]:
        """All pictures, sorted, each once."""
        found = {picture for folder in self.folders for picture in find_pictures(folder)}
        return sorted(found, key=lambda picture: picture.parts)

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        return _grouped((_key(picture.name), picture) for picture in self.pictures)

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        return _grouped((_key(picture.stem), picture) for picture in self.pictures)

    def find(self, name: str, near: Path | None = None) -> Path:
        """Find a picture by name, or where no picture has it, by the name without its extension.

        Args:
            name: A file name, or a path of which as much is used as is needed to tell two pictures apart.
            near: The annotation file: of several pictures of that name, the nearest one is meant.

        Returns:
            The picture.

        Raises:
            PictureError: There is none.
            AmbiguousPictureError: There is more than one.
        """
        wanted = name.replace("\\", "/").split("/")
        last = _key(wanted[-1])  # a name with dots may be without extension: "2026.11.21" is not "2026.11"
        found = self._by_name.get(last) or self._by_stem.get(last) or self._by_stem.get(_stem(last)) or []
        if len(found) > 1:
            found = _best(found, lambda picture: _common_tail(picture, wanted))
        if len(found) > 1 and near is not None:
            found = _best(found, lambda picture: _common_head(picture, near))
        if len(found) > 1:
            raise AmbiguousPictureError(name, f"{len(found)} pictures of that name ({found[0]}, {found[1]})", "one")
        if not found:
            places = ", ".join(str(folder) for folder in self.folders)
            raise PictureError(name, f"no such picture in {places}", "the picture, or --images with its folder")
        return found[0]


@dataclass(frozen=True, slots=True)
class AnnotationSource:
    """What a reader reads.

    Attributes:
        root: The folder, or the single file, that the user named; folders above it say nothing about splits.
        annotations: Folder or file to read annotations from; often the root itself.
        pictures: The pictures that may be used.
    """

    root: Path
    annotations: Path
    pictures: PictureIndex

    def files(self, suffix: str) -> Iterator[Path]:
        """Annotation files with a suffix (lower case), sorted."""
        if self.annotations.is_file():
            yield self.annotations
            return
        yield from find_files(self.annotations, (suffix,))

    def split_of(self, *paths: Path) -> str | None:
        """The split that a folder on the way to one of the paths is named after, if any."""
        folders = (os.path.dirname(path) for path in paths)  # noqa: PTH120  (text is found faster in the cache)
        return next((split for folder in folders if (split := _split_of_folder(folder, str(self.root)))), None)

    def match(self, annotation: Path, names: Iterable[str], problems: Problems) -> Path | None:
        """Find the picture of an annotation file, trying names in turn; what is unusual is reported.

        Args:
            annotation: The annotation file.
            names: Names for the picture, the one that the file states first.
            problems: Where a missing picture or a wrong name is reported.

        Returns:
            The picture, or None where there is none.
        """
        stated, *others = [name for name in names if name] or [annotation.stem]
        failure = None
        for name in (stated, *others):
            try:
                picture = self.pictures.find(name, annotation)
            except PictureError as error:
                failure = failure or error
                continue
            if picture.name != stated and _key(picture.name) != _key(stated.replace("\\", "/").rpartition("/")[2]):
                problems.repaired("picture under another name", annotation, stated, f"used {picture.name}")
            return picture
        problems.left_out("missing picture", annotation, f"{stated}: {failure.found if failure else 'no name'}")
        return None


@cache
def _split_of_folder(folder: str, root: str) -> str | None:
    path = Path(folder)
    names = path.relative_to(root).parts if path.is_relative_to(root) else path.parts[-2:]
    return next((_SPLIT_FOLDERS[name.lower()] for name in names if name.lower() in _SPLIT_FOLDERS), None)


def read_text(path: Path, limit: int) -> bytes:
    """Read an annotation file that may be hostile.

    Args:
        path: The file.
        limit: Most bytes that are sensible.

    Returns:
        Its content.

    Raises:
        AnnotationError: It cannot be read or is larger.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise AnnotationError(path, f"{size / 2**20:.0f} MiB", f"at most {limit / 2**20:.0f} MiB")
            return file.readall()
    except OSError as error:
        raise AnnotationError(path, f"cannot be read ({error.strerror})") from error


def split_named(name: str) -> str | None:
    """The split that a word stands for ("valid" and "validation" are "val"), or None."""
    return _SPLIT_FOLDERS.get(name.strip().lower())


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _key(name: str) -> str:
    # macOS writes accents as separate characters, and Windows sets ignore case.
    return (name if name.isascii() else unicodedata.normalize("NFC", name)).casefold()


def _grouped(pairs: Iterable[tuple[str, Path]]) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for key, picture in pairs:
        groups.setdefault(key, []).append(picture)
    return groups


def _best(pictures: list[Path], score: Callable[[Path], tuple[int, bool] | int]) -> list[Path]:
    best = max(map(score, pictures))
    return [picture for picture in pictures if score(picture) == best]


def _common_tail(picture: Path, wanted: list[str]) -> tuple[int, bool]:
    """Parts that agree from the end, the name itself in this very spelling counting once more."""
    count = 0
    for one, other in zip(reversed(picture.parts), reversed(wanted), strict=False):
        if _key(one) != _key(other):
            break
        count += 1
    return count, picture.name == wanted[-1]


def _common_head(picture: Path, near: Path) -> int:
    count = 0
    for one, other in zip(picture.parts, near.parts, strict=False):
        if one != other:
            break
        count += 1
    return count
