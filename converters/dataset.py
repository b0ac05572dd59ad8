"""Writing a dataset in any of the formats: pictures under names of their own, annotations, conversion.json."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage
from converters.conversion_record import grouped
from converters.file_search import CONVERSION_FILE
from converters.folder_writing import names_in
from converters.options import Link
from converters.picture_copies import place
from converters.pictures import displayed_size
from converters.problems import Problems
from converters.reading.picture_index import name_key
from converters.split import SPLITS
from converters.writing import WriteFormat
from converters.writing.json_file import write_json
from converters.writing.writer import WrittenPicture
from converters.writing.writers import WRITERS


def write_dataset(
    folder: Path,
    format: WriteFormat,
    images: Sequence[AnnotatedImage],
    link: Link,
    problems: Problems,
    on_picture: Callable[[], None] = lambda: None,
) -> None:
    """Write pictures and annotations.

    Args:
        folder: The dataset's folder: there, and empty.
        format: The format of the annotations.
        images: The pictures: split and size set, boxes valid, labels class names.
        link: How pictures get into the folder.
        problems: Where new names, and a link that could not be made, are recorded.
        on_picture: Called after each picture.
    """
    writer = WRITERS[format]
    names = unique_names(images, problems, plain=writer.PLAIN_NAMES)

    def placed() -> Iterator[WrittenPicture]:
        used = link
        for split in SPLITS:
            members = [(name, image) for name, image in zip(names, images, strict=True) if image.split == split]
            target = folder / writer.picture_folder(split)
            if members:
                target.mkdir(parents=True, exist_ok=True)
            for name, image in members:
                used = place(image, target / name, used, problems)
                yield WrittenPicture(name, split, image.size or displayed_size(image.path), image.boxes)
                on_picture()

    writer.write(folder, placed())


def write_conversion_json(folder: Path, content: dict[str, Any]) -> None:
    """Write conversion.json, the last file of a dataset: what was done, and which files were written."""
    files = [name for name in names_in(folder) if not name.endswith("/")]
    write_json(folder / CONVERSION_FILE, {**content, "files": grouped([*files, CONVERSION_FILE])})


def unique_names(images: Iterable[AnnotatedImage], problems: Problems, *, plain: bool = False) -> list[str]:
    """File names for the pictures, no two with the same stem: label files are found by it, in every split.

    Args:
        images: The pictures.
        problems: Where new names are recorded.
        plain: Replace characters that XML cannot hold or tools misread.

    Returns:
        A name for each picture: its own, or where that is taken, one with its suffix or its folder in it.
    """
    taken: set[str] = set()
    names = []
    for image in images:
        path = image.path
        own = _plain(path.stem) if plain else path.stem
        stems = [own, f"{own}_{path.suffix.lower().lstrip('.')}", f"{_plain(path.parent.name)}_{own}"]
        number = 2
        while name_key(stem := stems.pop(0)) in taken:
            if not stems:
                stems.append(f"{own}_{number}")
                number += 1
        taken.add(name_key(stem))
        names.append(f"{stem}{image.written_suffix or path.suffix}")
        if stem != path.stem:
            kind = "name already taken" if own == path.stem else "name that tools cannot read"
            problems.repaired(kind, path, path.name, f"written as {names[-1]}")
    return names


def _plain(name: str) -> str:
    """A name without control characters, bytes that are no text, backslashes, and spaces at its ends."""
    plain = "".join(character if character.isprintable() and character != "\\" else "_" for character in name)
    return plain.strip() or "_"
