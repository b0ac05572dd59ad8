"""Reads a source: its format, its annotations with the labels of the source, and the classes of these labels."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.errors import (
    ConversionError,
    MaskDetectorError,
    OptionError,
    UnknownFormatError,
    UnlistedLabelsError,
    UsageError,
)
from converters.files import exists
from converters.formats import FORMATS, folders
from converters.formats.readers import READERS
from converters.labels import LabelMap
from converters.options import DEFAULT_SPLIT, ConversionOptions, Progress
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import PictureIndex
from converters.recognition import Recognition, recognise
from converters.registry import DatasetEntry, known_set_with, load_registry
from converters.split import Ratio, parse_ratio
from converters.split_file import read_split_file
from converters.unused_options import unused_options

_DAMAGED = "damaged file"
_REASONS_SHOWN = 5  # problems that the error for a set without a usable picture names


@dataclass(frozen=True, slots=True)
class ReadSet:
    """A source as its reader yields it, and how it is to be labelled and divided.

    Attributes:
        format: One of FORMATS.
        source: Where it was read from.
        annotations: One or more for each picture, with the labels of the source.
        labels: The classes of the labels.
        ignored: How many boxes are ignored, by label.
        division: The shares of the splits, or the rows of a split file.
        problems: What was found on the way.
    """

    format: str
    source: AnnotationSource
    annotations: list[AnnotatedImage]
    labels: LabelMap
    ignored: dict[str, int]
    division: Ratio | list[tuple[str, str]]
    problems: Problems


def read_set(options: ConversionOptions, progress: Progress) -> ReadSet:
    """Find out the format of a source, read it, and check that each of its labels has a class.

    Args:
        options: What to convert, and how.
        progress: Called with the name of the stage, how much of it is done, and how much there is.

    Raises:
        UsageError: The options cannot be carried out.
        InputError: The options say `strict`, and a file would have to be left out.
        MaskDetectorError: Nothing could be read.
    """
    entry = _entry(options)
    division = _division(options, entry)
    source, name, unread = _source(options, entry)
    labels = (entry.label_map if entry else LabelMap({})).overridden(options.classes, options.ignored)
    problems = Problems(options.strict)
    images = _counted(READERS[name](source, problems), len(source.pictures.pictures), progress)
    annotations = [labels.specific(image) for image in images]
    if not annotations:
        raise nothing_usable(options.source, name, problems)
    _pass_over(unread, problems)
    ignored = _check_labels(labels, annotations, options, name, problems)
    if name not in ("yolo", "folders"):  # their readers take every picture
        for picture in sorted({*source.pictures.pictures} - {image.path for image in annotations}):
            problems.passed_over("picture without annotation", picture, "no usable annotation", "not used")
    return ReadSet(name, source, annotations, labels, ignored, division, problems)


def _pass_over(unread: Iterable[MaskDetectorError], problems: Problems) -> None:
    """Name the files that may be annotations, and that the reader of the format does not open."""
    reported = {item.file for item in problems.items}
    for error in unread:
        kind = "annotation file of another format" if isinstance(error, UnknownFormatError) else _DAMAGED
        if error.subject not in reported:
            problems.passed_over(kind, Path(error.subject), error.found)


def _check_labels(
    labels: LabelMap, annotations: list[AnnotatedImage], options: ConversionOptions, name: str, problems: Problems
) -> dict[str, int]:
    """Check that every label is mapped or ignored, and that every `--map` and `--ignore` has a label.

    Returns:
        How many boxes are ignored, by label.
    """
    unused = unused_options(options.classes, options.ignored, annotations)
    problems.warnings += unused
    try:
        return labels.check(annotations, folders.unlisted_error if name == "folders" else None)
    except UnlistedLabelsError as error:
        damaged = [f"{item.file}: {item.value}" for item in problems.items if item.kind == _DAMAGED]
        reasons = [error.found, *unused, *damaged[:_REASONS_SHOWN]]
        found = ". ".join(reason.removesuffix(".") for reason in reasons)
        raise UnlistedLabelsError(error.subject, found, _dataset_advice(annotations, name) or error.expected) from None


def _dataset_advice(annotations: Iterable[AnnotatedImage], name: str) -> str | None:
    known = known_set_with({box.label for image in annotations for box in image.boxes}, name)
    return f"--dataset {known}, which has these labels; or --map and --ignore for each of them" if known else None


def _counted(images: Iterable[AnnotatedImage], pictures: int, progress: Progress) -> Iterator[AnnotatedImage]:
    for number, image in enumerate(images, start=1):
        yield image
        progress("Reading", number, max(number, pictures))


def _entry(options: ConversionOptions) -> DatasetEntry | None:
    if options.dataset is None:
        return None
    if options.format is not None:
        raise OptionError("format", "given together with `dataset`", "one of the two")
    registry = load_registry()
    if options.dataset not in registry:
        raise OptionError("dataset", repr(options.dataset), f"one of {', '.join(registry)}")
    return registry[options.dataset]


def _division(options: ConversionOptions, entry: DatasetEntry | None) -> Ratio | list[tuple[str, str]]:
    """The ratio, or the rows of the CSV file, checked before any work is done."""
    text = options.split or (entry.split if entry else DEFAULT_SPLIT)
    if options.split and (Path(text).suffix.lower() == ".csv" or Path(text).is_file()):
        return read_split_file(Path(text))
    return parse_ratio(text)


def _source(
    options: ConversionOptions, entry: DatasetEntry | None
) -> tuple[AnnotationSource, str, tuple[MaskDetectorError, ...]]:
    """The annotations and pictures, their format, and the files that look like annotations of another one."""
    root = options.source
    if not exists(root):
        raise UsageError(root, "no such file or folder", "a folder of annotations, or one annotation file")
    if options.images is not None and not options.images.is_dir():
        raise OptionError("images", f"no such folder {options.images}", "the folder of the pictures")
    folder = root if root.is_dir() else root.parent
    if entry is not None:
        annotations = entry.annotations_in(root) if root.is_dir() else root
        pictures = PictureIndex([options.images or entry.images_in(folder)])
        return AnnotationSource(folder, annotations, pictures), entry.format, ()
    if options.format is not None and options.format not in FORMATS:
        raise OptionError("format", repr(options.format), f"one of {', '.join(FORMATS)}")
    recognised = Recognition(options.format) if options.format else recognise(root)
    source = AnnotationSource(folder, root, PictureIndex([options.images or folder]))
    return source, recognised.format, recognised.unread


def nothing_usable(source: Path, name: str, problems: Problems) -> ConversionError:
    """The error for a source without a single picture for the dataset; it names the first files and their reasons.

    Args:
        source: What was to be converted.
        name: The format it was read as.
        problems: What was found on the way.
    """
    counts = ", ".join(f"{kind} {count}" for kind, count in problems.counts().items())
    shown = sorted(problems.items, key=lambda problem: not problem.left_out)[:_REASONS_SHOWN]
    more = [f"and {len(problems.items) - len(shown)} more"] if len(problems.items) > len(shown) else []
    lines = "\n  ".join(
        [f"no usable annotated picture, read as {name} ({counts})", *problems.notes, *map(str, shown), *more]
    )
    return ConversionError(source, lines if counts else f"no usable annotated picture: no {name} annotations found")
