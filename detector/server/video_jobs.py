"""Videos as jobs: one after the other through `infer`, with their results in a temporary folder for a stated time."""

import logging
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from detector.errors import MaskDetectorError, SourceError
from detector.inference.cancellation import Cancellation
from detector.inference.detector import Detector
from detector.inference.outputs import Outcome
from detector.inference.outputs.kinds import DEFAULT_SAVES, SAVES
from detector.inference.run import infer
from detector.media.sources import Frame
from detector.server.batching_queue import DetectionOptions, QueueFullError
from detector.server.problems import ProblemError, problem_of
from detector.server.settings import ServerSettings

logger = logging.getLogger(__name__)

_SAVES = (*DEFAULT_SAVES, *(kind for kind in SAVES if kind == "people"))
_TABLES = (".csv", ".json", ".jsonl")
_MOST_FORGOTTEN = 10_000  # jobs of which it is known that they were there
_SWEEP_SECONDS = 2.0
_END_SECONDS = 10.0

State = Literal["receiving", "waiting", "running", "finished", "failed"]


@dataclass(slots=True, eq=False)
class VideoJob:
    """One video.

    Attributes:
        folder: Where the upload and the results lie.
        id: Its name in addresses, which nobody can guess.
        name: As the client called the video.
        state: What happens to it.
        frames: How many frames are done.
        of: How many there are, if the video says so.
        outcome: What `infer` says about the video: "read", "damaged" or "failed".
        counts: Faces by class over all frames.
        options: With what it is looked at.
        problem: Why it failed, or is damaged.
        ended: When it ended, by `time.time`.
        cancellation: Ends it.
        is_deleted: It has ended, and what it had is deleted.
    """

    folder: Path
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    name: str = "video"
    options: DetectionOptions = field(default_factory=DetectionOptions)
    state: State = "receiving"
    frames: int = 0
    of: int | None = None
    outcome: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    problem: ProblemError | None = None
    ended: float | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)
    is_deleted: bool = False

    @property
    def upload(self) -> Path:
        """The video."""
        return self.folder / "upload" / self.name

    @property
    def results(self) -> Path:
        """The folder of the results."""
        return self.folder / "results"

    def files(self) -> list[Path]:
        """The results, when the job has ended."""
        return sorted(self.results.iterdir()) if self.ended is not None and self.results.is_dir() else []

    def to_dict(self, keep_seconds: float) -> dict[str, Any]:
        """The job for JSON."""
        address = f"/v1/videos/{self.id}"
        expires = None if self.ended is None else datetime.fromtimestamp(self.ended + keep_seconds, UTC)
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "frames": self.frames,
            "of": self.of,
            "outcome": self.outcome,
            "counts": self.counts,
            "error": None if self.problem is None else self.problem.to_dict(),
            "expires": None if expires is None else expires.isoformat(timespec="seconds"),
            "events": f"{address}/events",
            "results": [
                {"name": path.name, "bytes": path.stat().st_size, "href": f"{address}/results/{path.name}"}
                for path in self.files()
            ],
        }


