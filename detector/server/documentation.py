"""The parts of the OpenAPI document that FastAPI cannot read from the code: bodies, examples and problems."""

from typing import Any

from detector.server.problems import MEDIA_TYPE

_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "subject", "found", "expected"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "subject": {"type": "string", "description": "The file, option or header that it is about."},
        "found": {"type": "string"},
        "expected": {"type": ["string", "null"], "description": "What was expected, or what to do."},
    },
}

_FACE = {
    "label": "with_mask",
    "class_id": 0,
    "confidence": 0.93,
    "xyxy": [112.4, 80.1, 170.9, 151.6],
    "tracker_id": None,
}
_PICTURE = {
    "name": "street.jpg",
    "width": 1280,
    "height": 720,
    "faces": [_FACE],
    "counts": {"with_mask": 1, "without_mask": 0, "mask_worn_incorrectly": 0},
    "timing": {"waited": 0.004, "inference": 0.045},
}
_FAILED = {
    "name": "notes.txt",
    "error": {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "notes.txt: not a picture; expected a file in a format that can be read",
        "subject": "notes.txt",
        "found": "not a picture",
        "expected": "a file in a format that can be read",
    },
}

_BINARY = {"schema": {"type": "string", "format": "binary"}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with."""
    return {status: {"description": _MEANINGS[status], "content": _PROBLEM} for status in statuses}


_MEANINGS = {
    400: "It cannot be read.",
    401: "No token, or a wrong one.",
    403: "Not allowed from there.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    410: "It was there, and its time is over.",
    413: "Too many bytes or pixels.",
    415: "Of a kind that is not taken.",
    421: "The server is not called so.",
    422: "An option has a value that it cannot have.",
    503: "No room now, or not ready; Retry-After says when to try again.",
}
_PROBLEM = {MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA}}

NOT_READY = problems(401, 403, 421, 503)

PREDICT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": _BINARY,
            "application/octet-stream": _BINARY,
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            },
        },
    }
}

PREDICT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The faces. An object for the bytes of one picture, a list for a multipart body.",
        "content": {
            "application/json": {
                "schema": {"type": ["object", "array"]},
                "examples": {
                    "one picture": {"value": _PICTURE},
                    "several": {"value": [_PICTURE, _FAILED]},
                },
            },
            "text/plain": {"schema": {"type": "string"}, "example": "0 0.110664 0.160556 0.045703 0.099306\n"},
            "text/csv": {"schema": {"type": "string"}},
            "image/*": _BINARY,
            "application/zip": _BINARY,
        },
    },
    **problems(400, 401, 403, 408, 413, 415, 421, 422, 503),
}

_JOB = {
    "id": "Vb1mTzU2bC9qLQxw",
    "name": "clip.mp4",
    "state": "finished",
    "frames": 414,
    "of": 414,
    "outcome": "read",
    "counts": {"with_mask": 1200, "without_mask": 450, "mask_worn_incorrectly": 3},
    "error": None,
    "expires": "2026-01-01T12:00:00+00:00",
    "events": "/v1/videos/Vb1mTzU2bC9qLQxw/events",
    "results": [{"name": "clip.mp4", "bytes": 5234567, "href": "/v1/videos/Vb1mTzU2bC9qLQxw/results/clip.mp4"}],
}

VIDEO_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "video/*": _BINARY,
            "application/octet-stream": _BINARY,
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}

VIDEO_RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "The job; `Location` has its address.",
        "content": {"application/json": {"schema": {"type": "object"}, "example": _JOB}},
    },
    **problems(400, 401, 403, 408, 413, 415, 421, 422, 503),
}

JOB_RESPONSES = problems(401, 403, 404, 410, 421, 503)

COLLECT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "faces"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "faces": {"type": "string", "description": "JSON: a list of objects with `label` and `xyxy`."},
                    },
                },
                "example": {"faces": '[{"label": "without_mask", "xyxy": [112, 80, 171, 152]}]'},
            }
        },
    }
}

COLLECT_RESPONSES: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "It is saved.",
        "content": {
            "application/json": {"example": {"picture": "images/train/0f3a.jpg", "split": "train", "count": 12}}
        },
    },
    **problems(400, 401, 403, 404, 408, 413, 415, 421, 422, 503),
}
