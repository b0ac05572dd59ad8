"""What `predict` does with pictures: loads them, finds the faces in batches, and keeps the order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from detector.detections import Detections
from detector.errors import SourceError
from detector.inference.cancellation import Cancellation
from detector.inference.finding import FaceFinder
from detector.inference.loading import Named, bytes_to_load, load
from detector.inference.ordered_threads import OrderedThreads
from detector.model.backends import Backend
from detector.settings import DetectorSettings


@dataclass(frozen=True, slots=True)
class Call:
    """One call of `predict`.

    Attributes:
        finder: Finds the faces.
        settings: How.
        classes: The ids of the classes whose faces are given; None: all.
        skip: A picture that cannot be read has no faces, and an error.
    """

    finder: FaceFinder
    settings: DetectorSettings
    classes: Sequence[int] | None
    skip: bool

    def answer_all(self, images: list[Named], backend: Backend, batch_size: int) -> Iterator[list[Detections]]:
        """The faces in images, batch by batch.

        Raises:
            SourceError: A picture cannot be read, and `skip` is False.
        """
        if len(images) <= batch_size:  # no threads: starting some for every frame of a camera fragments the memory
            yield self._answer(backend, Cancellation(), images)
            return
        batches = [images[start : start + batch_size] for start in range(0, len(images), batch_size)]
        with OrderedThreads() as threads:
            run = partial(self._answer, backend, threads.cancellation)
            yield from threads.map(run, batches, backend.parallel + 1, size=bytes_to_load)

    def _answer(self, backend: Backend, cancellation: Cancellation, images: Sequence[Named]) -> list[Detections]:
        loaded = [load(each, skip=self.skip) for each in images]
        arrays = [image for image in loaded if not isinstance(image, SourceError)]
        found = iter(self.finder.find(self.settings, backend, arrays, cancellation))
        answers = [
            Detections.empty(backend.names, image) if isinstance(image, SourceError) else next(found)
            for image in loaded
        ]
        return [faces.only(self.classes) for faces in answers]