class VideoJobs:
    """The jobs of a server. One video is looked at at a time, because `infer` uses all cores.

    Args:
        detector: What finds the faces.
        folder: Where uploads and results lie until their time is over.
        settings: The limits.
    """

    def __init__(self, detector: Detector, folder: Path, settings: ServerSettings) -> None:
        self._detector, self._folder, self._settings = detector, folder, settings
        self._jobs: OrderedDict[str, VideoJob] = OrderedDict()
        self._forgotten: OrderedDict[str, None] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="video jobs", daemon=True)
        self._thread.start()

    def create(self, options: DetectionOptions) -> VideoJob:
        """Make a job, before its video has come.

        Raises:
            QueueFullError: There are too many.
        """
        with self._changed:
            if self.unfinished() >= self._settings.jobs:
                raise QueueFullError
            job = VideoJob(Path(), options=options)
            job.folder = self._folder / job.id
            self._jobs[job.id] = job
        job.upload.parent.mkdir(parents=True)
        job.results.mkdir()
        return job

    def unfinished(self) -> int:
        """How many jobs have not ended."""
        return sum(job.ended is None for job in self._jobs.values())

    def start(self, job: VideoJob) -> None:
        """Let a job wait for its turn; its video is there."""
        with self._changed:
            job.state = "waiting"
            self._changed.notify_all()

    def find(self, job_id: str) -> VideoJob:
        """A job.

        Raises:
            ProblemError: 404, there is none; 410, its time is over.
        """
        self._sweep()
        job = self._jobs.get(job_id)
        if job is not None:
            return job
        if job_id in self._forgotten:
            kept = f"results are kept for {self._settings.keep_seconds:g} s"
            raise ProblemError(410, "video", f"{job_id!r}, which was there and is deleted; {kept}", "a new job")
        raise ProblemError(
            404, "video", f"{job_id[:100]!r}, which no job is called", "an address that POST /v1/videos gave"
        )

    def delete(self, job: VideoJob) -> None:
        """End a job, and delete what it has."""
        job.cancellation.cancel()
        job.is_deleted = True
        with self._changed:
            self._jobs.pop(job.id, None)
            self._forgotten[job.id] = None
            while len(self._forgotten) > _MOST_FORGOTTEN:
                self._forgotten.popitem(last=False)
            self._changed.notify_all()
        shutil.rmtree(job.folder, ignore_errors=True)

    def close(self) -> None:
        """End all jobs."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for job in list(self._jobs.values()):
            job.cancellation.cancel()
        self._thread.join(_END_SECONDS)

    def _sweep(self) -> None:
        """Delete jobs whose time is over."""
        oldest = time.time() - self._settings.keep_seconds
        for job in [job for job in self._jobs.values() if job.ended is not None and job.ended < oldest]:
            self.delete(job)

    def _run(self) -> None:
        while True:
            with self._changed:
                job = next(self._waiting(), None)
                if job is None and not self._closed:
                    self._changed.wait(_SWEEP_SECONDS)
                if self._closed:
                    return
            self._sweep()
            if job is not None:
                self._look_at(job)

    def _waiting(self) -> Iterator[VideoJob]:
        return (job for job in self._jobs.values() if job.state == "waiting")

    def _look_at(self, job: VideoJob) -> None:
        job.state = "running"
        try:
            totals = infer(
                job.options.apply(self._detector),
                [job.upload],
                job.results,
                save=_SAVES,
                track=True,
                cancellation=job.cancellation,
                on_frame=lambda frame: self._progress(job, frame),
                on_end=lambda outcome: _end(job, outcome),
            )
            job.counts = dict(totals.faces)
        except MaskDetectorError as error:
            job.problem = job.problem or problem_of(error, 500)
        except Exception as error:  # one video's defect does not end the others
            logger.error("a video failed", exc_info=error)
            job.problem = ProblemError(500, job.name, "an error of the server", "a report of it; its log says more")
        job.upload.unlink(missing_ok=True)
        if job.is_deleted:
            shutil.rmtree(job.folder, ignore_errors=True)
            return
        _hide_folder(job)
        job.ended = time.time()
        job.state = "failed" if job.outcome in (None, "failed", "interrupted") else "finished"

    def _progress(self, job: VideoJob, frame: Frame) -> None:
        job.frames = frame.index + 1
        job.of = frame.timing.frames if frame.timing is not None else None
        settings, height, width = self._settings, *frame.image.shape[:2]
        try:
            check_length(job.name, job.frames, frame.seconds or 0, width * height, settings)
        except ProblemError as problem:
            job.problem = problem
            job.cancellation.cancel()


def check_length(name: str, frames: int, seconds: float, pixels: int, settings: ServerSettings) -> None:
    """Refuse a video that is too long or too large.

    Raises:
        ProblemError: 413.
    """
    limits = ((frames, settings.max_frames, "frames"), (seconds, settings.max_seconds, "seconds"))
    for found, most, unit in (*limits, (pixels, settings.max_pixels, "pixels a frame")):
        if found > most:
            raise ProblemError(413, name, f"{found:g} {unit}", f"at most {most:g}")


def _end(job: VideoJob, outcome: Outcome) -> None:
    job.outcome = outcome.outcome
    if outcome.outcome != "read" and job.problem is None:
        job.problem = problem_of(SourceError(job.name, outcome.reason or outcome.outcome))


def _hide_folder(job: VideoJob) -> None:
    """Tables name the video as its client does, and not by the folder where it lay."""
    for path in [path for path in job.results.iterdir() if path.suffix in _TABLES]:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        path.write_text(text.replace(f"{job.upload.parent}/", ""), encoding="utf-8", errors="surrogateescape")
