"""CVAT's own XML, "CVAT for images 1.1" and "CVAT for video 1.1": one file for a task or a project.

Described in CVAT's documentation ("XML annotation format"). An export for images has an element for each picture. An
export for video has a track for each object, with a box for each frame; `outside="1"` says that the object is not in
the frame. Its pictures are called `frame_000000`. Datumaro reads both, but gives up at shapes that it does not know,
and does not tell frames without an object from frames that are missing.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from converters.annotation import AnnotatedImage, Box
from converters.errors import OtherFormatError
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.box_rows import parse_size
from converters.reading.numbers import parse_corners
from converters.reading.shapes import (
    Corners,
    around_ellipse,
    around_line,
    around_points,
    at_point,
    check_upright,
    from_width_and_height,
)
from converters.reading.xml_file import load_xml
from converters.split import split_named

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_BYTES = 512 * 2**20
_STEP = re.compile(r"step\s*=\s*([1-9]\d{0,8})")
_FRAME = re.compile(r"frame_0*(\d{1,9})", re.IGNORECASE)


def is_annotation(root: "_Element") -> bool:
    """Whether an XML document is an export of CVAT: a list of images, of tracks, or of neither with CVAT's head."""
    tags = {child.tag for child in root}
    return bool(root.tag == "annotations") and bool(tags & {"image", "track"} or {"version", "meta"} <= tags)


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every XML file of CVAT.

    Args:
        source: Where the XML files and pictures are.
        problems: Where files and pictures that cannot be used are reported.

    Yields:
        One AnnotatedImage for each picture of an export for images, in its order; for each frame of an export for video
        of which there is a picture, in the order of time.
    """
    for path, root in parsed_files(source, (".xml",), _parse, problems):
        yield from _images(source, path, root, problems)
        if next(root.iterchildren("track"), None) is not None:
            yield from _frames(source, path, root, problems)


def _parse(path: Path) -> "_Element":
    root = load_xml(path, _MAX_BYTES)
    if not is_annotation(root):
        raise OtherFormatError(path, f"<{root.tag!s}>", "<annotations> with <image> or <track>")
    return root


def _images(source: AnnotationSource, path: Path, root: "_Element", problems: Problems) -> Iterator[AnnotatedImage]:
    for position, image in enumerate(root.iterchildren("image"), start=1):
        name = image.get("name", "")
        if not name:
            problems.left_out("malformed object", path, "an <image> without a name", "picture left out", position)
            continue
        try:
            boxes = _boxes(image)
        except ValueError as error:
            problems.left_out("malformed object", path, f"{name}: {error}", "picture left out", position)
            continue
        picture = source.match(path, (name,), problems)
        if picture is not None:
            split = split_named(image.get("subset", "")) or source.split_of(path, picture)
            yield AnnotatedImage(picture, boxes, parse_size(image.get("width"), image.get("height")), path, split)


def _boxes(image: "_Element") -> tuple[Box, ...]:
    items = [item for item in image if isinstance(item.tag, str)]
    shapes = [item for item in items if item.tag != "tag"]  # a label of the whole picture
    if items and not shapes:
        raise ValueError("a label of the whole picture, and no box")
    return tuple(_box(item, item.get("label", "")) for item in shapes)


def _box(item: "_Element", label: str) -> Box:
    if not label.strip():
        raise ValueError("no label")
    attributes = tuple((part.get("name", ""), (part.text or "").strip()) for part in item.iterchildren("attribute"))
    return Box(*_corners(item), label.strip(), attributes)


def _corners(item: "_Element") -> Corners:
    tag, values = str(item.tag), item.attrib
    check_upright(values.get("rotation"))
    if tag == "box":
        return parse_corners([values.get(edge) for edge in ("xtl", "ytl", "xbr", "ybr")])
    if tag == "ellipse":
        return around_ellipse(values.get("cx"), values.get("cy"), values.get("rx"), values.get("ry"))
    if tag == "mask":
        return from_width_and_height([values.get(edge) for edge in ("left", "top", "width", "height")])
    if tag == "polygon":
        return around_points(*_points(values.get("points", "")))
    if tag == "polyline":
        return around_line(*_points(values.get("points", "")))
    if tag in ("points", "skeleton"):
        marks = [item, *item.iterchildren("points")]
        x, y = _points(next((mark.get("points", "") for mark in marks if mark.get("points")), ""))
        return at_point(x[0] if x else None, y[0] if y else None)
    raise ValueError(f"a <{tag[:40]}>, expected a box, ellipse, polygon or mask")


def _points(text: str) -> tuple[list[str], list[str]]:
    """The x and the y of points that are written as `1.0,2.0;3.0,4.0`."""
    points = [point.partition(",")[::2] for point in text.split(";") if point.strip()]
    return [x for x, _ in points], [y for _, y in points]


def _frames(source: AnnotationSource, path: Path, root: "_Element", problems: Problems) -> Iterator[AnnotatedImage]:
    pictures = _frame_pictures(source, path)
    found = _by_frame(root, sorted(pictures))
    if not pictures:
        frames = quantity(len(found), "frame")
        problems.left_out("missing picture", path, f"no frame_000000 of {frames}: export them with the pictures")
        return
    size, annotated = _frame_size(root), _annotated_frames(root, found)
    for frame in sorted({*found, *(frame for frame in pictures if frame in annotated)}):
        boxes = found.get(frame, [])
        wrong = next((box for box in boxes if isinstance(box, str)), None)
        if frame not in pictures:
            problems.left_out("missing picture", path, f"frame_{frame:06d}: no such picture")
        elif wrong or len(pictures[frame]) > 1:
            reason = wrong or f"{len(pictures[frame])} pictures of this name"
            problems.left_out("malformed object", path, f"frame_{frame:06d}: {reason}", "picture left out")
        else:
            picture = pictures[frame][0]
            placed = tuple(box for box in boxes if isinstance(box, Box))
            yield AnnotatedImage(picture, placed, size, path, source.split_of(path, picture))


def _by_frame(root: "_Element", pictures: Sequence[int]) -> dict[int, list[Box | str]]:
    """The boxes of all tracks by frame, and in place of a box why there is none.

    CVAT writes every frame of a track. Where one is left out between two others, the object is there without its box.
    """
    found: dict[int, list[Box | str]] = {}
    for track in root.iterchildren("track"):
        label = track.get("label", "")
        boxes = sorted(_track_boxes(track, label).items())
        for frame, box in boxes:
            if box is not None:
                found.setdefault(frame, []).append(box)
        for (frame, box), (following, _) in pairwise(boxes):
            if box is not None:
                for lost in pictures[bisect_right(pictures, frame) : bisect_left(pictures, following)]:
                    found.setdefault(lost, []).append(f"{label[:40]} has a box before and after, and none here")
    return found


def _track_boxes(track: "_Element", label: str) -> dict[int, Box | str | None]:
    """The boxes of a track by frame; None where the object is not in the frame."""
    boxes: dict[int, Box | str | None] = {}
    for shape in track:
        number = shape.get("frame", "") if isinstance(shape.tag, str) else ""
        if _is_number(number):
            boxes[int(number)] = None if shape.get("outside") == "1" else _box_or_reason(shape, label)
    return boxes


def _box_or_reason(shape: "_Element", label: str) -> Box | str:
    try:
        return _box(shape, label)
    except ValueError as error:
        return str(error)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _annotated_frames(root: "_Element", found: Collection[int]) -> range:
    """The frames that somebody looked at: as the head of the file says, else from the first to the last with a box."""
    stated = {tag: text for tag in ("start_frame", "stop_frame", "size") if _is_number(text := _stated(root, tag))}
    step = _STEP.search(_stated(root, "frame_filter"))
    first = int(stated.get("start_frame", 0 if stated else min(found, default=0)))
    last = int(stated["stop_frame"]) if "stop_frame" in stated else int(stated.get("size", 0)) - 1
    return range(first, max([last, *found]) + 1, int(step[1]) if step else 1)


def _stated(root: "_Element", tag: str) -> str:
    return (root.findtext(f"meta/*/{tag}") or root.findtext(f"meta/{tag}") or "").strip()


def _frame_size(root: "_Element") -> tuple[int, int] | None:
    size = next(root.iter("original_size"), None)
    return None if size is None else parse_size(size.findtext("width"), size.findtext("height"))


def _frame_pictures(source: AnnotationSource, path: Path) -> dict[int, list[Path]]:
    """The pictures of frames by number: those below the folder of the file, if there are any, else all."""
    numbered = [
        (int(match.group(1)), picture)
        for picture in source.pictures.pictures
        if (match := _FRAME.fullmatch(picture.stem))
    ]
    near = [(number, picture) for number, picture in numbered if picture.is_relative_to(path.parent)]
    pictures: dict[int, list[Path]] = {}
    for number, picture in near or numbered:
        pictures.setdefault(number, []).append(picture)
    return pictures
