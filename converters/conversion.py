"""Converting a source to a dataset: the steps in their order."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from converters.annotation import AnnotatedImage
from converters.dataset import write_conversion_json, write_dataset
from converters.dataset_folder import building, check_dataset_folder, kept_files
from converters.errors import (
    ConversionError,
    MaskDetectorError,
    OptionError,
    PictureError,
    UnknownFormatError,
    UnlistedLabelsError,
    UsageError,
)
from converters.files import exists
from converters.formats import FORMATS, folders
from converters.labels import LabelMap
from converters.options import DEFAULT_SPLIT, ConversionOptions
from converters.parallel import in_threads
from converters.picture_copies import CONVERTED, as_readable, written_suffix
from converters.pictures import Header, decode_small, read_header
from converters.placement import decide_placement, warn_of_another_size
from converters.plurals import noun, quantity
from converters.problems import Problems
from converters.process_wide import one_opencv_thread
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import PictureIndex
from converters.recognition import READERS, Recognition, recognise
from converters.registry import DatasetEntry, known_set_with, load_registry
from converters.repair import IN_TWO_SPLITS, repair
from converters.scenes import connected_groups, find_scenes, pairs_of_kept
from converters.signature import SIDE, SignatureStore, describe
from converters.split import Ratio, assign, parse_ratio
from converters.split_file import assign_from_file, read_split_file
from converters.summary import ConversionSummary, summarise
from converters.unused_options import unused_options

_DAMAGED = "damaged file"
_REASONS_SHOWN = 5  # problems that the error for a set without a usable picture names
_KEPT_SHOWN = 5  # files that the note about kept files names

Progress = Callable[[str, int, int], None]
_Argument = TypeVar("_Argument")


@dataclass(frozen=True, slots=True)
class PreparedSet:
    """What a conversion writes.

    Attributes:
        images: The pictures with their faces and splits: boxes valid, class names as labels.
        summary: Counts of them, and what was found on the way.
    """

    images: tuple[AnnotatedImage, ...]
    summary: ConversionSummary


@dataclass(frozen=True, slots=True)
class _ReadSet:
    """A source as its reader yields it, and how it is to be labelled and divided."""

    format: str
    source: AnnotationSource
    annotations: list[AnnotatedImage]
    labels: LabelMap
    ignored: dict[str, int]
    division: Ratio | list[tuple[str, str]]
    problems: Problems


def convert(options: ConversionOptions, progress: Progress | None = None) -> ConversionSummary:
    """Convert a source to a dataset.

    Args:
        options: What to convert, and how.
        progress: Called with the name of a stage, how much of it is done, and how much there is.

    Returns:
        What was written and what was found on the way.

    Raises:
        UsageError: The options cannot be carried out; nothing was written.
        InputError: `strict`, and a file would have to be left out; nothing was written.
        MaskDetectorError: Nothing could be read, or the dataset cannot be written; nothing was written.
    """
    if options.out is None:
        raise OptionError("out", "missing", "a folder for the dataset, or `check`")
    progress = progress or _no_progress
    _check_out(options)
    read = _read(options, progress)
    with building(options.out, options.overwrite, options.to) as folder:
        prepared = _prepare(read, options, folder, progress)
        _note_kept(kept_files(options.out), read.problems)
        _write(folder, prepared.images, options, read.problems, progress)
        write_conversion_json(folder, {**_settings(options), **prepared.summary.as_dict()})
    return prepared.summary


def check(options: ConversionOptions, progress: Progress | None = None) -> PreparedSet:
    """Find out what a conversion would write, and write nothing.

    Args:
        options: What to convert, and how; `out` need not be given.
        progress: As for `convert`.

    Returns:
        What `convert` would write and say.

    Raises:
        MaskDetectorError: As `convert` would raise it.
    """
    progress = progress or _no_progress
    _check_out(options)
    read = _read(options, progress)
    with tempfile.TemporaryDirectory() as scratch:
        return _prepare(read, options, Path(scratch), progress)


def _no_progress(stage: str, done: int, total: int) -> None:
    pass


def _read(options: ConversionOptions, progress: Progress) -> _ReadSet:
    entry = _entry(options)
    division = _division(options, entry)
    source, name, unread = _source(options, entry)
    labels = (entry.label_map if entry else LabelMap({})).overridden(options.classes, options.ignored)
    problems = Problems(options.strict)
    images = _counted(READERS[name](source, problems), len(source.pictures.pictures), progress)
    annotations = [labels.specific(image) for image in images]
    if not annotations:
        raise _nothing_usable(options.source, name, problems)
    _pass_over(unread, problems)
    ignored = _check_labels(labels, annotations, options, name, problems)
    if name not in ("yolo", "folders"):  # their readers take every picture
        for picture in sorted({*source.pictures.pictures} - {image.path for image in annotations}):
            problems.passed_over("picture without annotation", picture, "no usable annotation", "not used")
    return _ReadSet(name, source, annotations, labels, ignored, division, problems)


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


def _prepare(read: _ReadSet, options: ConversionOptions, scratch: Path, progress: Progress) -> PreparedSet:
    """Repair what was read, and divide it.

    Args:
        read: What was read.
        options: The options of the conversion.
        scratch: A folder for temporary files.
        progress: As for `convert`.
    """
    problems = read.problems
    pictures = _by_picture(read.annotations)
    read.annotations.clear()
    images, pairs = _inspect(pictures, read.labels, scratch, problems, options.quick, progress)
    if not images:
        raise _nothing_usable(options.source, read.format, problems)
    groups = connected_groups(len(images), pairs)
    splits = _split_of_each(images, groups, read.division, options, read.source, problems)
    summary = summarise(options.out, read.format, images, splits, groups, pairs, read.ignored, problems)
    divided = (replace(image, split=split) for image, split in zip(images, splits, strict=True) if split)
    return PreparedSet(tuple(divided), summary)


def _check_out(options: ConversionOptions) -> None:
    if options.out is not None:
        _check_apart(options, options.out)
        check_dataset_folder(options.out, options.overwrite, options.to)


def _check_apart(options: ConversionOptions, out: Path) -> None:
    """Refuse an output folder that holds the input."""
    for place in (options.source, options.images):
        if place is not None and exists(place) and place.resolve().is_relative_to(out.resolve()):
            raise UsageError(out, f"holds the input {place}, which is never replaced", "another folder")


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


def _by_picture(annotations: Iterable[AnnotatedImage]) -> list[list[AnnotatedImage]]:
    """Annotations of one picture together, in the order of the pictures' paths: the same wherever the set lies."""
    groups: dict[Path, list[AnnotatedImage]] = {}
    for annotation in annotations:
        groups.setdefault(annotation.path, []).append(annotation)
    return [groups[path] for path in sorted(groups)]


