"""The regions of the VGG Image Annotator (VIA), which its JSON and its CSV describe alike.

A region has a shape and attributes that the annotator made up, so that no attribute is the label by definition.
"""

from collections.abc import Iterable, Mapping, Sequence

from converters.annotation import Box
from converters.reading.numbers import parse_coordinate
from converters.reading.shapes import (
    Corners,
    around_ellipse,
    around_line,
    around_points,
    at_point,
    from_width_and_height,
)

_LABEL_NAMES = ("class", "label", "name", "class_name", "classname", "category", "type", "object", "object_name")
_NO_LABEL = "region"  # the label where the attributes of a file give none


def label_attribute(regions: Iterable[Mapping[str, object]]) -> str | None:
    """Find which attribute holds the label of the regions of a file: one with a usual name, or the only one.

    Args:
        regions: The attributes of all regions.

    Returns:
        Its name, or None where there is none; then the label of all regions is "region".
    """
    names = {name: None for attributes in regions for name in attributes}  # in their order
    usual = {name.strip().lower(): name for name in names}
    found = next((usual[name] for name in _LABEL_NAMES if name in usual), None)
    return next(iter(names)) if found is None and len(names) == 1 else found


def region_box(shape: object, attributes: Mapping[str, object], label_name: str | None) -> Box:
    """The box of a region.

    Args:
        shape: `shape_attributes`: the name of the shape, and its coordinates.
        attributes: `region_attributes`.
        label_name: The attribute that holds the label, from `label_attribute`.

    Raises:
        ValueError: It has no box, not exactly one label, or a coordinate is no number.
    """
    label = _NO_LABEL if label_name is None else _text(attributes.get(label_name))
    if not label:
        raise ValueError("no label")
    if "," in label and isinstance(attributes.get(label_name or ""), Mapping):
        raise ValueError(f"several labels at once ({label})")
    others = tuple((name, _text(value)) for name, value in attributes.items() if name != label_name)
    return Box(*_corners(shape), label, tuple((name, text) for name, text in others if text))


def _text(value: object) -> str:
    """The value of an attribute as text: check boxes are an object of options, of which those chosen are true."""
    if isinstance(value, Mapping):
        return ",".join(str(option) for option, chosen in value.items() if chosen in (True, "true", "1"))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _corners(shape: object) -> Corners:
    if not isinstance(shape, Mapping):
        raise ValueError("no shape")
    name = shape.get("name")
    if name == "rect":
        return from_width_and_height([shape.get(key) for key in ("x", "y", "width", "height")])
    if name == "circle":
        return around_ellipse(shape.get("cx"), shape.get("cy"), shape.get("r"), shape.get("r"))
    if name == "ellipse":
        angle = parse_coordinate(shape.get("theta") or 0)
        return around_ellipse(shape.get("cx"), shape.get("cy"), shape.get("rx"), shape.get("ry"), angle)
    if name in ("polygon", "polyline"):
        around = around_points if name == "polygon" else around_line
        return around(_list(shape.get("all_points_x")), _list(shape.get("all_points_y")))
    if name == "point":
        return at_point(shape.get("cx"), shape.get("cy"))
    raise ValueError(f"the shape {str(name)[:40]!r}, expected a rectangle, circle, ellipse or polygon")


def _list(values: object) -> Sequence[object]:
    return values if isinstance(values, list) else ()
