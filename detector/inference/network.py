"""The network of a detector, set up for one picture at a time and, when that is first needed, for many."""

import threading
from contextlib import suppress

from detector.errors import OptionError, WeightsError
from detector.inference.finding import FaceFinder
from detector.model.backends import Backend, load_backend
from detector.settings import DetectorSettings, parse_device


class Network:
    """A network that is loaded once. Detectors with different options can share it.

    Args:
        settings: Where its weights are, what runs it, and at which size.

    Attributes:
        backend: The network, set up for the shortest time for one picture.
        imgsz: The longer side, in pixels, that pictures are scaled to; a multiple of the network's stride.
        finder: Finds faces at that size.

    Raises:
        UsageError: The settings name a device that this machine does not have, or a size that the weights do not take.
        WeightsError: The weights could not be found, trusted or loaded.
    """

    def __init__(self, settings: DetectorSettings) -> None:
        device = parse_device(settings.device)
        self.backend = load_backend(
            settings.weights, backend=settings.backend, device=device, trust=settings.trust_weights
        )
        self.imgsz = _fitting_size(self.backend, settings.imgsz)
        self.finder = FaceFinder(self.imgsz, self.backend.batch_size, self.backend.names)
        self._for_many: Backend | None = None
        self._lock = threading.Lock()

    @property
    def for_many(self) -> Backend:
        """The network, set up for the most pictures per second. The first use does that, and takes its time."""
        with self._lock:
            self._for_many = self._for_many or self.backend.for_many()
            return self._for_many

    def prepare_for_many(self) -> None:
        """Begin to set it up for many pictures, in a thread."""
        threading.Thread(target=self._prepare, name="prepare").start()

    def _prepare(self) -> None:
        with suppress(WeightsError):  # the first use meets it too
            _ = self.for_many


def _fitting_size(backend: Backend, imgsz: int | None) -> int:
    wanted = backend.imgsz if imgsz is None else imgsz
    if backend.square and wanted != backend.imgsz:
        raise OptionError("imgsz", f"{wanted}", f"{backend.imgsz}, the fixed size of these weights")
    return wanted + -wanted % backend.stride
