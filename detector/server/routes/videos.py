"""`/v1/videos`: videos as jobs."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse

from detector.media.media_kinds import is_video_content, kind_of
from detector.server.batching_queue import DetectionOptions, QueueFullError, check_tiles
from detector.server.documentation import (
    JOB_DELETED_RESPONSES,
    JOB_EVENTS_RESPONSES,
    JOB_RESPONSES,
    JOB_RESULT_RESPONSES,
    VIDEO_BODY,
    VIDEO_RESPONSES,
)
from detector.server.events import Changes, event_stream
from detector.server.problems import ProblemError
from detector.server.routes.options import Conf, Multiscale, Tile
from detector.server.state import Parts, ServerState, State
from detector.server.uploads import busy, save_file
from detector.server.video_header import read_video_header
from detector.server.video_jobs import VideoJob, check_length

router = APIRouter(prefix="/v1/videos", tags=["videos"])

_RETRY_SECONDS = 10
_HEAD_BYTES = 400


@router.post(
    "",
    status_code=202,
    summary="Find the faces in a video, as a job",
    openapi_extra=VIDEO_BODY,
    responses=VIDEO_RESPONSES,
    response_model=None,
)
async def create(
    request: Request, state: State, conf: Conf = None, multiscale: Multiscale = None, tile: Tile = None
) -> Response:
    """The body is a video, or a multipart body with one `file`. The answer has the address of the job."""
    parts = state.ready()
    options = DetectionOptions.checked(conf, tile, multiscale)
    try:
        job = parts.jobs.create(options)
    except QueueFullError:
        state.metrics.full.inc()
        found = f"{parts.jobs.unfinished()} of {state.settings.jobs} places taken"
        raise busy("videos", found, _RETRY_SECONDS) from None
    try:
        await _receive(request, state, parts, job)
    except BaseException:
        parts.jobs.delete(job)
        raise
    parts.jobs.start(job)
    headers = {"Location": f"/v1/videos/{job.id}"}
    return JSONResponse(job.to_dict(state.settings.keep_seconds), 202, headers)


@router.get("/{job_id}", summary="What has become of a video", responses=JOB_RESPONSES)
async def show(state: State, job_id: str) -> dict[str, Any]:
    """Its state, its progress, and when it has ended its results."""
    return state.ready().jobs.find(job_id).to_dict(state.settings.keep_seconds)


@router.get(
    "/{job_id}/events",
    summary="The progress of a video as events",
    responses=JOB_EVENTS_RESPONSES,
    response_class=Response,
    response_model=None,
)
async def events(state: State, job_id: str) -> StreamingResponse:
    """Server-sent events `job`, with what `GET /v1/videos/{id}` answers; the stream ends with the job."""
    job = state.ready().jobs.find(job_id)
    changes = Changes("job", lambda: job.to_dict(state.settings.keep_seconds))
    return event_stream(changes, is_over=lambda: job.ended is not None or state.draining or job.is_deleted)


@router.get(
    "/{job_id}/results/{name}",
    summary="A result of a video",
    responses=JOB_RESULT_RESPONSES,
    response_class=Response,
    response_model=None,
)
async def result(state: State, job_id: str, name: str) -> FileResponse:
    """The annotated copy and the tables, as `detector infer` writes them."""
    job = state.ready().jobs.find(job_id)
    path = next((path for path in job.files() if path.name == name), None)
    if path is None:
        names = ", ".join(path.name for path in job.files()) or "results, which are there when it has ended"
        raise ProblemError(404, name[:100], "no result of this video", names)
    shown = path.suffix == ".mp4"  # in the page; the others are saved
    return FileResponse(path, filename=path.name, content_disposition_type="inline" if shown else "attachment")


@router.delete(
    "/{job_id}",
    status_code=204,
    summary="End a job and delete its results",
    responses=JOB_DELETED_RESPONSES,
    response_model=None,
)
async def delete(state: State, job_id: str) -> Response:
    """What it has is deleted at once; its address is then 410."""
    jobs = state.ready().jobs
    await asyncio.to_thread(jobs.delete, jobs.find(job_id))
    return Response(status_code=204)


async def _receive(request: Request, state: ServerState, parts: Parts, job: VideoJob) -> None:
    """Save the upload, and refuse what is no video, or is too long or too large."""
    received = job.folder / "received"
    name = await save_file(request, state.settings, received)
    await asyncio.to_thread(_check, received, name, state, parts, job)
    job.name = name
    received.rename(job.upload)


def _check(path: Path, name: str, state: ServerState, parts: Parts, job: VideoJob) -> None:
    # Only what begins as a video does: FFmpeg also takes play lists, which can name other files of this machine.
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise ProblemError(400, name, "an empty file", "a video")
    if not is_video_content(head):
        is_picture = kind_of(path, is_named=False) == "image"
        found = "a picture" if is_picture else "neither a video nor anything that is known"
        raise ProblemError(415, name, found, "a video; pictures belong to /v1/predict")
    header = read_video_header(path, name)
    check_length(name, header.frames or 0, header.seconds or 0, header.width * header.height, state.settings)
    job.of = header.frames
    shape = (header.height, header.width)
    check_tiles(job.options.apply(parts.detector), name, shape, state.settings.max_tiles)
