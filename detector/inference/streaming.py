"""What `stream` does with sources: finds the faces in every frame, and follows them through videos if asked to."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from detector.inference.batching import Step, detect_all
from detector.inference.network import Network
from detector.inference.ordered_threads import OrderedThreads
from detector.inference.tracking import track_faces
from detector.media.sources import Ended, Source
from detector.people.face_tracker import WEAKEST_SCORE
from detector.settings import DetectorSettings


def find_in_sources(
    network: Network,
    settings: DetectorSettings,
    sources: Iterable[Source | Ended],
    threads: OrderedThreads,
    *,
    track: bool,
) -> Iterator[Step]:
    """Find the faces in all frames of all sources; see `Detector.steps`."""
    found_at = replace(settings, conf=min(settings.conf, WEAKEST_SCORE)) if track else settings
    finder = network.finder
    steps = detect_all(
        sources,
        threads,
        detect_frame=partial(finder.find, found_at, network.backend),
        detect_batch=lambda images, cancellation: finder.find(found_at, network.for_many, images, cancellation),
        workers=lambda: network.for_many.parallel + 1,
        batch_size=network.backend.batch_size,
    )
    return track_faces(steps, settings.conf) if track else steps
