"""Converting a source to a dataset: the steps in their order."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.dataset import write_conversion_json, write_dataset
from converters.dataset_folder import building, check_dataset_folder, kept_files
from converters.errors import OptionError, UsageError
from converters.files import exists
from converters.inspection import by_picture, inspect
from converters.options import ConversionOptions, Progress
from converters.plurals import noun, quantity
from converters.problems import Problems
from converters.read_set import ReadSet, nothing_usable, read_set
from converters.reading.annotation_source import AnnotationSource
from converters.repair import IN_TWO_SPLITS
from converters.scenes import connected_groups
from converters.split import Ratio, assign
from converters.split_file import assign_from_file
from converters.summary import ConversionSummary, summarise

_KEPT_SHOWN = 5  # files that the note about kept files names


@dataclass(frozen=True, slots=True)
class PreparedSet:
    """What a conversion writes.

    Attributes:
        images: The pictures with their faces and splits: boxes valid, class names as labels.
        summary: Counts of them, and what was found on the way.
    """

    images: tuple[AnnotatedImage, ...]
    summary: ConversionSummary


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
    read = read_set(options, progress)
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
    read = read_set(options, progress)
    with tempfile.TemporaryDirectory() as scratch:
        return _prepare(read, options, Path(scratch), progress)


def _no_progress(stage: str, done: int, total: int) -> None:
    pass


def _prepare(read: ReadSet, options: ConversionOptions, scratch: Path, progress: Progress) -> PreparedSet:
    """Repair what was read, and divide it.

    Args:
        read: What was read.
        options: The options of the conversion.
        scratch: A folder for temporary files.
        progress: As for `convert`.
    """
    problems = read.problems
    pictures = by_picture(read.annotations)
    read.annotations.clear()
    images, pairs = inspect(pictures, read.labels, scratch, problems, options.quick, progress)
    if not images:
        raise nothing_usable(options.source, read.format, problems)
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
