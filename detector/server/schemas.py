"""What the JSON of the API looks like: the schemas of the OpenAPI document, under the names that it has there."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
BINARY: Schema = {"type": "string", "format": "binary"}
_FLOAT: Schema = {"type": "number", "minimum": 0}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_COUNTS: Schema = {"type": "object", "description": "Faces by class.", "additionalProperties": WHOLE}


def ref(name: str) -> Schema:
    """One of the schemas below."""
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": items, **more}


def _object(properties: dict[str, Schema], **more: Any) -> Schema:
    """An object with all of these."""
    return {"type": "object", "required": [*properties], "properties": properties, **more}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _described(schema: Schema, text: str) -> Schema:
    return schema | {"description": text}


SCHEMAS: dict[str, Schema] = {
    "Problem": _object(
        {
            "type": TEXT,
            "title": TEXT,
            "status": WHOLE,
            "detail": TEXT,
            "subject": _described(TEXT, "The file, option or header that it is about."),
            "found": TEXT,
            "expected": {"type": ["string", "null"], "description": "What was expected, or what to do."},
        },
        description="What a request did wrong, by RFC 9457.",
    ),
    "Face": _object(
        {
            "label": TEXT,
            "class_id": WHOLE,
            "confidence": _SHARE,
            "xyxy": array(
                {"type": "number"}, minItems=4, maxItems=4, description="Left, top, right, bottom, in pixels."
            ),
            "tracker_id": {"type": ["integer", "null"]},
        }
    ),
    "Picture": _object(
        {
            "name": TEXT,
            "width": WHOLE,
            "height": WHOLE,
            "faces": array(ref("Face")),
            "counts": _COUNTS,
            "timing": _object({"waited": _FLOAT, "inference": _FLOAT}, description="In seconds."),
        }
    ),
    "FailedPicture": _object(
        {"name": TEXT, "error": ref("Problem")}, description="One picture of several that cannot be read."
    ),
    "Coco": {
        "type": "object",
        "required": ["images", "annotations", "categories"],
        "properties": {
            "images": array({"type": "object"}),
            "annotations": array({"type": "object"}),
            "categories": array({"type": "object"}),
            "errors": array(ref("FailedPicture")),
        },
        "description": "As `detector infer` writes detections.json.",
    },
    "VideoJob": _object(
        {
            "id": TEXT,
            "name": TEXT,
            "state": {"enum": ["receiving", "waiting", "running", "finished", "failed"]},
            "frames": _described(WHOLE, "How many are done."),
            "of": {"type": ["integer", "null"], "description": "How many there are, if the video says so."},
            "outcome": {"enum": ["read", "damaged", "failed", "interrupted", None]},
            "counts": _COUNTS,
            "error": _or_null(ref("Problem")),
            "expires": {"type": ["string", "null"], "format": "date-time"},
            "events": _described(TEXT, "The address of its progress."),
            "results": array(_object({"name": TEXT, "bytes": WHOLE, "href": TEXT})),
        }
    ),
    "Model": _object(
        {
            "version": TEXT,
            "weights": TEXT,
            "names": array(TEXT),
            "colours": {"type": "object", "additionalProperties": TEXT},
            "imgsz": WHOLE,
            "options": {"type": "object"},
            "limits": {"type": "object"},
            "live": {"type": "boolean"},
            "collect": {"type": "boolean"},
        }
    ),
    "Saved": _object({"picture": TEXT, "split": {"enum": ["train", "val"]}, "count": WHOLE}),
}
