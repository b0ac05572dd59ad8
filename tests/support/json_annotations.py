"""One picture, `1.jpg` of 320 x 240, with one face in every JSON format: (40, 50, 120, 150), `with_mask`."""

from typing import Any

FACE = (40, 50, 120, 150)
SIZE = (320, 240)
_RECT = {"x": 40, "y": 50, "width": 80, "height": 100}
_SIDES = {"left": 40, "top": 50, "width": 80, "height": 100}
_PERCENT = {"x": 12.5, "y": 50 / 2.4, "width": 25, "height": 100 / 2.4}
_POINTS = [[40, 50], [120, 150]]

DOCUMENTS: dict[str, tuple[str, Any]] = {
    "labelme": (
        "1.json",
        {
            "version": "5.4.1",
            "flags": {},
            "shapes": [
                {"label": "with_mask", "points": _POINTS, "shape_type": "rectangle", "group_id": None, "flags": {}}
            ],
            "imagePath": "1.jpg",
            "imageData": None,
            "imageHeight": 240,
            "imageWidth": 320,
        },
    ),
    "via": (
        "via_region_data.json",
        {
            "1.jpg123": {
                "filename": "1.jpg",
                "size": 123,
                "regions": [
                    {"shape_attributes": {"name": "rect", **_RECT}, "region_attributes": {"class": "with_mask"}}
                ],
                "file_attributes": {},
            }
        },
    ),
    "label-studio": (
        "project-1.json",
        [
            {
                "id": 1,
                "data": {"image": "/data/upload/1/1.jpg"},
                "annotations": [
                    {
                        "result": [
                            {
                                "id": "a1",
                                "type": "rectanglelabels",
                                "original_width": 320,
                                "original_height": 240,
                                "image_rotation": 0,
                                "value": {**_PERCENT, "rotation": 0, "rectanglelabels": ["with_mask"]},
                            }
                        ]
                    }
                ],
            }
        ],
    ),
    "createml": (
        "_annotations.createml.json",
        [
            {
                "image": "1.jpg",
                "annotations": [{"label": "with_mask", "coordinates": {"x": 80, "y": 100, "width": 80, "height": 100}}],
            }
        ],
    ),
    "datumaro": (
        "default.json",
        {
            "info": {},
            "categories": {"label": {"labels": [{"name": "without_mask"}, {"name": "with_mask"}]}},
            "items": [
                {
                    "id": "1",
                    "annotations": [{"id": 0, "type": "bbox", "label_id": 1, "bbox": [40, 50, 80, 100]}],
                    "image": {"path": "1.jpg", "size": [240, 320]},
                }
            ],
        },
    ),
    "labelbox": (
        "export.ndjson",
        [
            {
                "data_row": {"id": "x", "external_id": "1.jpg"},
                "media_attributes": {"width": 320, "height": 240},
                "projects": {
                    "p": {"labels": [{"annotations": {"objects": [{"name": "with_mask", "bounding_box": _SIDES}]}}]}
                },
            }
        ],
    ),
    "vott": (
        "set-export.json",
        {
            "name": "x",
            "assets": {
                "a": {
                    "asset": {"name": "1.jpg", "size": {"width": 320, "height": 240}, "state": 2},
                    "regions": [{"type": "RECTANGLE", "tags": ["with_mask"], "boundingBox": _SIDES}],
                }
            },
        },
    ),
    "supervisely": (
        "1.jpg.json",
        {
            "size": {"height": 240, "width": 320},
            "tags": [],
            "objects": [
                {
                    "classTitle": "with_mask",
                    "geometryType": "rectangle",
                    "points": {"exterior": _POINTS, "interior": []},
                }
            ],
        },
    ),
    "huggingface": (
        "metadata.jsonl",
        [
            {
                "file_name": "1.jpg",
                "width": 320,
                "height": 240,
                "objects": {"bbox": [[40, 50, 80, 100]], "categories": ["with_mask"]},
            }
        ],
    ),
}
"""For each format the name of its file and the document; a list is one document a line where the suffix says so."""