def _inspect(
    pictures: Sequence[list[AnnotatedImage]],
    labels: LabelMap,
    folder: Path,
    problems: Problems,
    quick: bool,
    progress: Progress,
) -> tuple[list[AnnotatedImage], list[tuple[int, int]]]:
    """Open every picture, repair its boxes, and find which pictures show the same scene.

    Returns:
        The usable images, and pairs of their positions.
    """
    paths = [annotations[0].path for annotations in pictures]
    if quick:
        headers = [_header_or_error(_quick_header, path) for path in paths]
        pairs: list[tuple[int, int]] = []
    else:
        headers, pairs = _decode_all(paths, folder, progress)
    placement = decide_placement(pictures, headers, labels, problems)
    images: list[AnnotatedImage] = []
    position: dict[int, int] = {}
    emptied = 0
    for index, (annotations, header) in enumerate(zip(pictures, headers, strict=True)):
        if isinstance(header, PictureError):
            problems.left_out("unreadable picture", paths[index], header.found)
        elif image := repair(annotations, header, placement, labels, problems):
            position[index] = len(images)
            images.append(as_readable(image, header, problems))
            emptied += not image.boxes and any(annotation.boxes for annotation in annotations)
        annotations.clear()  # what is repaired needs no second place in memory
    if emptied:
        verb = noun(emptied, "is", "are")
        problems.notes.append(
            f"{quantity(emptied, 'picture')} had only boxes that were ignored, and {verb} background now."
        )
    warn_of_another_size(len(pictures), problems)
    return images, pairs_of_kept(pairs, position, len(pictures))


