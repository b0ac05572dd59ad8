"""Which column of a table of boxes holds what, found by the names in its header."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Shape = Literal["corners", "corner and size", "centre and size"]
"""What the four numbers of a box are: x1, y1, x2, y2; or x1, y1, width, height; or the centre, width and height."""

_PICTURE = (
    *(
        "filename",
        "file_name",
        "image_name",
        "image",
        "image_path",
        "path",
        "file",
        "image_id",
        "img_name",
        "image_names",
    ),
    *("filenames", "file_names", "imagename", "images", "img", "img_path", "img_id", "image_file", "image_filename"),
    *("filepath", "file_path", "image_url", "name"),
)
_LABEL = (
    *("classname", "class_name", "class", "label", "category", "label_name", "category_name", "object", "classes"),
    *("labels", "class_label", "name", "class_id", "category_id", "label_id", "class_index"),
)
_SPLIT = ("split", "subset", "set")
_LEFT = ("x1", "xmin", "x_min", "left", "xtl", "startx", "start_x", "x_left", "x")
_TOP = ("y1", "ymin", "y_min", "top", "ytl", "starty", "start_y", "y_top", "y")
_RIGHT = ("x2", "xmax", "x_max", "right", "xbr", "endx", "end_x", "x_right")
_BOTTOM = ("y2", "ymax", "y_max", "bottom", "ybr", "endy", "end_y", "y_bottom")
_CENTRE_X = ("x_center", "center_x", "xcenter", "x_centre", "centre_x", "cx", "xc", "x_c")
_CENTRE_Y = tuple(name.replace("x", "y") for name in _CENTRE_X)
_WIDTH, _HEIGHT = ("box_width", "w", "width"), ("box_height", "h", "height")
_SHAPES: tuple[tuple[Shape, tuple[tuple[str, ...], ...]], ...] = (
    ("corners", (("x0",), ("y0",), ("x1",), ("y1",))),
    ("corners", (_LEFT, _TOP, _RIGHT, _BOTTOM)),
    ("centre and size", (_CENTRE_X, _CENTRE_Y, _WIDTH, _HEIGHT)),
    ("corner and size", (_LEFT, _TOP, _WIDTH, _HEIGHT)),
)
_SIZE = (("image_width", "img_width", "img_w", "width"), ("image_height", "img_height", "img_h", "height"))

EXPECTED = "columns such as filename,xmin,ymin,xmax,ymax,class or filename,x,y,width,height,class"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table holds what.

    Attributes:
        picture: Column with the picture's name.
        label: Column with the label.
        box: Columns with the four numbers of the box.
        shape: What these four are.
        size: Columns with the picture's width and height, if any.
        split: Column with the split, if any.
    """

    picture: str
    label: str
    box: tuple[str, str, str, str]
    shape: Shape
    size: tuple[str, str] | None
    split: str | None


def find_columns(header: Sequence[str]) -> Columns | None:
    """Find out by its name what each column holds; None where the header lacks a picture, a label or a coordinate."""
    free = _by_key(header)
    box, shape = _take_box(free)
    picture, label = _take(free, _PICTURE), _take(free, _LABEL)
    if picture is None or label is None or box is None:
        return None
    width, height = (_take(free, names) for names in _SIZE)
    size = (width, height) if width and height else None
    return Columns(picture, label, box, shape, size, _take(free, _SPLIT))


def describe_missing(header: Sequence[str]) -> str:
    """Name the columns of a header, and what it lacks to be that of a table of boxes."""
    free = _by_key(header)
    box, _ = _take_box(free)
    parts = {"a picture": _take(free, _PICTURE), "a label": _take(free, _LABEL), "the numbers of a box": box}
    missing = " and ".join(part for part, found in parts.items() if not found)
    return f"columns {', '.join(header)[:200]}: none with {missing}"


def _by_key(header: Sequence[str]) -> dict[str, str]:
    return {key: column for column in header if (key := _key(column))}


def _key(column: str) -> str:
    """A column's name in lower case, with an underscore between its words: "Box X-min" is "box_x_min"."""
    key = re.sub("[^a-z0-9]+", "_", column.lower()).strip("_")
    return re.sub("^(bbox|bndbox|bounding_box)_", "box_", key)


def _take(free: dict[str, str], names: Sequence[str]) -> str | None:
    """The column with the first of some names that there is; it is no longer free."""
    name = next((name for name in names if name in free), None)
    return None if name is None else free.pop(name)


def _take_box(free: dict[str, str]) -> tuple[tuple[str, str, str, str] | None, Shape]:
    for shape, roles in _SHAPES:
        a, b, c, d = (_find(free, names) for names in roles)
        if a and b and c and d:
            return (free.pop(a), free.pop(b), free.pop(c), free.pop(d)), shape
    return None, "corners"


def _find(free: Mapping[str, str], names: Sequence[str]) -> str | None:
    candidates = (key for name in names for key in (f"box_{name}", name))
    return next((key for key in candidates if key in free), None)
