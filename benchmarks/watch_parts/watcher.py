"""Watches cameras in a process of its own: `python -m watch_parts.watcher` takes a job as JSON and answers in JSON.

It runs with whatever version of `detector` is found first, this one or that of a checkout of 0.1, so it imports nothing
of this project but what both have.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from watch_parts.stamps import read_stamp

_MEMORY_SECONDS = 5.0


class Notes:
    """Takes down every frame and event, while it is `on`."""

    def __init__(self) -> None:
        self.on = False
        self.frames: list[tuple[str, float, int, bool]] = []
        self.events: list[tuple[str, float, int, str, str, list[float]]] = []

    def take(self, result: Any) -> None:
        """Take down a frame: camera, when, number of the picture, whether the network looked."""
        if not self.on:
            return
        camera, now, number = result.people.camera, time.monotonic(), read_stamp(result.image)
        self.frames.append((camera, now, number, getattr(result, "looked", True)))
        for change in result.people.changes:
            box = [float(value) for value in change.xyxy]
            self.events.append((camera, now, number, str(change.before), str(change.after), box))


def watch(job: dict[str, Any]) -> dict[str, Any]:
    """Watch as the job says: `config`, then `settle` seconds, and `seconds` that are taken down."""
    notes = Notes()
    config, version_01 = _config(job["config"])
    option = "on_sighting" if version_01 else "on_result"
    from detector.monitor.watch import Watch

    memory = []
    taken: dict[str, Any] = {option: notes.take} if job["notes"] else {}
    watching: Any  # of either version
    with Watch(config, **taken) as watching:
        watching.wait(job["settle"])
        notes.on, used, began = True, time.process_time(), time.monotonic()
        while (left := began + job["seconds"] - time.monotonic()) > 0:
            watching.wait(min(left, _MEMORY_SECONDS))
            memory.append((time.monotonic() - began, _allocated()))
        notes.on, used = False, time.process_time() - used
        status = watching.report() if version_01 else watching.status()
        frames = sum(camera.frames for camera in status.cameras)
    return {"frames": notes.frames, "events": notes.events, "used": used, "memory": memory, "processed": frames}


def _config(fields: dict[str, Any]) -> tuple[Any, bool]:
    """The configuration, and whether the version is 0.1, which does not have all fields."""
    try:
        from detector.monitor.config.watch import WatchConfig
    except ModuleNotFoundError:
        from detector.monitor.config import WatchConfig  # type: ignore[attr-defined, no-redef]  # that of 0.1

        for camera in fields["cameras"]:
            camera.pop("motion", None)
        return WatchConfig.model_validate(fields), True
    return WatchConfig.model_validate(fields), False


def _allocated() -> float:
    """MiB of this process that belong to no file."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return sum(int(fields[name].split()[0]) for name in ("RssAnon", "VmSwap")) / 2**10


if __name__ == "__main__":
    print(json.dumps(watch(json.load(sys.stdin))), flush=True)
    os._exit(0)  # threads that are still in a library would end the interpreter with an abort
