"""What the routes share: the detector, the queue, and whether the server takes requests."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from detector.inference.detector import Detector
from detector.server.batching_queue import BatchingQueue
from detector.server.collection import Collection
from detector.server.metrics import Metrics
from detector.server.problems import ProblemError
from detector.server.settings import ServerSettings
from detector.server.uploads import UploadMemory, busy
from detector.server.video_jobs import VideoJobs

if TYPE_CHECKING:
    from detector.server.live import LiveView


@dataclass(frozen=True, slots=True)
class Parts:
    """What is there once the network is loaded.

    Attributes:
        detector: What finds the faces.
        queue: What all pictures go through.
        jobs: The videos.
        live: The cameras; None without `--watch`.
        collection: Where corrected pictures are saved; None where they are not.
    """

    detector: Detector
    queue: BatchingQueue
    jobs: VideoJobs
    live: "LiveView | None" = None
    collection: Collection | None = None

    def close(self) -> None:
        """End what runs."""
        self.jobs.close()
        self.queue.close()
        if self.live is not None:
            self.live.close()


@dataclass(slots=True)
class ServerState:
    """The state of one server.

    Attributes:
        settings: Its options and limits.
        folder: A temporary folder, which is emptied at the end.
        metrics: Its counts.
        memory: The uploads in memory.
        parts: None until the network is loaded.
        draining: It finishes what it has, and takes nothing new.
    """

    settings: ServerSettings
    folder: Path
    metrics: Metrics = field(default_factory=Metrics)
    memory: UploadMemory = field(default_factory=UploadMemory)
    parts: Parts | None = None
    draining: bool = False

    def ready(self) -> Parts:
        """The parts, if requests can be taken.

        Raises:
            ProblemError: 503, the server is starting or ending.
        """
        if self.draining:
            raise ProblemError(503, "server", "about to end", "another server, or this one after its start")
        if self.parts is None:
            raise busy("server", "the network is being loaded", 2)
        return self.parts


def _state(request: Request) -> ServerState:
    state: ServerState = request.app.state.server
    return state


State = Annotated[ServerState, Depends(_state)]
"""The state, as a parameter of a route."""
