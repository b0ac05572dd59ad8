"""The output of `detector watch`: a live table on a terminal, lines elsewhere."""

import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from rich.live import Live
from rich.table import Table
from rich.text import Text

from converters.plurals import quantity
from detector.cli.console import console, errors, printable
from detector.monitor.cameras.status import CameraState, CameraStatus
from detector.monitor.config.redaction import redacted
from detector.people.states import Alert, LineCrossing, MinuteCount, State, StateChange

if TYPE_CHECKING:
    from detector.monitor.config.watch import WatchConfig
    from detector.monitor.status import CameraActivity, Notice, WatchStatus

Local: TypeAlias = Callable[[str, datetime], str]
"""A time on the clock of a camera, by its name."""

_MOST_WAITING = 10_000  # lines, where the output is not read; the oldest are dropped then
_REFRESH_SECONDS = 0.25
_LONGEST_NAME = 24
_SHORTEST_CELL = 10
_SHORTEST_ALERT = 14
_SHORT = {
    State.WITH_MASK: "with",
    State.WITHOUT_MASK: "without",
    State.MASK_WORN_INCORRECTLY: "incorrect",
    State.UNDECIDED: "undecided",
}
_STYLES = {CameraState.UP: "green", CameraState.DOWN: "red", CameraState.FAILED: "red"}


