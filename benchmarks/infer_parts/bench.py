"""What all tables share: settings, the processes of the sides, and what they are run on."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any

from converters.formats.yolo import load_dataset_yaml, split_images
from detector.model.export_metadata import ExportedModel, read_exported
from detector.model.weights import find_export
from infer_parts.inputs import link_pictures, scale_video
from infer_parts.workers import Worker, offline_rival, start_side

RIVAL_IMGSZ = 640
"""The size that ultralytics has from the start."""

_WARM_FRAMES = 10


@dataclass
class Turn:
    """One side at work on one source.

    Attributes:
        worker: The side.
        source: A folder or video.
        answer: What it said after its last turn.
    """

    worker: Worker
    source: Path
    answer: dict[str, Any] = field(default_factory=dict)

    def __call__(self) -> float:
        """Let it work, and return images per second."""
        self.answer = self.worker.ask(source=str(self.source))
        return float(self.answer["images"] / self.answer["seconds"])


@dataclass
class Bench:
    """One run of the benchmark.

    Attributes:
        data: The data.yaml whose val pictures are used.
        clip: The video to scale up; None where no table needs it.
        given: The weights as given; None for the shipped ones.
        weights: The `.pt` file.
        imgsz: The longer side of the network's input in pixels.
        rounds: How many turns each side has in a row of a table.
        seconds: How long a turn on pictures lasts at least.
        frames: How much of the video is used; None for all.
        checkout: A checkout of another version of this package; None where no table needs it.
        folder: For temporary files.
        environment: Of a process that sees no GPU and is otherwise the user's.
        stack: Ends the processes.
    """

    data: Path
    clip: Path | None
    given: Path | None
    weights: Path
    imgsz: int
    rounds: int
    seconds: float
    frames: int | None
    checkout: Path | None
    folder: Path
    environment: dict[str, str]
    stack: ExitStack
    _workers: dict[str, Worker] = field(default_factory=dict)
    _turns: dict[tuple[str, str], Turn] = field(default_factory=dict)

    @cached_property
    def pictures(self) -> list[Path]:
        """The val pictures."""
        return split_images(load_dataset_yaml(self.data), "val")

    @cached_property
    def video(self) -> Path:
        """The video at 1920 x 1080."""
        return self._scaled("video.mp4", self.frames)

    @cached_property
    def export(self) -> ExportedModel | None:
        """The OpenVINO export beside the weights, which is the default backend on a CPU."""
        path = find_export(self.weights, "auto")
        return None if path is None else read_exported(path)

    @property
    def rival_environment(self) -> dict[str, str]:
        """Of the processes that run ultralytics."""
        return offline_rival(self.environment, self.folder / "ultralytics")

    def side(self, name: str) -> Worker:
        """The process of one side.

        Args:
            name: "detector", "defaults" (the same by its defaults), "version" (another one by its), "network", "peak",
                or of ultralytics "torch", "torch at its size" or "openvino".
        """
        if name not in self._workers:
            self._workers[name] = worker = self._start(name)
            self.stack.callback(worker.close)
        return self._workers[name]

    def turn(self, name: str, source: str) -> Turn:
        """A side that has been warmed up on the "pictures" or the "video", and works on them as often as is called."""
        if (name, source) not in self._turns:
            warm_up = self.warm_up_pictures if source == "pictures" else self._warm_up_video
            self._turns[name, source] = warm_up(self.side(name))
        return self._turns[name, source]

    def warm_up_pictures(self, worker: Worker) -> Turn:
        """Find out how often the pictures fill a turn: the first pass meets each size of input for the first time."""
        once = Turn(worker, link_pictures(self.pictures, len(self.pictures), self.folder / "pictures-1"))
        once()
        once()
        times = ceil(self.seconds / once.answer["seconds"])
        count = times * len(self.pictures)
        return Turn(worker, link_pictures(self.pictures, count, self.folder / f"pictures-{times}"))

    def _start(self, name: str) -> Worker:
        given = None if self.given is None else str(self.given)
        start: dict[str, Callable[[], Worker]] = {
            "detector": lambda: start_side("detector", self.environment, weights=given),
            "defaults": lambda: start_side("version", self.environment),
            "version": lambda: start_side("version", {**self.environment, "PYTHONPATH": str(self.checkout)}),
            "network": lambda: start_side("network", self.environment, weights=given),
            "peak": lambda: start_side("peak", self.environment),
            "torch": lambda: self._start_rival(self.weights, self.imgsz),
            "torch at its size": lambda: self._start_rival(self.weights, RIVAL_IMGSZ),
            "openvino": lambda: self._start_rival(self.export.path.parent if self.export else self.weights, self.imgsz),
        }
        return start[name]()

    def _start_rival(self, model: Path, imgsz: int) -> Worker:
        return start_side("rival", self.rival_environment, model=str(model), imgsz=imgsz)

    def _warm_up_video(self, worker: Worker) -> Turn:
        Turn(worker, self._warm_clip)()
        return Turn(worker, self.video)

    @cached_property
    def _warm_clip(self) -> Path:
        return self._scaled("warm-up.mp4", _WARM_FRAMES)

    def _scaled(self, name: str, frames: int | None) -> Path:
        if self.clip is None:
            raise ValueError("no video was given")
        return scale_video(self.clip, self.folder / name, frames)
