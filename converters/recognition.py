"""Recognising which format a folder holds."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converters.errors import AnnotationError, DatasetError, MaskDetectorError, UnknownFormatError
from converters.file_search import CONVERSION_FILE, DATA_FILE, find_files, is_picture
from converters.files import exists
from converters.formats.readers import JSON_FORMATS, TEXT_FORMATS, XML_FORMATS
from converters.formats.yolo import load_dataset_yaml
from converters.reading.json_file import JSON_SUFFIXES, load_json
from converters.reading.text_file import first_lines
from converters.reading.xml_file import load_xml
from converters.unread_formats import (
    Unread,
    describe_head,
    describe_json,
    describe_lines,
    describe_name,
    describe_xml,
    is_data_yaml,
    speaks_of_boxes,
)
from converters.unrecognised import nothing_found, nothing_read, several_formats

_Examined = tuple[list[str], Unread | None]  # the formats that a file fits; if none, what it is

_MAX_BYTES = 2 * 2**30
_MORE = 20  # files of one kind in one folder that are opened after a format was found among them
_MOST = 5000  # files of one kind that are opened in any case
_HEAD = 64 * 2**10  # bytes of a file that cannot be parsed, from which it is decided whether it is an annotation
# This project writes both, and the OIDv4 ToolKit leaves the files of the whole set beside its own. The first is read.
_TOGETHER = (("yolo", "coco"), ("coco", "detections"), ("oidv4", "open-images"))


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a source holds.

    Attributes:
        format: One of FORMATS.
        unread: Files that look like annotations, and that the reader of the format does not open: what each of them is.
            For class folders, files that cannot be parsed.
    """

    format: str
    unread: tuple[MaskDetectorError, ...] = ()


@dataclass
class _Findings:
    """What is seen on the way through the files of a source.

    Attributes:
        formats: The first file of each format.
        suffixes: The suffixes of the files of each format.
        unread: Files that look like annotations and are of no format that is read, or damaged: what each of them is.
        unclear: Files that cannot be parsed, and do not look like annotations.
        names: How many files there are, by suffix.
        subfolders: Whether a picture lies in a folder below the source.
    """

    formats: dict[str, Path] = field(default_factory=dict)
    suffixes: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unread: list[MaskDetectorError] = field(default_factory=list)
    unclear: list[MaskDetectorError] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    subfolders: bool = False


def recognise(source: Path) -> Recognition:
    """Find out which format a folder or file holds, from the content of its files.

    Pictures in folders are classes only where no file looks like annotations.

    Args:
        source: The folder or file.

    Raises:
        UnknownFormatError: No format fits, or several do. The message names the files and says what they are.
        AnnotationError: The only annotation files are damaged.
        DatasetError: A data.yaml is wrong.
    """
    found = _examine_all(source)
    formats = sorted(found.formats)
    for better, other in _TOGETHER:
        if found.formats.keys() == {better, other}:
            formats = [better]
            found.unread += _same_boxes(source, found.formats[other], better, other)
    if len(formats) > 1:
        raise several_formats(source, found.formats)
    if not formats and found.unread:
        raise nothing_read(source, found.unread)
    if not formats and not found.subfolders:
        raise nothing_found(source, found.names)
    if not formats:
        return Recognition("folders", tuple(found.unclear))
    name = formats[0]
    if name == "yolo" and found.formats["yolo"].suffix.lower() not in _YAML_SUFFIXES:
        _check_data_yaml(found.unread)
    opened = found.suffixes[name] | (_YOLO_SUFFIXES if name == "yolo" else set())
    return Recognition(name, tuple(error for error in found.unread if Path(error.subject).suffix.lower() not in opened))


def _same_boxes(source: Path, path: Path, better: str, other: str) -> Iterator[UnknownFormatError]:
    """Name the format that is not read, unless this project wrote the set: then it holds the same boxes."""
    if not exists(source / CONVERSION_FILE):
        yield UnknownFormatError(path, f"{other} annotations of a set that is read as {better}", f"--format {other}")


