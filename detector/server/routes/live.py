"""The live view: `/live`, and `/v1/live/...`."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response, StreamingResponse

from detector.errors import StoreError
from detector.monitor.report import parse_time
from detector.server.documentation import answers, binary, text
from detector.server.events import Changes, Event, event_stream
from detector.server.live import LiveView
from detector.server.live_json import CLIPS
from detector.server.problems import ProblemError
from detector.server.routes.page import html
from detector.server.security import REPORT_POLICY
from detector.server.state import ServerState, State

router = APIRouter(tags=["live"])

_POLL_SECONDS = 0.5
_EVENTS = answers(text("text/event-stream"), "Events, until the client leaves.", 404, 503)
_PICTURE = answers(binary("image/jpeg"), "The picture.", 404, 503)
_CLIP = answers(binary("video/mp4"), "The clip, or the part of it that `Range` asks for.", 404, 503)
_CLIP[206] = {"description": "A part of the clip.", "content": binary("video/mp4")}
_REPORT = answers(text("text/html"), "The report.", 404, 503)
Time = Annotated[str | None, Query(description="A day, a day and a time, or `7d` for seven days ago.")]


def _live(state: ServerState) -> LiveView:
    live = state.ready().live
    if live is None:
        raise ProblemError(404, "/live", "a server that watches no cameras", "one started with --watch")
    return live


@router.get("/live", include_in_schema=False)
async def page(state: State) -> Response:
    """The page."""
    _live(state)
    return html("live")


@router.get(
    "/v1/live/events",
    summary="The live view as events",
    responses=_EVENTS,
    response_class=Response,
    response_model=None,
)
async def events(state: State) -> StreamingResponse:
    """Server-sent events: `status` (cameras, people in view), `today` (compliance), `event` (changes, alerts, ...)."""
    live = _live(state)
    status, today = Changes("status", live.status), Changes("today", live.today)
    last = 0

    def news() -> list[Event]:
        """Everything new for this viewer."""
        nonlocal last
        newest = live.events(last)
        last = newest[-1]["number"] if newest else last
        return [*status(), *today(), *(("event", event) for event in newest)]

    return event_stream(news, is_over=lambda: state.draining, poll_seconds=_POLL_SECONDS)


@router.get(
    "/v1/live/snapshots/{number}.jpg", summary="The picture of an event", responses=_PICTURE, response_class=Response
)
async def snapshot(state: State, number: int) -> Response:
    """Only where the configuration keeps such pictures."""
    return _jpeg(_live(state).snapshot(number), f"the picture of event {number}")


@router.get(
    f"{CLIPS}{{name}}", summary="The clip of an event", responses=_CLIP, response_class=Response, response_model=None
)
async def clip(state: State, name: str) -> FileResponse:
    """As MP4; only where the configuration keeps clips, and once the seconds after the event are over."""
    path = _live(state).clip(name)
    if path is None:
        raise ProblemError(404, "clip", f"no {name[:100]!r}", "one that the live view or the report names")
    return FileResponse(path, media_type="video/mp4")


@router.get(
    "/v1/live/{camera:path}.jpg", summary="The newest picture of a camera", responses=_PICTURE, response_class=Response
)
async def picture(state: State, camera: str) -> Response:
    """Annotated; blurred where the configuration says so."""
    return _jpeg(await asyncio.to_thread(_live(state).jpeg, camera), f"a picture of {camera[:100]!r}")


@router.get("/live/report", summary="The report of a time, as HTML", responses=_REPORT, response_class=Response)
async def report(state: State, since: Annotated[str | None, Query(alias="from")] = None, to: Time = None) -> Response:
    """As `detector report` writes it."""
    live = _live(state)
    now = datetime.now(UTC)
    start = parse_time(since, "from", live.clock, now) if since else None
    end = parse_time(to, "to", live.clock, now, end=True) if to else None
    try:
        text = await asyncio.to_thread(live.report, start, end)
    except StoreError as error:
        raise ProblemError(404, "report", error.found, error.expected) from error
    return Response(text, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": REPORT_POLICY})


def _jpeg(content: Any, what: str) -> Response:
    if content is None:
        raise ProblemError(404, "picture", f"no {what}", "one that the live view lists")
    return Response(content, media_type="image/jpeg")
