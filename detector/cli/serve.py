"""`detector serve`."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.console import console
from detector.cli.options import detector_options
from detector.errors import UsageError
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.monitor.config.watch import WatchConfig

_NEEDED = ("fastapi", "uvicorn", "python_multipart")


@detector_options
def serve(
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Listen here. Another address than loopback needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", help="The port; 0 takes a free one.")] = 8000,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name by which clients reach the server; may be repeated."),
    ] = None,
    max_bytes: Annotated[int, typer.Option(metavar="N", help="The largest upload, in bytes.")] = 100_000_000,
    max_pixels: Annotated[int, typer.Option(metavar="N", help="The largest picture, in pixels.")] = 50_000_000,
    max_frames: Annotated[int, typer.Option(metavar="N", help="The longest video, in frames.")] = 20_000,
    max_seconds: Annotated[float, typer.Option(metavar="N", help="The longest video, in seconds.")] = 900,
    max_tiles: Annotated[
        int, typer.Option(metavar="N", help="At most so many tiles in one picture, if a client asks for tiles.")
    ] = 64,
    upload_seconds: Annotated[float, typer.Option(metavar="N", help="The longest that an upload may take.")] = 300,
    queue: Annotated[
        int, typer.Option(metavar="N", help="At most so many pictures wait or are looked at; others get 503 at once.")
    ] = 64,
    jobs: Annotated[int, typer.Option(metavar="N", help="At most so many videos wait or are looked at.")] = 8,
    keep_seconds: Annotated[float, typer.Option(metavar="N", help="How long results of videos are kept.")] = 3600,
    watch: Annotated[
        Path | None,
        typer.Option(
            metavar="WATCH.yaml", help="Watch these cameras too, as `detector watch` does, and show them live."
        ),
    ] = None,
    collect: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Let people correct faces on the page, and save such pictures as a dataset."),
    ] = None,
    *,
    settings: DetectorSettings,
) -> None:
    """Serve a page to try the detector on, and an API: pictures in, faces out.

    Ends with Ctrl-C or SIGTERM, after the requests at hand. If MASK_DETECTOR_TOKEN is set, clients have to send it.

    Example: detector serve; then open http://127.0.0.1:8000/, or: curl --data-binary @street.jpg
    http://127.0.0.1:8000/v1/predict
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise UsageError("detector serve", f"{missing[0]} is not installed", "pip install 'mask-detector[serve]'")
    from detector.server.settings import TOKEN_VARIABLE, ServerSettings

    server_settings = ServerSettings(
        host=host,
        port=port,
        token=os.environ.get(TOKEN_VARIABLE) or None,
        allowed_hosts=tuple(allow_host or ()),
        max_bytes=max_bytes,
        max_pixels=max_pixels,
        max_frames=max_frames,
        max_seconds=max_seconds,
        max_tiles=max_tiles,
        upload_seconds=upload_seconds,
        queue=queue,
        jobs=jobs,
        keep_seconds=keep_seconds,
        collect=collect,
    )
    config = None if watch is None else _watch_config(watch)
    from detector.inference.detector import Detector
    from detector.server.run import serve as run

    run(server_settings, lambda: Detector.from_settings(settings), _announce, config)


def _watch_config(path: Path) -> "WatchConfig":
    from detector.monitor.config.watch import load_config

    return load_config(str(path), {})


def _announce(address: str) -> None:
    console.print(f"Ready at {address}", markup=False, soft_wrap=True)