class Screen(logging.Handler):
    """Prints the notices and log records of other threads, in the thread that calls `update`.

    Args:
        config: What is watched.
    """

    def __init__(self, config: "WatchConfig") -> None:
        super().__init__(logging.WARNING)
        self._config = config
        self._waiting: deque[Notice | logging.LogRecord] = deque(maxlen=_MOST_WAITING)
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._refreshed = datetime.min.replace(tzinfo=UTC)

    def __enter__(self) -> "Screen":
        """Begin to print the log of the package."""
        logger = logging.getLogger("detector")
        logger.addHandler(self)
        self._propagates, logger.propagate = logger.propagate, False
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Print the rest, and leave the log to others again."""
        if self._live is not None:
            self._live.stop()
        self._print()
        logger = logging.getLogger("detector")
        logger.removeHandler(self)
        logger.propagate = self._propagates

    def notify(self, notice: "Notice") -> None:
        """Print a notice at the next `update`; returns at once."""
        self._waiting.append(notice)

    def emit(self, record: logging.LogRecord) -> None:
        """Print a log record at the next `update`; returns at once."""
        self._waiting.append(record)

    def update(self, status: "Callable[[], WatchStatus]") -> None:
        """Print what is waiting, and the table.

        Args:
            status: Gives what the table shows; asked for on a terminal, from time to time.
        """
        self._print()
        now = datetime.now(UTC)
        if self._live is not None and (now - self._refreshed).total_seconds() >= _REFRESH_SECONDS:
            self._live.update(_table(status(), now, self._local, console.width), refresh=True)
            self._refreshed = now

    def finish(self, status: "WatchStatus", totals: dict[str, dict[State, int]]) -> None:
        """Print the totals."""
        if self._live is not None:
            self._live.update(Text(), refresh=True)
            self._live.stop()
        self._print()
        for camera in status.cameras:
            name = camera.status.camera
            people = quantity(sum(totals[name].values()), "person", "people")
            line = f"{name}: {people}{_by_state(totals[name])}; {quantity(camera.frames, 'frame')}"
            console.print(printable(line), markup=False, soft_wrap=True)
        written = f"{quantity(sum(status.events.values()), 'event')}, {quantity(sum(status.alerts.values()), 'alert')}"
        store = redacted(self._config.store.url).removeprefix("sqlite:///")
        lost = f"; {quantity(status.store.dropped, 'row')} could not be written" if status.store.dropped else ""
        console.print(printable(f"{written}, in {store}{lost}"), markup=False, soft_wrap=True)

    def _print(self) -> None:
        while self._waiting:
            notice = self._waiting.popleft()
            if isinstance(notice, logging.LogRecord):
                line = f"{self._local('', datetime.fromtimestamp(notice.created, UTC))}  {notice.getMessage()}"
                to = console if self._live is not None else errors
                to.print(printable(line), style="yellow", markup=False, soft_wrap=True)
                continue
            style, text = _line_of(notice, self._local)
            console.print(printable(text), style=style, markup=False, soft_wrap=True)

    def _local(self, camera: str, time: datetime) -> str:
        return f"{time.astimezone(self._config.timezone_of(camera)):%Y-%m-%d %H:%M:%S%z}"


def _line_of(notice: "Notice", local: Local) -> tuple[str, str]:
    """The style and text of a line."""
    match notice:
        case StateChange():
            what = f"person {notice.track_id}: {notice.before} -> {notice.after} ({notice.confidence:.2f})"
            return "", f"{local(notice.camera, notice.time)}  {notice.camera}  {what}"
        case LineCrossing():
            what = f"person {notice.track_id}: {notice.direction} over {notice.line} ({notice.state})"
            return "", f"{local(notice.camera, notice.time)}  {notice.camera}  {what}"
        case Alert():
            return "bold red", f"{local(notice.camera, notice.time)}  ALERT {notice.rule}: {notice.message}"
        case CameraStatus():
            why = f": {notice.reason}" if notice.reason else ""
            line = f"{local(notice.camera, notice.since)}  {notice.camera}  {notice.state}{why}"
            return _STYLES.get(notice.state, ""), line
        case MinuteCount():
            counts = quantity(notice.people, "person", "people") + _by_state(notice.counts)
            rest = f"{quantity(notice.frames, 'frame')}, {notice.seconds_up:.0f} s up"
            rest += "; states not known, looked at too seldom" if notice.seconds_not_known else ""
            return "dim", f"{local(notice.camera, notice.minute)}  {notice.camera}  this minute: {counts}; {rest}"


def _by_state(counts: dict[State, int]) -> str:
    found = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    return f" ({found})" if found else ""


def _table(status: "WatchStatus", now: datetime, local: Local, width: int) -> Table:
    """A row for every camera; long texts in it are cut, numbers never."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ("fps ", "  delay", *_SHORT.values())
    room = width - sum(len(heading) + 2 for heading in numbers)
    names = [
        _cut(camera.status.camera, max(_SHORTEST_CELL, min(room // 2, _LONGEST_NAME))) for camera in status.cameras
    ]
    room -= max(map(len, ["camera", *names])) + 2
    # Where there is no room for it, an alert is a line above the table only.
    alert_room = round(0.4 * room) if 0.4 * room >= _SHORTEST_ALERT else 0
    table.add_column("camera", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for heading in numbers:
        table.add_column(heading.strip(), justify="right", no_wrap=True, min_width=len(heading))
    if alert_room:
        table.add_column("last alert", no_wrap=True)
    for name, camera in zip(names, status.cameras, strict=True):
        delay = "" if camera.delay is None else f"{camera.delay * 1000:.0f} ms"
        state_room = max(_SHORTEST_CELL, room - (alert_room + 2 if alert_room else 0))
        style = _STYLES.get(camera.status.state, "") if camera.known else "yellow"
        state = Text(_cut(_state(camera, now), state_room), style)
        cells: list[str | Text] = [
            Text(name),
            state,
            f"{camera.fps:.1f}",
            delay,
            *(str(camera.people[state]) for state in State),
        ]
        if alert_room:
            alert = "" if camera.last_alert is None else _alert(camera.last_alert, local)
            cells.append(Text(_cut(alert, alert_room), style="red"))
        table.add_row(*cells)
    return table


def _cut(text: str, room: int) -> str:
    text = printable(text)
    return text if len(text) <= room else text[: room - 1] + "…"


def _state(camera: "CameraActivity", now: datetime) -> str:
    status = camera.status
    if status.state is CameraState.UP and not camera.known:
        return f"{status.state} {_span(now - status.since)}: too slow, states not known"
    return f"{status.state} {_span(now - status.since)}" + (f": {status.reason}" if status.reason else "")


def _alert(alert: Alert, local: Local) -> str:
    return f"{local(alert.camera, alert.time)[11:19]} {alert.rule}"


def _span(time: timedelta) -> str:
    """A time span such as 12 s, 3:20 or 26:03:20."""
    minutes, seconds = divmod(max(0, int(time.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}"
    return f"{minutes}:{seconds:02}" if minutes else f"{seconds} s"
