"""Finds the data.yaml of a folder, among other YAML files."""

import re
from pathlib import Path

from converters.errors import AnnotationError
from converters.file_search import DATA_FILE, find_files
from converters.files import read_limited

_SUFFIXES = (".yaml", ".yml")
_MAX_BYTES = 16 * 2**20
_KEYS = re.compile(r"(?:^|[{,][ \t]*)(train|val|validation|test|names|nc)[ \t]*:", re.MULTILINE)
_MODEL_KEYS = re.compile(r"^(backbone|head)[ \t]*:", re.MULTILINE)


def find_yaml(place: Path) -> Path | None:
    """The one data.yaml of a place.

    Args:
        place: A folder, or a file.

    Returns:
        The file itself if it is YAML; or the only file below the folder that describes a dataset, whether its entries
        make sense or not; or None.

    Raises:
        AnnotationError: There are several.
    """
    if place.is_file():
        return place if place.suffix.lower() in _SUFFIXES else None
    found = [path for path in find_files(place, _SUFFIXES) if path.name == DATA_FILE or describes_dataset(_text(path))]
    if len(found) > 1:
        raise AnnotationError(place, f"{len(found)} data.yaml files ({found[0]}, {found[1]})", "one; name it as SOURCE")
    return found[0] if found else None


def describes_dataset(text: str) -> bool:
    """Whether the text of a YAML file is meant to describe a dataset, by its keys. It may be broken."""
    keys = set(_KEYS.findall(text))
    return len(keys) > 1 and keys != {"train", "test"} and not _MODEL_KEYS.search(text)


def _text(path: Path) -> str:
    try:
        return read_limited(path, _MAX_BYTES).decode("utf-8-sig", errors="replace")
    except AnnotationError:
        return ""
