"""Finds the faces in images that are in memory: views, tiles, the network, and one box for each face."""

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.inference.cancellation import Cancellation
from detector.model.backends import Backend
from detector.model.letterbox import Letterbox
from detector.model.multiscale import View, merge_views, plan_views
from detector.model.nms import non_max_suppression
from detector.model.tiling import Boxes, detect_in_layers, plan_layers, tile_side
from detector.settings import DetectorSettings


class FaceFinder:
    """Finds faces with a network that its caller gives.

    Args:
        imgsz: The longer side, in pixels, that images are scaled to; a multiple of the network's stride.
        batch_size: How many tiles the network is given at once.
        names: Class names by class id.
    """

    def __init__(self, imgsz: int, batch_size: int, names: tuple[str, ...]) -> None:
        self._imgsz, self._batch_size, self._names = imgsz, batch_size, names

    def find(
        self, settings: DetectorSettings, backend: Backend, images: list[NDArray[np.uint8]], cancellation: Cancellation
    ) -> list[Detections]:
        """Find the faces in images. Views of the same input shape run as one batch; tiled images run one by one.

        Args:
            settings: How.
            backend: The network.
            images: BGR uint8 (H, W, 3).
            cancellation: Ends the work early.

        Raises:
            Cancelled: The run was cancelled.
        """
        run = partial(_run, settings, backend, cancellation)
        views = [self._views(settings, image.shape[:2], backend) for image in images]
        found: list[dict[int, Boxes]] = [{} for _ in images]
        by_shape: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for i, image in enumerate(images):
            shape = image.shape[:2]
            side = tile_side(settings.tile, shape)
            if side:
                layers = plan_layers(shape, side, self._imgsz, backend.stride, backend.square)
                found[i][0] = detect_in_layers(image, layers, run, self._batch_size, settings.max_det)
            for number, view in enumerate(views[i]):
                if number or not side:  # tiles take the place of the largest view
                    by_shape.setdefault(view.letterbox.shape, []).append((i, number))
        for group in by_shape.values():
            batch = [(images[i], views[i][number].letterbox) for i, number in group]
            for (i, number), boxes in zip(group, run(batch), strict=True):
                found[i][number] = boxes
        return [
            Detections(*_merge(seen, [boxes[n] for n in range(len(seen))], settings.max_det), None, self._names)
            for seen, boxes in zip(views, found, strict=True)
        ]

    def _views(self, settings: DetectorSettings, shape: tuple[int, int], backend: Backend) -> tuple[View, ...]:
        if settings.multiscale == "off":
            return (View(Letterbox.fit(shape, self._imgsz, backend.stride, backend.square)),)
        return plan_views(shape, self._imgsz, backend.stride, backend.square)


def _run(
    settings: DetectorSettings,
    backend: Backend,
    cancellation: Cancellation,
    batch: Sequence[tuple[NDArray[np.uint8], Letterbox]],
) -> Iterator[Boxes]:
    """The boxes in pictures whose inputs have the same shape, in pixels of each picture."""
    cancellation.check()
    lut = None if settings.gamma is None else gamma_lut(settings.gamma)
    raw = backend(np.stack([letterbox.apply(image, lut) for image, letterbox in batch]))
    for prediction, (_, letterbox) in zip(raw, batch, strict=True):
        xyxy, confidence, class_id = non_max_suppression(
            prediction, settings.conf, settings.iou, settings.max_det, settings.agnostic_nms
        )
        yield letterbox.to_source(xyxy), confidence, class_id


def _merge(views: tuple[View, ...], found: list[Boxes], max_det: int) -> Boxes:
    return found[0] if len(views) == 1 else merge_views(views, found, max_det)


@lru_cache(maxsize=8)
def gamma_lut(gamma: float) -> NDArray[np.uint8]:
    """The table uint8 (256,) of brightness values 255 * (value / 255) ** (1 / gamma)."""
    return np.round(255 * (np.arange(256) / 255) ** (1 / gamma)).astype(np.uint8)
