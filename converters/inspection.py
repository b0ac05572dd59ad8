"""Opens every picture of a set: its size, whether it is intact, where its boxes lie, which others show its scene."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from converters.annotation import AnnotatedImage
from converters.errors import PictureError
from converters.labels import LabelMap
from converters.options import Progress
from converters.parallel import in_threads
from converters.picture_copies import CONVERTED, as_readable, written_suffix
from converters.pictures import Header, decode_small, read_header
from converters.placement import decide_placement, warn_of_another_size
from converters.plurals import noun, quantity
from converters.problems import Problems
from converters.process_wide import one_opencv_thread
from converters.repair import repair
from converters.scenes import find_scenes, pairs_of_kept
from converters.signature import SIDE, SignatureStore, describe

_Argument = TypeVar("_Argument")


def by_picture(annotations: Iterable[AnnotatedImage]) -> list[list[AnnotatedImage]]:
    """Annotations of one picture together, in the order of the pictures' paths: the same wherever the set lies."""
    groups: dict[Path, list[AnnotatedImage]] = {}
    for annotation in annotations:
        groups.setdefault(annotation.path, []).append(annotation)
    return [groups[path] for path in sorted(groups)]


def inspect(
    pictures: Sequence[list[AnnotatedImage]],
    labels: LabelMap,
    folder: Path,
    problems: Problems,
    quick: bool,
    progress: Progress,
) -> tuple[list[AnnotatedImage], list[tuple[int, int]]]:
    """Open every picture, repair its boxes, and find which pictures show the same scene.

    Args:
        pictures: All annotations of each picture; the lists are emptied, since memory grows with nothing else.
        labels: The classes of the labels.
        folder: For temporary files.
        problems: Where repairs and pictures that are left out are recorded.
        quick: Open pictures for their size only, and look for no scenes.
        progress: Called with the name of the stage, how much of it is done, and how much there is.

    Returns:
        The usable images, and pairs of their positions.

    Raises:
        ConversionError: Some boxes are in pixels, and some in fractions.
        InputError: `problems` is strict, and a picture would have to be left out.
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
