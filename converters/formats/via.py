"""JSON of the VGG Image Annotator (VIA), versions 1 and 2: the exported annotations, or a whole project.

Described in the documents of VIA (gitlab.com/vgg/via, `CodeDoc.md`). The regions of a picture are a list, in files of
version 1 an object with numbers as keys. It is read here, since the libraries that read it want to be told which
attribute is the label, and stop at the first region that is wrong.
"""

from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.formats.via_regions import label_attribute, region_box
from converters.reading.json_pictures import JsonFormat, JsonPicture, at, values_at
from converters.reading.picture_names import picture_names

_PROJECT = "_via_img_metadata"


def is_annotation(data: object) -> bool:
    """Whether a JSON document is a VIA project, or the annotations that VIA exports."""
    return isinstance(at(data, _PROJECT), dict) or any(map(_is_entry, values_at(data)))


def _is_entry(entry: object) -> bool:
    return isinstance(at(entry, "filename"), str) and isinstance(at(entry, "regions"), list | dict)


def _pictures(path: Path, data: Any) -> list[JsonPicture]:
    entries = values_at(data if at(data, _PROJECT) is None else data[_PROJECT])
    attributes = [at(region, "region_attributes") for entry in entries for region in values_at(entry, "regions")]
    label_name = label_attribute(item for item in attributes if isinstance(item, dict))
    return [JsonPicture(picture_names(at(entry, "filename")), _regions(entry, label_name)) for entry in entries]


def _regions(entry: object, label_name: str | None) -> object:
    regions = at(entry, "regions")
    if not isinstance(regions, list | dict):
        return regions
    return [(region, label_name) for region in values_at(regions)]


def _box(item: tuple[object, str | None]) -> Box:
    region, label_name = item
    attributes = at(region, "region_attributes")
    return region_box(at(region, "shape_attributes"), attributes if isinstance(attributes, dict) else {}, label_name)


FORMAT = JsonFormat("VIA JSON", is_annotation, _pictures, _box)
read = FORMAT.read