def _examine_all(source: Path) -> _Findings:
    """Look into the files of a source, as many of each kind and folder as may tell."""
    found = _Findings()
    opened: Counter[str] = Counter()
    more: Counter[tuple[str, str]] = Counter()  # opened after a format was found, by suffix and folder
    known: set[str] = set()  # suffixes with a format
    for path in [source] if source.is_file() else find_files(source):
        suffix = path.suffix.lower()
        found.names[suffix or path.name] += 1
        if is_picture(path):
            found.subfolders |= path.parent != source
            continue
        folder = str(path.parent)
        if opened[suffix] >= _MOST or more[suffix, folder] >= _MORE or _is_prose(path):
            continue
        opened[suffix] += suffix in _TESTS
        more[suffix, folder] += suffix in known
        if names := _examine(path, found):
            known.add(suffix)
            for name in names:
                found.suffixes[name].add(suffix)
                if name not in found.formats or suffix in _YAML_SUFFIXES:  # a data.yaml says more than a label file
                    found.formats[name] = path
    return found


def _is_prose(path: Path) -> bool:
    return path.name.lower().startswith(_PROSE)


def _examine(path: Path, found: _Findings) -> list[str]:
    """The formats that a file fits. If it is an annotation of none of them, what it is is added to the findings."""
    test = _TESTS.get(path.suffix.lower(), _other_formats)
    try:
        names, other = test(path)
    except (AnnotationError, DatasetError) as error:
        if damaged := _damaged(path, error):
            found.unread.append(damaged)
        elif path.suffix.lower() not in _YOLO_SUFFIXES:  # texts and settings may hold anything
            found.unclear.append(error)
        return []
    if not names and other is not None:
        found.unread.append(UnknownFormatError(path, other.found, other.expected))
    return names


def _damaged(path: Path, error: MaskDetectorError) -> MaskDetectorError | None:
    """The error for a file that cannot be parsed; None where it does not look like annotations."""
    suffix = path.suffix.lower()
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except (OSError, ValueError):
        return None if suffix == ".txt" else error  # nobody can tell
    if other := describe_head(head):
        return UnknownFormatError(path, other.found, other.expected)
    if not head.strip():
        return AnnotationError(path, "an empty file") if suffix not in _YOLO_SUFFIXES else None
    text = head.replace(b"\0", b"").decode("latin-1")  # without zeros, UTF-16 reads alike
    looks = is_data_yaml if suffix in _YAML_SUFFIXES else speaks_of_boxes
    return error if path.name == DATA_FILE or looks(text) else None


def _check_data_yaml(unread: Sequence[MaskDetectorError]) -> None:
    """Name what is wrong with a data.yaml: the label files alone do not say what their classes are."""
    for error in unread:
        if isinstance(error, DatasetError):
            raise error


def _json_formats(path: Path) -> _Examined:
    document = load_json(path, _MAX_BYTES)
    names = [name for name, is_annotation in JSON_FORMATS.items() if is_annotation(document)]
    return names, None if names else describe_json(document)


def _xml_formats(path: Path) -> _Examined:
    root = load_xml(path, _MAX_BYTES)
    names = [name for name, is_annotation in XML_FORMATS.items() if is_annotation(root)]
    return names, None if names else describe_xml(root)


def _text_formats(path: Path) -> _Examined:
    lines = first_lines(path)
    if not lines and path.suffix.lower() != ".txt":  # that is YOLO's label file of a picture without faces
        raise AnnotationError(path, "an empty file")
    names = [name for name, is_annotation in TEXT_FORMATS.items() if is_annotation(lines)]
    return names, None if names else describe_lines(lines)


def _yaml_formats(path: Path) -> _Examined:
    # Without splits it may name the classes of label files, and says nothing about other files.
    return ["yolo"] if load_dataset_yaml(path, needs_splits=False).splits else [], None


def _other_formats(path: Path) -> _Examined:
    return [], describe_name(path.name)


_YAML_SUFFIXES = (".yaml", ".yml")
_YOLO_SUFFIXES = {".txt", *_YAML_SUFFIXES}
_TESTS: dict[str, Callable[[Path], _Examined]] = {
    **dict.fromkeys(JSON_SUFFIXES, _json_formats),
    ".xml": _xml_formats,
    **dict.fromkeys((".csv", ".tsv", ".txt", ".odgt"), _text_formats),
    **dict.fromkeys(_YAML_SUFFIXES, _yaml_formats),
}
_PROSE = ("readme", "licen", "copying", "notice", "changelog", "requirements")
