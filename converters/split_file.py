"""A CSV that names the split of each picture."""

from collections.abc import Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.errors import AmbiguousPictureError, AnnotationError, PictureError, UsageError
from converters.formats.box_csv import load_table
from converters.problems import Problems
from converters.reading.picture_index import PictureIndex
from converters.split import split_named


def read_split_file(path: Path) -> list[tuple[str, str]]:
    """Read a CSV with the columns `image` and `split`.

    Args:
        path: The file.

    Returns:
        (picture, split) for each row, split being "train", "val" or "test".

    Raises:
        UsageError: The file cannot be read, lacks a column, or a row names no split.
    """
    try:
        table = load_table(path)
    except AnnotationError as error:
        raise UsageError(path, error.found, "a CSV with the header image,split") from error
    if not {"image", "split"} <= set(table.columns):
        raise UsageError(path, f"columns {', '.join(table.columns)}", "image,split")
    rows = []
    for number, (name, word) in enumerate(zip(table["image"], table["split"], strict=True), start=1):
        split = split_named(word)
        if split is None or not name:
            raise UsageError(path, f"row {number}: image {name!r}, split {word!r}", "train, val or test")
        rows.append((name, split))
    return rows


def assign_from_file(
    path: Path,
    rows: Sequence[tuple[str, str]],
    images: Sequence[AnnotatedImage],
    pictures: PictureIndex,
    problems: Problems,
) -> list[str | None]:
    """Give each image the split that the file names.

    Args:
        path: The file, for messages.
        rows: Its rows, from `read_split_file`.
        images: The images.
        pictures: All pictures of the source, among which the file's names are looked up.
        problems: Where names without a picture, and images without a name, are reported.

    Returns:
        For each image its split, or None where the file does not name it.

    Raises:
        UsageError: A name fits several pictures, a picture is given two splits, or no image is given any.
    """
    chosen: dict[Path, str] = {}
    for name, split in rows:
        try:
            picture = pictures.find(name)
        except AmbiguousPictureError as error:
            raise UsageError(path, f"{name}: {error.found}", "a path that tells them apart") from error
        except PictureError:
            problems.left_out("split for a missing picture", path, name, "nothing to put there")
            continue
        if chosen.setdefault(picture, split) != split:
            raise UsageError(path, f"{name} is in {chosen[picture]} and in {split}", "one split for each picture")
    if not any(image.path in chosen for image in images):
        raise UsageError(path, "names none of the usable pictures", "at least one of them")
    for image in images:
        if image.path not in chosen:
            problems.left_out("not in the split file", image.path, path, "picture left out")
    return [chosen.get(image.path) for image in images]
