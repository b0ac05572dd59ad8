"""What `predict` does with pictures: loads them, finds the faces in batches, and keeps the order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from detector.detections import Detections
from detector.errors import OptionError, SourceError
from detector.inference.cancellation import Cancellation
from detector.inference.loading import Named, bytes_to_load, load, named
from detector.inference.network import Network
from detector.inference.ordered_threads import OrderedThreads
from detector.media.images import ImageInput
from detector.model.backends import Backend
from detector.settings import DetectorSettings

OnError: TypeAlias = Literal["raise", "skip"]
"""What becomes of a picture that cannot be read."""

Progress: TypeAlias = Callable[[int, int], None]
"""Is called with the number of finished pictures, and of all."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of `predict`.

    Attributes:
        network: What is run.
        settings: How faces are found.
        classes: The ids of the classes whose faces are given; None: all.
        errors: "skip": a picture that cannot be read has no faces, and an error.

    Raises:
        UsageError: `errors` is something else.
    """

    network: Network
    settings: DetectorSettings
    classes: Sequence[int] | None
    errors: OnError

    def __post_init__(self) -> None:
        if self.errors not in ("raise", "skip"):
            raise OptionError("errors", repr(self.errors), '"raise" or "skip"')

    def answer(
        self, image: ImageInput | Sequence[ImageInput], progress: Progress | None
    ) -> Detections | list[Detections]:
        """The faces in a picture, or those in each picture of a list.

        Raises:
            SourceError: A picture cannot be read, and `errors` is "raise".
        """
        several = isinstance(image, list | tuple)
        images = named(image)
        found: list[Detections] = []
        for part in self._answer_all(images, self.network.for_many if several else self.network.backend):
            found += part
            if progress is not None:
                progress(len(found), len(images))
        return found if several else found[0]

    def _answer_all(self, images: list[Named], backend: Backend) -> Iterator[list[Detections]]:
        """The faces in images, batch by batch."""
        size = self.network.backend.batch_size
        if len(images) <= size:  # no threads: starting some for every frame of a camera fragments the memory
            yield self._answer(backend, Cancellation(), images)
            return
        batches = [images[start : start + size] for start in range(0, len(images), size)]
        with OrderedThreads() as threads:
            run = partial(self._answer, backend, threads.cancellation)
            yield from threads.map(run, batches, backend.parallel + 1, size=bytes_to_load)

    def _answer(self, backend: Backend, cancellation: Cancellation, images: Sequence[Named]) -> list[Detections]:
        loaded = [load(each, skip=self.errors == "skip") for each in images]
        arrays = [image for image in loaded if not isinstance(image, SourceError)]
        found = iter(self.network.finder.find(self.settings, backend, arrays, cancellation))
        answers = [
            Detections.empty(backend.names, image) if isinstance(image, SourceError) else next(found)
            for image in loaded
        ]
        return [faces.only(self.classes) for faces in answers]
