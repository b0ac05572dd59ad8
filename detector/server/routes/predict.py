"""`POST /v1/predict`: the faces in pictures."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from detector.detections.classes import class_ids
from detector.errors import MaskDetectorError
from detector.server.answers import Answered, answer
from detector.server.batching_queue import DetectionOptions, Found, IsVideoError, QueueFullError, TooLargeError
from detector.server.documentation import PREDICT_BODY, PREDICT_RESPONSES
from detector.server.problems import ProblemError, problem_of
from detector.server.routes.options import AnswerFormat, Classes, Conf, Multiscale, Tile
from detector.server.state import Parts, ServerState, State
from detector.server.uploads import Upload, busy, read_pictures

router = APIRouter(tags=["pictures"])


@router.post(
    "/v1/predict",
    summary="Find the faces in one picture, or in several",
    openapi_extra=PREDICT_BODY,
    responses=PREDICT_RESPONSES,
    response_model=None,
)
async def predict(
    request: Request,
    state: State,
    conf: Conf = None,
    classes: Classes = None,
    multiscale: Multiscale = None,
    tile: Tile = None,
    form: AnswerFormat = "json",
) -> Response:
    """The bytes of one picture are answered with an object; a multipart body with a list, in the order of its files."""
    parts = state.ready()
    options = DetectionOptions.checked(conf, tile, multiscale)
    wanted = None if classes is None else _classes(classes, parts)
    with state.memory.counted() as count:
        upload = await read_pictures(request, state.settings, count)
        answered = await detect(request, state, parts, upload, options)
    _count(state, answered)
    failed = [each.problem for each in answered if each.problem is not None]
    if len(failed) == len(answered):
        raise _all_failed(answered, failed)
    kept = [_only(each, wanted) for each in answered]
    return await asyncio.to_thread(answer, kept, form, several=upload.is_multipart)


def _classes(given: str, parts: Parts) -> list[int]:
    """The ids of classes given with commas between them.

    Raises:
        OptionError: There is no such class.
    """
    names = [part.strip() for part in given.split(",")]
    return class_ids([int(name) if name.isdecimal() else name for name in names], parts.detector.names)


async def detect(
    request: Request, state: ServerState, parts: Parts, upload: Upload, options: DetectionOptions
) -> list[Answered]:
    """Send the pictures of a request through the queue, and wait for them.

    Raises:
        ProblemError: 503, the queue is full.
        ClientDisconnect: The client has left.
    """
    try:
        futures = parts.queue.submit(upload.files, options)
    except QueueFullError:
        state.metrics.full.inc()
        found = f"{parts.queue.taken} of {state.settings.queue} places taken"
        raise busy("queue", found) from None
    upload.files = [(name, b"") for name, _ in upload.files]  # the queue drops the content when it is decoded
    await _wait(request, futures)
    return [_answered(name, future) for (name, _), future in zip(upload.files, futures, strict=True)]


async def _wait(request: Request, futures: "Sequence[Future[Found]]") -> None:
    """Wait for all pictures; when the client leaves, give their places free.

    Raises:
        ClientDisconnect: The client has left.
    """
    found = [asyncio.wrap_future(future) for future in futures]
    for each in found:
        each.add_done_callback(_take_note)
    done = asyncio.ensure_future(asyncio.wait(found))
    left = asyncio.ensure_future(_until_left(request))
    try:
        await asyncio.wait((done, left), return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            raise ClientDisconnect
    finally:
        for task in (done, left):
            task.cancel()
        for future in futures:
            future.cancel()


def _take_note(future: "asyncio.Future[Found]") -> None:
    """Look at an exception, which asyncio would report otherwise; `_answered` deals with it."""
    if not future.cancelled():
        future.exception()


async def _until_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _answered(name: str, future: "Future[Found]") -> Answered:
    error = future.exception()
    if error is None:
        return Answered(name, future.result())
    return Answered(name, None, _problem(name, error))


def _problem(name: str, error: BaseException) -> ProblemError:
    if isinstance(error, TooLargeError):
        found = "too many pixels" if error.pixels is None else f"{error.pixels} pixels"
        return ProblemError(413, name, found, "fewer pixels; /v1/model has the limit")
    if isinstance(error, IsVideoError):
        return ProblemError(415, name, "a video", "a picture; videos belong to /v1/videos")
    if isinstance(error, MaskDetectorError):
        return problem_of(error)
    raise error


def _all_failed(answered: Sequence[Answered], failed: Sequence[ProblemError]) -> ProblemError:
    """The problem of a request of which nothing could be read."""
    first = failed[0]
    more: dict[str, Any] = {"pictures": [each.to_dict() for each in answered]} if len(failed) > 1 else {}
    return ProblemError(first.status, first.subject, first.found, first.expected, more=more)


def _only(answered: Answered, classes: list[int] | None) -> Answered:
    if classes is None or answered.found is None:
        return answered
    found = answered.found
    keep = [class_id in classes for class_id in found.faces.class_id]
    return Answered(answered.name, Found(found.image, found.faces[keep], found.waited, found.seconds))


def _count(state: ServerState, answered: Sequence[Answered]) -> None:
    for each in answered:
        if each.found is None:
            state.metrics.pictures.labels("failed").inc()
            continue
        state.metrics.pictures.labels("read").inc()
        for label, number in each.found.faces.counts().items():
            state.metrics.faces.labels(label).inc(number)
