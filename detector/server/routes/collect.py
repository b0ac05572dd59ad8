"""`POST /v1/collect`: corrected pictures, where the server's owner asked for them."""

import asyncio
import json
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request

from detector.server.batching_queue import DetectionOptions
from detector.server.collection import corrected_faces
from detector.server.documentation import COLLECT_BODY, COLLECT_RESPONSES
from detector.server.problems import ProblemError
from detector.server.routes.predict import detect
from detector.server.state import State
from detector.server.uploads import read_pictures

router = APIRouter(tags=["pictures"])


@router.post(
    "/v1/collect",
    status_code=201,
    summary="Save a picture with its corrected faces",
    openapi_extra=COLLECT_BODY,
    responses=COLLECT_RESPONSES,
)
async def collect(request: Request, state: State) -> dict[str, Any]:
    """A multipart body: one `file`, and in `faces` a JSON list of objects with `label` and `xyxy`."""
    parts = state.ready()
    if parts.collection is None:
        raise ProblemError(404, "/v1/collect", "a server that collects nothing", "one started with --collect DIR")
    with state.memory.counted() as count:
        upload = await read_pictures(request, state.settings, count)
        if len(upload.files) != 1 or "faces" not in upload.fields:
            found = f"{len(upload.files)} files and the fields {sorted(upload.fields)}"
            raise ProblemError(422, "body", found, "one `file`, and `faces`")
        (answered,) = await detect(request, state, parts, upload, DetectionOptions())
    if answered.found is None:
        raise answered.problem or ProblemError(400, answered.name, "not readable")
    image = answered.found.image
    faces = corrected_faces(_parsed(upload.fields["faces"]), parts.detector.names, image.shape[:2])
    predicted, weights = answered.found.faces, parts.detector.weights.name
    return asdict(await asyncio.to_thread(parts.collection.save, image, faces, predicted, weights))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProblemError(
            422, "faces", f"no JSON ({error})"[:200], "a list of objects with `label` and `xyxy`"
        ) from error
