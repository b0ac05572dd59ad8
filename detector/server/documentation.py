"""The parts of the OpenAPI document that FastAPI cannot read from the code: bodies, examples, problems, the token.

`schemas.py` has the schemas of the answers.
"""

from typing import Any

from fastapi import FastAPI

from detector.server.problems import MEDIA_TYPE
from detector.server.schemas import BINARY, SCHEMAS, TEXT, array, ref
from detector.server.security import OPEN_PATHS

Responses = dict[int | str, dict[str, Any]]

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
_TOKEN = "token"  # noqa: S105  (the name of the scheme)
_WRONG_BODY = (400, 408, 413, 415, 422, 503)


def describe(app: FastAPI, *, needs_token: bool) -> None:
    """Complete the OpenAPI document of an application: its schemas, the token, and what every route may answer."""
    document = app.openapi()
    components = document.setdefault("components", {})
    components["schemas"] = SCHEMAS
    if needs_token:
        components["securitySchemes"] = {_TOKEN: {"type": "http", "scheme": "bearer"}}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            is_open = path in OPEN_PATHS or not needs_token
            operation["security"] = [] if is_open else [{_TOKEN: []}]
            general = (403, 421) if is_open else (401, 403, 421)
            # FastAPI has a form of its own for 422, which this server does not answer.
            options = (422,) if "422" in operation["responses"] else ()
            added = {str(status): each for status, each in problems(*general, *options).items()}
            operation["responses"] = dict(sorted((operation["responses"] | added).items()))


def problems(*statuses: int) -> Responses:
    """The problems that a route may answer with, beside those that `describe` adds to all."""
    content = {MEDIA_TYPE: {"schema": ref("Problem")}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


def answers(content: dict[str, Any], description: str, *statuses: int, status: int = 200) -> Responses:
    """The responses of a route.

    Args:
        content: The media types of its answer, with their schemas.
        description: What it answers.
        statuses: The problems that it may answer with.
        status: That of its answer.
    """
    return {status: {"description": description, "content": content}, **problems(*statuses)}


def binary(*types: str) -> dict[str, Any]:
    """Bytes of some media types."""
    return {each: {"schema": BINARY} for each in types}


def text(media_type: str) -> dict[str, Any]:
    """Text of a media type."""
    return {media_type: {"schema": TEXT}}


def json(name: str, example: Any = None) -> dict[str, Any]:
    """JSON of one of the schemas."""
    return {"application/json": {"schema": ref(name)} | ({} if example is None else {"example": example})}


def _body(*types: str, form: dict[str, Any]) -> dict[str, Any]:
    fields = {"schema": {"type": "object", "required": [*form], "properties": form}}
    return {"requestBody": {"required": True, "content": {**binary(*types), "multipart/form-data": fields}}}


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
        "detail": "notes.txt: not a picture; expected a JPEG, PNG, WebP, AVIF, TIFF, BMP ...",
        "subject": "notes.txt",
        "found": "not a picture",
        "expected": "a JPEG, PNG, WebP, AVIF, TIFF, BMP ...",
    },
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

PREDICT_BODY = _body("image/*", "application/octet-stream", form={"file": array(BINARY, minItems=1)})
PREDICT_RESPONSES = answers(
    {
        "application/json": {
            "schema": {
                "anyOf": [ref("Picture"), array({"anyOf": [ref("Picture"), ref("FailedPicture")]}), ref("Coco")]
            },
            "examples": {"one picture": {"value": _PICTURE}, "several": {"value": [_PICTURE, _FAILED]}},
        },
        "text/plain": {"schema": TEXT, "example": "0 0.110664 0.160556 0.045703 0.099306\n"},
        **text("text/csv"),
        **binary("image/*", "application/zip"),
    },
    "The faces. An object for the bytes of one picture, a list for a multipart body.",
    *_WRONG_BODY,
)
VIDEO_BODY = _body("video/*", "application/octet-stream", form={"file": BINARY})
VIDEO_RESPONSES = answers(
    json("VideoJob", _JOB | {"state": "waiting"}), "The job; `Location` has its address.", *_WRONG_BODY, status=202
)
VIDEO_RESPONSES[202]["headers"] = {"Location": {"schema": TEXT}}
COLLECT_BODY = _body(
    form={
        "file": BINARY,
        "faces": TEXT | {"description": "JSON: a list of objects with `label` and `xyxy`."},
    }
)
COLLECT_BODY["requestBody"]["content"]["multipart/form-data"]["example"] = {
    "faces": '[{"label": "without_mask", "xyxy": [112, 80, 171, 152]}]'
}
COLLECT_RESPONSES = answers(
    json("Saved", {"picture": "images/train/0f3a.jpg", "split": "train", "count": 12}),
    "It is saved.",
    404,
    *_WRONG_BODY,
    status=201,
)
_JOB_PROBLEMS = (404, 410, 503)
JOB_RESPONSES = answers(json("VideoJob", _JOB), "The job.", *_JOB_PROBLEMS)
JOB_EVENTS_RESPONSES = answers(text("text/event-stream"), "Events `job`, until it has ended.", *_JOB_PROBLEMS)
JOB_RESULT_RESPONSES = answers(binary("*/*"), "The file.", *_JOB_PROBLEMS)
JOB_DELETED_RESPONSES = problems(*_JOB_PROBLEMS)
