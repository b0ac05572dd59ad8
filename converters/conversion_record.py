"""Reads which files of a dataset an earlier conversion wrote: only these may be removed."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from converters.errors import AnnotationError
from converters.file_search import CONVERSION_FILE, DATA_FILE
from converters.reading.json_file import load_object
from converters.split import SPLITS
from converters.writing import WriteFormat
from converters.writing.writers import WRITERS

_MAX_BYTES = 2 * 2**30
_FOLDERS = frozenset(folder for writer in WRITERS.values() for folder in writer.FOLDERS)
_FILES = frozenset(name for writer in WRITERS.values() for name in writer.FILES)
_KEYS = {"format", "classes", "splits", "problems"}  # of every conversion.json


def fixed_names(formats: Iterable[WriteFormat]) -> frozenset[str]:
    """The folders that every dataset in these formats has, and the files whose names are always the same."""
    writers = [WRITERS[format] for format in formats]
    names = {CONVERSION_FILE, *(name for writer in writers for name in writer.FILES | writer.FOLDERS)}
    return frozenset({*names, *(str(parent) for name in names for parent in PurePosixPath(name).parents[:-1])})


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """Sorted file names by folder, as `conversion.json` lists them; "." is the dataset's own folder."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        folder, _, file = name.rpartition("/")
        groups.setdefault(folder or ".", []).append(file)
    return groups


def written_names(folder: Path) -> frozenset[str] | None:
    """Read what an earlier conversion says it wrote.

    Args:
        folder: The dataset's folder.

    Returns:
        Files and folders by their paths below `folder`, with `/`; the names of folders end with `/`. A name that no
        conversion gives is left out, even if the record lists it. None where there is no record.
    """
    record = _load(folder / CONVERSION_FILE)
    if not record.keys() >= _KEYS:
        return None
    files = record.get("files")
    listed = _listed(files) if isinstance(files, dict) else _named_by_coco(folder)
    return frozenset({CONVERSION_FILE, *(f"{name}/" for name in fixed_names(WRITERS)), *filter(_is_ours, listed)})


def _load(path: Path) -> dict[str, Any]:
    try:
        return load_object(path, _MAX_BYTES)
    except AnnotationError:
        return {}


def _listed(groups: dict[str, Any]) -> Iterator[str]:
    for folder, files in groups.items():
        for file in files if isinstance(files, list) else []:
            yield str(file) if folder == "." else f"{folder}/{file}"


def _named_by_coco(folder: Path) -> Iterator[str]:
    """The files of a dataset of version 0.1, whose conversion.json does not list them."""
    yield DATA_FILE
    for split in SPLITS:
        coco = f"coco/{split}.json"
        images = _load(folder / coco).get("images")
        if not isinstance(images, list):
            continue
        yield coco
        for image in images:
            name = image.get("file_name") if isinstance(image, dict) else None
            if isinstance(name, str):
                yield f"images/{split}/{name}"
                yield f"labels/{split}/{name.rpartition('.')[0]}.txt"


def _is_ours(name: str) -> bool:
    """Whether it is the name of a file that a conversion may write."""
    folder, _, file = name.rpartition("/")
    return name == CONVERSION_FILE or name in _FILES or (folder in _FOLDERS and file not in ("", ".", ".."))
