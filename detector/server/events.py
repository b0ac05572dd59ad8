"""Server-sent events: a stream that says what has changed, and ends with the server."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi.responses import StreamingResponse

_POLL_SECONDS = 0.25
_SILENT_SECONDS = 15.0  # then a comment is sent, so that proxies keep the connection

Event = tuple[str, Any]
"""The name of an event, and its data."""


def event_stream(
    news: Callable[[], list[Event]], *, is_over: Callable[[], bool], poll_seconds: float = _POLL_SECONDS
) -> StreamingResponse:
    """A stream of events.

    Args:
        news: Gives the events since its last call; asked some times a second.
        is_over: Whether the stream ends after the events that are there now.
        poll_seconds: How often `news` is asked.
    """
    return StreamingResponse(
        _events(news, is_over, poll_seconds),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},  # nginx passes events on at once
    )


async def _events(
    news: Callable[[], list[Event]], is_over: Callable[[], bool], poll_seconds: float
) -> AsyncIterator[str]:
    silent = 0.0
    while True:
        over = is_over()
        events = news()
        for name, data in events:
            yield f"event: {name}\ndata: {json.dumps(data)}\n\n"
        if over:
            return
        silent = 0.0 if events else silent + poll_seconds
        if silent >= _SILENT_SECONDS:
            silent = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(poll_seconds)


class Changes:
    """Gives a value as an event whenever it is another one than before.

    Args:
        name: The name of the event.
        value: Gives the value.
    """

    def __init__(self, name: str, value: Callable[[], Any]) -> None:
        self._name, self._value = name, value
        self._last: Any = None

    def __call__(self) -> list[Event]:
        """The value, if it has changed."""
        value = self._value()
        if value == self._last:
            return []
        self._last = value
        return [(self._name, value)]