def _quick_header(path: Path) -> Header:
    """A picture's header. One that will be converted is decoded, so that a damaged one is left out."""
    header = read_header(path)
    return decode_small(path, SIDE)[0] if written_suffix(path, header) == CONVERTED else header


def _decode_all(
    paths: list[Path], folder: Path, progress: Progress
) -> tuple[list[Header | PictureError], list[tuple[int, int]]]:
    with tempfile.TemporaryDirectory(dir=folder) as scratch, SignatureStore(Path(scratch), len(paths)) as store:

        def read(index: int) -> Header:
            header, image = decode_small(paths[index], SIDE)
            store[index] = describe(image)
            return header

        headers: list[Header | PictureError] = []
        with one_opencv_thread():
            for header in in_threads(lambda index: _header_or_error(read, index), range(len(paths))):
                headers.append(header)
                progress("Checking pictures", len(headers), len(paths))
        pairs = find_scenes(store, lambda done, total: progress("Comparing scenes", done, total))
    return headers, pairs


def _header_or_error(read: Callable[[_Argument], Header], argument: _Argument) -> Header | PictureError:
    try:
        return read(argument)
    except PictureError as error:
        return error


def _split_of_each(
    images: list[AnnotatedImage],
    groups: list[list[int]],
    division: Ratio | list[tuple[str, str]],
    options: ConversionOptions,
    source: AnnotationSource,
    problems: Problems,
) -> list[str | None]:
    """The split of each image: by the split file, as the set comes, or by the ratio; None where the file names none."""
    if not isinstance(division, Ratio):
        return assign_from_file(Path(options.split or ""), division, images, source.pictures, problems)
    given = [image.split for image in images]
    if options.split is None and any(given):
        problems.notes.append("The set comes split, and stays so.")
        if not all(given):
            problems.notes.append(f"{quantity(given.count(None), 'picture')} of none of its splits went to train.")
        if twice := problems.counts().get(IN_TWO_SPLITS):
            which = f"{quantity(twice, 'picture')} {noun(twice, 'is', 'are')}"
            problems.notes.append(f"{which} in two splits of the set, and kept in one alone: in train, else in val.")
        return [split or "train" for split in given]
    return list(assign(images, groups, division, options.seed))


def _write(
    folder: Path, images: Sequence[AnnotatedImage], options: ConversionOptions, problems: Problems, progress: Progress
) -> None:
    written = 0

    def on_picture() -> None:
        nonlocal written
        written += 1
        progress("Writing", written, len(images))

    write_dataset(folder, options.to, images, options.link, problems, on_picture)


def _note_kept(names: list[str], problems: Problems) -> None:
    if names:
        few = ", ".join(names[:_KEPT_SHOWN]) + (", ..." if len(names) > _KEPT_SHOWN else "")
        problems.notes.append(f"Kept {quantity(len(names), 'file')} that no earlier conversion wrote: {few}")


def _settings(options: ConversionOptions) -> dict[str, object]:
    return {
        "source": str(options.source),
        "dataset": options.dataset,
        "to": options.to,
        "split": options.split,
        "seed": options.seed,
        "map": dict(options.classes),
        "ignore": sorted(options.ignored),
    }


def _nothing_usable(source: Path, name: str, problems: Problems) -> ConversionError:
    """The error for a source without a single picture for the dataset; it names the first files and their reasons."""
    counts = ", ".join(f"{kind} {count}" for kind, count in problems.counts().items())
    shown = sorted(problems.items, key=lambda problem: not problem.left_out)[:_REASONS_SHOWN]
    more = [f"and {len(problems.items) - len(shown)} more"] if len(problems.items) > len(shown) else []
    lines = "\n  ".join(
        [f"no usable annotated picture, read as {name} ({counts})", *problems.notes, *map(str, shown), *more]
    )
    return ConversionError(source, lines if counts else f"no usable annotated picture: no {name} annotations found")
