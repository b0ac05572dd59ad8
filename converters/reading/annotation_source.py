"""The input of a reader: where the annotations are, and the pictures that may be used."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from converters.errors import PictureError
from converters.file_search import find_files
from converters.problems import Problems
from converters.reading.picture_index import PictureIndex, name_key
from converters.reading.picture_names import picture_names
from converters.split import split_of_folder


@dataclass(frozen=True, slots=True)
class AnnotationSource:
    """The annotations and the pictures that a reader reads.

    Attributes:
        root: The folder that the user named, or the folder of the file that the user named. Folders above it say
            nothing about splits.
        annotations: Folder or file to read annotations from; often the root itself.
        pictures: The pictures that may be used.
    """

    root: Path
    annotations: Path
    pictures: PictureIndex

    def files(self, *suffixes: str) -> Iterator[Path]:
        """Annotation files with one of some suffixes (lower case), sorted."""
        if self.annotations.is_file():
            yield self.annotations
            return
        yield from find_files(self.annotations, suffixes)

    def split_of(self, *paths: Path) -> str | None:
        """The split that a folder on the way to one of the paths is named after, if any."""
        folders = (os.path.dirname(path) for path in paths)  # noqa: PTH120  (text is found faster in the cache)
        return next((split for folder in folders if (split := _split_of_folder(folder, str(self.root)))), None)

    def match(self, annotation: Path, names: Iterable[str], problems: Problems) -> Path | None:
        """Find the picture of an annotation file by several names. A missing picture or another name is reported.

        Args:
            annotation: The annotation file.
            names: Names for the picture, paths or web addresses, the one that the file states first. If the
                annotation's own name is among them, a picture of that name is preferred to a stated one that has an
                annotation of its own.
            problems: Where a missing picture or a wrong name is reported.

        Returns:
            The picture, or None where there is none.
        """
        variants = [variant for name in names if name for variant in picture_names(name) or (name,)]
        stated, *others = variants or [annotation.stem]
        failure = None
        for name in (stated, *others):
            try:
                picture = self.pictures.find(name, annotation)
            except PictureError as error:
                failure = failure or error
                continue
            if annotation.stem in others and (own := self._other_picture_of_its_name(annotation, picture)):
                return _settled(annotation, picture, own, problems)
            if picture.name != stated and not _is_named(picture, stated):
                problems.repaired("picture under another name", annotation, stated, f"used {picture.name}")
            return picture
        problems.left_out("missing picture", annotation, f"{stated}: {failure.found if failure else 'no name'}")
        return None

    def _other_picture_of_its_name(self, annotation: Path, picture: Path) -> Path | None:
        """A picture that has the annotation's own name, where the picture found has another one."""
        if _is_named(picture, annotation.stem):
            return None
        try:
            own = self.pictures.find(annotation.stem, annotation)
        except PictureError:
            return None
        return own if _is_named(own, annotation.stem) else None


def _settled(annotation: Path, stated: Path, own: Path, problems: Problems) -> Path | None:
    """The picture of an annotation that states another picture than that of its own name."""
    names = (f"{stated.stem}{annotation.suffix}", f"{stated.name}{annotation.suffix}")
    if any((folder / name).is_file() for folder in (annotation.parent, stated.parent) for name in names):
        action = f"used {own.name}: {stated.name} has an annotation of its own"
        problems.repaired("stated name is that of another picture", annotation, stated.name, action)
        return own
    found = f"states {stated.name}, and lies beside {own.name}"
    problems.left_out("two pictures fit", annotation, found, "left out: correct the stated name, or the file's")
    return None


def _is_named(picture: Path, stated: str) -> bool:
    """Whether a picture has the name that is stated; some formats leave out the extension."""
    return name_key(stated.replace("\\", "/").rpartition("/")[2]) in (name_key(picture.name), name_key(picture.stem))


@cache
def _split_of_folder(folder: str, root: str) -> str | None:
    path = Path(folder)
    names = path.relative_to(root).parts if path.is_relative_to(root) else path.parts[-2:]
    return next((split for name in names if (split := split_of_folder(name))), None)
