"""`Detector`: pictures in, faces out."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union, overload

import numpy as np
from numpy.typing import NDArray

from detector.backends import Backend, load_backend
from detector.detections import Detections
from detector.errors import SourceError, UsageError
from detector.images import check_array, read_image, to_bgr
from detector.letterbox import Letterbox
from detector.nms import non_max_suppression

if TYPE_CHECKING:
    import PIL.Image

Picture: TypeAlias = Union[str, Path, NDArray[np.uint8], "PIL.Image.Image"]


class Detector:
    """Finds faces and says whether each wears a mask, wears none, or wears one incorrectly.

    Args:
        weights: A `.pt` file; None for the weights that come with the package.
        conf: Faces at or below this score are left out, 0 to 1.
        iou: Of two boxes of one class that overlap by more than this, the weaker is left out, 0 to 1.
        imgsz: The longer side, in pixels, that pictures are scaled to; rounded up to a multiple of 32. None: the size
            that the weights were trained at.
        device: "auto", "cpu", "mps", "cuda", or a CUDA index such as "0".
        backend: "auto" or "torch".
        max_det: At most this many faces in one picture.
        tile: None or "off".
        gamma: Brightens (above 1) or darkens (below 1) what the network sees: 255 * (value / 255) ** (1 / gamma).
        trust_weights: Load a file that runs code when loaded.

    Raises:
        UsageError: An argument is out of range, or names a device that this machine does not have.
        WeightsError: The weights could not be found, trusted or loaded.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        conf: float = 0.25,
        iou: float = 0.6,
        imgsz: int | None = None,
        device: str = "auto",
        backend: str = "auto",
        max_det: int = 300,
        tile: str | int | None = None,
        gamma: float | None = None,
        trust_weights: bool = False,
    ) -> None:
        _check_range("conf", conf, 0, 1)
        _check_range("iou", iou, 0, 1)
        _check_range("imgsz", imgsz, 32, 8192)
        _check_range("max_det", max_det, 1, 30_000)
        _check_range("gamma", gamma, 0.1, 10)
        if tile not in (None, "off"):
            raise UsageError("tile", f"{tile!r}, which is not available yet", "None")
        self._backend: Backend = load_backend(weights, backend=backend, device=device, trust=trust_weights)
        self._conf, self._iou, self._max_det = conf, iou, max_det
        self._lut = None if gamma is None else gamma_lut(gamma)
        wanted = self._backend.imgsz if imgsz is None else imgsz
        if self._backend.square and wanted != self._backend.imgsz:
            raise UsageError("imgsz", f"{wanted}", f"{self._backend.imgsz}, the fixed size of these weights")
        self._imgsz = wanted + -wanted % self._backend.stride

    @property
    def names(self) -> tuple[str, ...]:
        """Class names by class id."""
        return self._backend.names

    @property
    def imgsz(self) -> int:
        """The longer side, in pixels, that pictures are scaled to."""
        return self._imgsz

    @property
    def batch_size(self) -> int:
        """The number of pictures that are worth giving to `predict` at once."""
        return self._backend.batch_size

    @overload
    def predict(self, image: Picture) -> Detections: ...

    @overload
    def predict(self, image: Sequence[Picture]) -> list[Detections]: ...

    def predict(self, image: Picture | Sequence[Picture]) -> Detections | list[Detections]:
        """Find the faces in a picture, or in several.

        Args:
            image: A path, a BGR uint8 array (H, W, 3), a Pillow image (taken as its pixels stand, without EXIF
                rotation), or a list of these. What is found in a picture does not depend on its neighbours in the list.

        Returns:
            The faces, best score first, in pixels of the picture as read; for a list, one `Detections` for each.

        Raises:
            SourceError: A picture could not be read.
        """
        if isinstance(image, list | tuple):
            pictures = iter(image)
            found: list[Detections] = []
            while chunk := [_to_array(picture) for picture in islice(pictures, self.batch_size)]:
                found += self._predict_arrays(chunk)
            return found
        return self._predict_arrays([_to_array(image)])[0]  # type: ignore[arg-type]

    def _predict_arrays(self, images: list[NDArray[np.uint8]]) -> list[Detections]:
        """Run pictures whose inputs have the same shape together."""
        boxes = [
            Letterbox.fit(image.shape[:2], self._imgsz, self._backend.stride, self._backend.square) for image in images
        ]
        by_shape: dict[tuple[int, int], list[int]] = {}
        for i, box in enumerate(boxes):
            by_shape.setdefault(box.shape, []).append(i)
        found = [Detections.empty(self.names)] * len(images)
        for indices in by_shape.values():
            raw = self._backend(np.stack([boxes[i].apply(images[i], self._lut) for i in indices]))
            for i, prediction in zip(indices, raw, strict=True):
                xyxy, confidence, class_id = non_max_suppression(prediction, self._conf, self._iou, self._max_det)
                found[i] = Detections(boxes[i].to_source(xyxy), confidence, class_id, None, self.names)
        return found


def gamma_lut(gamma: float) -> NDArray[np.uint8]:
    """The table of 256 brightness values 255 * (value / 255) ** (1 / gamma)."""
    return np.round(255 * (np.arange(256) / 255) ** (1 / gamma)).astype(np.uint8)


def _to_array(picture: Any) -> NDArray[np.uint8]:
    if isinstance(picture, str | Path):
        return read_image(Path(picture))
    if isinstance(picture, np.ndarray):
        return check_array(picture)
    import PIL.Image

    if isinstance(picture, PIL.Image.Image):
        return to_bgr(picture)
    raise SourceError("image", f"a {type(picture).__name__}", "a path, a BGR uint8 array or a Pillow image")


def _check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise UsageError(name, f"{value}", f"a number from {low} to {high}")
