"""The formats by name, and recognising which one a folder holds."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from converters.annotation import AnnotatedImage
from converters.annotation_source import AnnotationSource
from converters.errors import MaskDetectorError, UsageError
from converters.formats import FORMATS, box_csv, box_json, coco, folders, voc, yolo_source
from converters.formats.yolo import load_dataset_yaml
from converters.json_file import load_json
from converters.pictures import DATA_FILE, find_files, is_picture
from converters.problems import Problems
from converters.text_file import first_lines
from converters.xml_file import load_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

Reader = Callable[[AnnotationSource, Problems], Iterator[AnnotatedImage]]

READERS: dict[str, Reader] = {
    "voc": voc.read,
    "json": box_json.read,
    "csv": box_csv.read,
    "coco": coco.read,
    "folders": folders.read,
    "yolo": yolo_source.read,
}
JSON_FORMATS: dict[str, Callable[[object], bool]] = {
    "coco": coco.is_annotation,
    "json": box_json.is_annotation,
}
XML_FORMATS: dict[str, "Callable[[_Element], bool]"] = {
    "voc": voc.is_annotation,
}
TEXT_FORMATS: dict[str, Callable[[Sequence[str]], bool]] = {
    "csv": box_csv.is_annotation,
    "yolo": yolo_source.is_annotation,
}

_MAX_BYTES = 2 * 2**30
_MORE = 20  # files of one kind in one folder that are opened after a format was found among them
_MOST = 5000  # files of one kind that are opened in any case


def recognise(source: Path) -> str:
    """Find out which format a folder or file holds.

    Args:
        source: The folder or file.

    Returns:
        One of FORMATS.

    Raises:
        UsageError: No format fits, or several do.
        DatasetError: No other format fits, and there is a data.yaml that is wrong.
    """
    files = [source] if source.is_file() else list(find_files(source))
    found = sorted(_formats_of(files))
    if not found:
        _check_data_yaml(files)
    if not found and any(is_picture(path) and path.parent != source for path in files):
        found = ["folders"]
    if set(found) == {"yolo", "coco"}:  # this project writes both, with the same boxes
        found = ["yolo"]
    if len(found) != 1:
        reason = f"holds {' and '.join(found)} annotations" if found else "no annotations of a known format"
        raise UsageError(source, reason, f"--format with one of {', '.join(FORMATS)}")
    return found[0]


def _formats_of(files: Sequence[Path]) -> set[str]:
    found: set[str] = set()
    opened: Counter[str] = Counter()
    after: Counter[tuple[str, Path]] = Counter()  # opened after a format was found, by suffix and folder
    known: set[str] = set()  # suffixes with a format
    for path in files:
        suffix = path.suffix.lower()
        test = _TESTS.get(suffix)
        if test is None or opened[suffix] >= _MOST or after[suffix, path.parent] >= _MORE:
            continue
        opened[suffix] += 1
        after[suffix, path.parent] += suffix in known
        try:
            names = test(path)
        except MaskDetectorError:
            continue
        if names:
            known.add(suffix)
            found.update(names)
    return found


def _check_data_yaml(files: list[Path]) -> None:
    """Name what is wrong with a data.yaml; else its folders `images` and `labels` would be taken for classes."""
    for path in files:
        if path.name == DATA_FILE:
            load_dataset_yaml(path)


def _json_formats(path: Path) -> list[str]:
    document = load_json(path, _MAX_BYTES)
    return [name for name, is_annotation in JSON_FORMATS.items() if is_annotation(document)]


def _xml_formats(path: Path) -> list[str]:
    root = load_xml(path, _MAX_BYTES)
    return [name for name, is_annotation in XML_FORMATS.items() if is_annotation(root)]


def _text_formats(path: Path) -> list[str]:
    lines = first_lines(path)
    return [name for name, is_annotation in TEXT_FORMATS.items() if is_annotation(lines)]


def _yaml_formats(path: Path) -> list[str]:
    load_dataset_yaml(path)
    return ["yolo"]


_TESTS: dict[str, Callable[[Path], list[str]]] = {
    ".json": _json_formats,
    ".xml": _xml_formats,
    ".csv": _text_formats,
    ".tsv": _text_formats,
    ".txt": _text_formats,
    ".jsonl": _json_formats,
    ".ndjson": _json_formats,
    ".yaml": _yaml_formats,
    ".yml": _yaml_formats,
}
