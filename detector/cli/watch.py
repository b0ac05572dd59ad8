"""`detector watch`."""

import math
import os
import signal
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from detector.cli.console import errors
from detector.cli.options import detector_options, option_name
from detector.errors import ConfigError, OptionError, UsageError

if TYPE_CHECKING:
    from detector.monitor.config.watch import WatchConfig

_POLL_SECONDS = 0.1
_YAML = (".yaml", ".yml")
_OPTIONS = {
    "store.url": "--store",
    "store.keep": "--keep",
    "store.snapshots": "--snapshots",
    "metrics.port": "--metrics-port",
    "record.folder": "--record",
    "clips.folder": "--clips",
}


def _print_config(wanted: bool) -> None:
    if wanted:
        from detector import monitor

        typer.echo(Path(monitor.__path__[0], "config", "example.yaml").read_text(encoding="utf-8"), nl=False)
        raise typer.Exit


@detector_options
def watch(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="CONFIG.yaml | SOURCE...",
            help="A configuration; or camera numbers, RTSP and HTTP (MJPEG) addresses, and video files.",
            show_default=False,
        ),
    ],
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Read video files at their own speed, as if they were live.")
    ] = False,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where events are kept: an SQLite file, or a URL. Default: events.db."),
    ] = None,
    keep: Annotated[
        str | None, typer.Option(metavar="30d", help="Delete what is older from the store. Default: 30d.")
    ] = None,
    snapshots: Annotated[
        bool, typer.Option("--snapshots", help="Keep a small picture of the face with every event.")
    ] = False,
    blur: Annotated[
        bool, typer.Option("--blur", help="Keep such pictures with the face made unrecognisable, in videos too.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Show the pictures in windows; q closes them and ends.")] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write annotated video of every camera to this folder.")
    ] = None,
    clips: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a short video around each event to this folder.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(metavar="N", help="Answer Prometheus on this port.", show_default=False)
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="Look at no more frames of a camera per second. Default: 10; all of a file without --realtime.",
        ),
    ] = None,
    print_config: Annotated[
        bool,
        typer.Option(
            "--print-config", callback=_print_config, is_eager=True, help="Print a commented configuration, and end."
        ),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Say what would be watched and sent, and end. Nothing is connected to.")
    ] = False,
    test_alerts: Annotated[
        bool, typer.Option("--test-alerts", help="Send a test alert to every sink, say the outcomes, and end.")
    ] = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Watch cameras: who wears a mask, events and counts in a store, alerts.

    Options override what the configuration says. Ends with Ctrl-C or SIGTERM, or when all files are read.

    Example: detector watch --print-config > watch.yaml; edit it; detector watch watch.yaml
    """
    given = {
        **settings,
        "store.url": store,
        "store.keep": keep,
        "store.snapshots": "blur" if blur else "on" if snapshots else None,
        "metrics.port": metrics_port,
        "record.folder": None if record is None else str(record),
        "clips.folder": None if clips is None else str(clips),
    }
    config = _configure(sources, {name: value for name, value in given.items() if value is not None}, fps)
    if check or test_alerts:
        from detector.cli import watch_check

        # Both run: what is wrong with one says nothing of the other.
        outcomes = [watch_check.check(config)] if check else []
        outcomes += [watch_check.test_alerts(config)] if test_alerts else []
        raise typer.Exit(0 if all(outcomes) else 1)
    with _stop_on_signal() as stop:
        failed = _run(config, stop, realtime=realtime, show=show)
    if stop.asked.is_set():
        _leave(int(failed))
    if failed:
        raise typer.Exit(1)


def _configure(sources: list[str], given: dict[str, Any], fps: float | None) -> "WatchConfig":
    """The configuration of a file or of sources, with the options that were given in its place."""
    from detector.monitor.config.watch import config_from_sources, load_config

    overrides: dict[str, Any] = {}
    for name, value in given.items():
        section, _, field = name.partition(".")
        overrides |= {section: {**overrides.get(section, {}), field: value}} if field else {section: value}
    is_config = [Path(source).suffix.lower() in _YAML and "://" not in source for source in sources]
    if any(is_config) and len(sources) > 1:
        raise UsageError("SOURCE", "a configuration beside other sources", "one configuration, or sources alone")
    try:
        config = load_config(sources[0], overrides) if is_config[0] else config_from_sources(sources, overrides)
    except ConfigError as error:
        raise _named_by_option(error, given) from None
    if is_config[0] and (given or fps is not None):
        names = [*given, *(["cameras' fps"] if fps is not None else [])]
        errors.print(f"Options override {sources[0]}: {', '.join(names)}", markup=False, soft_wrap=True)
    if fps is None:
        return config
    if not 0.5 <= fps < math.inf:  # as the configuration demands
        raise UsageError("--fps", f"{fps:g}", "a number of 0.5 or more")
    # New objects, since a field that is set at creation counts as given.
    cameras = tuple(type(camera)(**{**dict(camera), "fps": fps}) for camera in config.cameras)
    return config.model_copy(update={"cameras": cameras})


def _named_by_option(error: ConfigError, given: Collection[str]) -> UsageError:
    """An error that names the option, where the value came from one; else the same."""
    field, _, found = error.found.partition(": ")
    if field not in given:
        return error
    return OptionError(_OPTIONS.get(field, option_name(field)), found, error.expected)


def _run(config: "WatchConfig", stop: "_Stop", *, realtime: bool, show: bool) -> bool:
    """Watch until the end; returns whether a file could not be read to its end."""
    from detector.cli.watch_screen import Screen
    from detector.cli.watch_window import Windows
    from detector.monitor.cameras.status import CameraState
    from detector.monitor.watch import Watch

    windows = Windows(config) if show else None
    with Screen(config) as screen:
        watch = Watch(
            config,
            realtime=realtime,
            notify=screen.notify,
            on_result=None if windows is None else windows.put,
        )
        with watch:
            stop.begun = True
            while not stop.asked.is_set() and not watch.wait(_POLL_SECONDS):
                screen.update(watch.status)
                if windows is not None and not windows.update():
                    stop.asked.set()
        if windows is not None:
            windows.close()
        status = watch.status()
        screen.finish(status, watch.totals())
    return any(camera.status.state is CameraState.FAILED for camera in status.cameras)


def _leave(status: int) -> NoReturn:
    """End the program without Python's clean-up, which crashes where a thread is still in a library."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # nobody reads it any more
            stream.flush()
    os._exit(status)


class _Stop:
    """What a signal asked for.

    Attributes:
        asked: To end.
        begun: There is something to be closed; before, a signal ends the program at once.
    """

    def __init__(self) -> None:
        self.asked, self.begun = threading.Event(), False

    def note(self, number: int, frame: object) -> None:
        """Handle a signal; the second one ends at once."""
        if self.asked.is_set():
            raise KeyboardInterrupt
        self.asked.set()
        if not self.begun:
            raise SystemExit(0)


@contextmanager
def _stop_on_signal() -> Iterator[_Stop]:
    stop = _Stop()
    before = {number: signal.signal(number, stop.note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
