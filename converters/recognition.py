"""The formats by name, and recognising which one a folder holds."""

from collections.abc import Callable, Iterator
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.annotation_source import AnnotationSource
from converters.errors import AnnotationError, MaskDetectorError, UsageError
from converters.formats import FORMATS, box_csv, box_json, coco, folders, voc, yolo_source
from converters.formats.yolo import load_dataset_yaml
from converters.json_file import load_object
from converters.pictures import DATA_FILE, find_files, is_picture
from converters.problems import Problems

Reader = Callable[[AnnotationSource, Problems], Iterator[AnnotatedImage]]

READERS: dict[str, Reader] = {
    "voc": voc.read,
    "json": box_json.read,
    "csv": box_csv.read,
    "coco": coco.read,
    "folders": folders.read,
    "yolo": yolo_source.read,
}
_MOST_OPENED = 20  # files of one suffix that are opened to recognise their format
_SNIFF_BYTES = 2 * 2**30


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
    by_suffix: dict[str, list[Path]] = {}
    for path in files:
        by_suffix.setdefault(path.suffix.lower(), []).append(path)
    tested = [name for suffix, name, test in _TESTS if any(map(test, by_suffix.get(suffix, [])[:_MOST_OPENED]))]
    found = sorted({*tested, *_json_formats(by_suffix.get(".json", [])[:_MOST_OPENED])})
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


def _check_data_yaml(files: list[Path]) -> None:
    """Name what is wrong with a data.yaml; else its folders `images` and `labels` would be taken for classes."""
    for path in files:
        if path.name == DATA_FILE:
            load_dataset_yaml(path)


def _is_voc(path: Path) -> bool:
    try:
        voc.parse(path)
    except AnnotationError:
        return False
    return True


def _is_box_csv(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline(10_000)
    except (OSError, UnicodeDecodeError):
        return False
    return box_csv.find_columns(box_csv.split_header(header)) is not None


def _is_yolo(path: Path) -> bool:
    try:
        load_dataset_yaml(path)
    except MaskDetectorError:
        return False
    return True


def _json_formats(paths: list[Path]) -> list[str]:
    found = []
    for path in paths:
        try:
            data = load_object(path, _SNIFF_BYTES)
        except AnnotationError:
            continue
        if coco.is_annotation(data):
            found.append("coco")
        elif box_json.is_annotation(data):
            found.append("json")
    return found


_TESTS: tuple[tuple[str, str, Callable[[Path], bool]], ...] = (
    (".xml", "voc", _is_voc),
    (".csv", "csv", _is_box_csv),
    (".yaml", "yolo", _is_yolo),
    (".yml", "yolo", _is_yolo),
)
