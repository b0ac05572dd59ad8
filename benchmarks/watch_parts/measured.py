"""What a process that watched has measured."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from watch_parts.senders import STREAM_FPS, Sender, delay_of

WANTED_FPS = 10.0
_BENCHMARKS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a person's state.

    Attributes:
        camera: Name of the camera.
        number: That of the picture that decided.
        delay: Seconds since that picture was due.
        change: The states before and after.
        xyxy: The face, in pixels.
    """

    camera: str
    number: int
    delay: float
    change: tuple[str, str]
    xyxy: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured in so many seconds.

    Attributes:
        seconds: How long it was measured.
        rates: Frames of each camera per second.
        looks: Frames of all cameras per second at which the network looked.
        delays: Seconds of each frame from when it was due until its result.
        events: In their order.
        used: Cores in use, on average.
        memory: Seconds and MiB.
        processed: Frames from the start.
    """

    seconds: float
    rates: tuple[float, ...]
    looks: float
    delays: tuple[float, ...]
    events: tuple[Event, ...]
    used: float
    memory: tuple[tuple[float, float], ...]
    processed: int

    @property
    def cost(self) -> float:
        """Seconds of one core for a frame."""
        return self.used / max(sum(self.rates), 1e-3)


def measure(
    senders: Sequence[Sender],
    seconds: float,
    *,
    motion: Sequence[str] = (),
    weights: str | None = None,
    checkout: Path | None = None,
    settle: float = 8.0,
    notes: bool = True,
    snapshots: str = "off",
    clips: bool = False,
) -> Measured:
    """Watch in a process of its own.

    Args:
        senders: The cameras.
        seconds: How long to measure.
        motion: `motion` of each camera; default: auto.
        weights: As in the configuration.
        checkout: Of another version; default: this one.
        settle: Seconds before.
        notes: Take down frames and events.
        snapshots: As in the configuration.
        clips: Write a clip around each event.
    """
    names = [f"camera {i}" for i in range(len(senders))]
    with tempfile.TemporaryDirectory() as folder:
        cameras = [
            {"name": name, "source": sender.url, "fps": WANTED_FPS, "motion": each}
            for name, sender, each in zip(names, senders, motion or ["auto"] * len(senders), strict=True)
        ]
        store = {"url": f"sqlite:///{folder}/events.db", "snapshots": snapshots}
        config = {"cameras": cameras, "device": "cpu", "store": store} | ({"weights": weights} if weights else {})
        config |= {"clips": {"folder": f"{folder}/clips"}} if clips else {}
        found = _ask({"config": config, "settle": settle, "seconds": seconds, "notes": notes}, checkout)
    by_name = dict(zip(names, senders, strict=True))

    def delay(camera: str, now: float, number: int) -> float:
        sender = by_name[camera]
        return delay_of(sender.began, sender.pictures, number, now)

    frames = found["frames"]
    return Measured(
        seconds,
        tuple(sum(camera == name for camera, *_ in frames) / seconds for name in names),
        sum(looked for *_, looked in frames) / seconds,
        tuple(delay(camera, now, number) for camera, now, number, _ in frames),
        tuple(
            Event(camera, number, delay(camera, now, number), (before, after), tuple(box))
            for camera, now, number, before, after, box in found["events"]
        ),
        found["used"] / seconds,
        tuple((at, size) for at, size in found["memory"]),
        found["processed"],
    )


def _ask(job: dict[str, Any], checkout: Path | None) -> dict[str, Any]:
    code = checkout or _BENCHMARKS.parent
    environment = {**os.environ, "PYTHONPATH": str(code.absolute())}
    done = subprocess.run(
        [sys.executable, "-m", "watch_parts.watcher"],
        input=json.dumps(job),
        stdout=subprocess.PIPE,
        cwd=_BENCHMARKS,
        env=environment,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def pair_events(ours: Sequence[Event], theirs: Sequence[Event]) -> tuple[list[float], int]:
    """Compare the events of two cameras that saw the same pictures at the same times.

    An event is the same where the state changed in the same way, at a face in the same place, within two seconds.

    Args:
        ours: Those of one.
        theirs: Those of the other.

    Returns:
        Of the same events, by how many seconds ours came later; and how many only one of the two has.
    """
    left, later = list(theirs), []
    for event in ours:
        near = [o for o in left if _same(event, o) and abs(event.number - o.number) <= 2 * STREAM_FPS]
        if near:
            other = min(near, key=lambda each: abs(event.number - each.number))
            left.remove(other)
            later.append((event.number - other.number) / STREAM_FPS)
    return later, len(ours) - len(later) + len(left)


def _same(event: Event, other: Event) -> bool:
    a, b = np.array(event.xyxy), np.array(other.xyxy)
    centres = np.hypot(*(a[:2] + a[2:] - b[:2] - b[2:])) / 2
    return event.change == other.change and bool(centres < a[2] - a[0])
