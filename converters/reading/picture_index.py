"""Pictures found by the names that annotation files give them."""

import unicodedata
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

from converters.errors import AmbiguousPictureError, PictureError
from converters.file_search import find_files, find_pictures, is_picture
from converters.reading.drawn_copies import drawn_copies
from converters.split import split_of_file, split_of_folder


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
        """All pictures, sorted, each once, without the annotated copies that `detector infer` made of some."""
        return sorted(self._files - self._copies, key=lambda picture: picture.parts)

    @cached_property
    def _files(self) -> set[Path]:
        return {picture for folder in self.folders for picture in find_pictures(folder)}

    @cached_property
    def _copies(self) -> set[Path]:
        return drawn_copies(self._files, self.folders)

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        return _grouped((name_key(picture.name), picture) for picture in self.pictures)

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        return _grouped((name_key(picture.stem), picture) for picture in self.pictures)

    @cached_property
    def _other_files(self) -> dict[str, Path]:
        files = (path for folder in self.folders for path in find_files(folder) if not is_picture(path))
        return {name_key(path.name): path for path in files}

    def find(self, name: str, near: Path | None = None) -> Path:
        """Find a picture by its name. If there is none, the extension is ignored.

        Args:
            name: A file name or a path. Its folders are used only where several pictures have the same file name.
            near: The annotation file. Of several pictures of that name, the one with the nearest folder is taken, or
                else with folders of the same names or split (`images/mask/` for `annotations/mask/`, `train2017/` for
                `instances_train2017.json`).

        Returns:
            The picture.

        Raises:
            PictureError: There is none.
            AmbiguousPictureError: There is more than one.
        """
        wanted = name.replace("\\", "/").split("/")
        last = name_key(wanted[-1])  # a name with dots may be without extension: "2026.11.21" is not "2026.11"
        found = self._by_name.get(last) or self._by_stem.get(last) or self._by_stem.get(_stem(last)) or []
        if len(found) > 1:
            found = _best(found, lambda picture: _common_tail(picture, wanted))
        if len(found) > 1 and near is not None:
            found = _best(found, lambda picture: _common_head(picture, near))
        if len(found) > 1 and near is not None:
            names = _folder_keys(near) | {split_of_file(near.stem)}
            found = _best(found, lambda picture: len(_folder_keys(picture) & names))
        if len(found) > 1:
            raise AmbiguousPictureError(name, f"{len(found)} pictures of that name ({found[0]}, {found[1]})", "one")
        if not found:
            raise self._missing(name, last)
        return found[0]

    def _missing(self, name: str, last: str) -> PictureError:
        for copy in sorted(self._copies):
            if last in (name_key(copy.name), name_key(copy.stem)):
                return PictureError(name, f"only {copy}, a copy with drawn faces; name the originals with --images")
        if other := self._other_files.get(last):
            found = f"{other} is there, but {other.suffix or 'a name without suffix'} is no format that is read"
            return PictureError(name, found, "a JPEG, PNG, WebP, AVIF, TIFF, BMP ...")
        places = ", ".join(str(folder) for folder in self.folders)
        return PictureError(name, f"no such picture in {places}", "the picture, or --images with its folder")

    def has(self, name: str, near: Path | None = None) -> bool:
        """Whether there is a picture, or several, of a name; see `find`."""
        try:
            self.find(name, near)
        except AmbiguousPictureError:
            return True
        except PictureError:
            return False
        return True


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def name_key(name: str) -> str:
    """The form of a file name for comparisons: macOS writes accents as separate characters, Windows ignores case."""
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
    """How many parts agree, from the end; and whether the name itself is spelled exactly alike."""
    count = 0
    for one, other in zip(reversed(picture.parts), reversed(wanted), strict=False):
        if name_key(one) != name_key(other):
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


def _folder_keys(path: Path) -> set[str | None]:
    """The names of a file's folders in a form for comparisons; those of one split are alike."""
    return {split_of_folder(name) or name_key(name) for name in path.parts[:-1]}
