"""Finds the faces in images that are in memory: views, tiles, the network, and one box for each face."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.inference.cancellation import Cancellation
from detector.model.backends import Backend
from detector.model.changed_part import Part, plan_part
from detector.model.letterbox import Letterbox
from detector.model.multiscale import View, merge_views, plan_views
from detector.model.nms import non_max_suppression
from detector.model.tiling import Boxes, detect_in_layers, plan_layers, tile_side
from detector.settings import DetectorSettings

# A weaker box at the border of a part is left out. For a better one, the whole picture is looked at.
_CLEAR_SCORE = 0.25


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

    def find_changed(
        self,
        settings: DetectorSettings,
        backend: Backend,
        image: NDArray[np.uint8],
        before: Detections,
        changed: NDArray[np.float32],
        cancellation: Cancellation,
    ) -> Detections:
        """Find the faces in an image of which only a part may have changed since others were found.

        Args:
            settings: How.
            backend: The network.
            image: BGR uint8 (H, W, 3).
            before: The faces that were found then, by the same network.
            changed: (4,): left, top, right and bottom of that part, in pixels.
            cancellation: Ends the work early.

        Raises:
            Cancelled: The run was cancelled.
        """
        part = self._part(settings, backend, image.shape[:2], before, changed)
        if part is not None:
            (boxes,) = _run(settings, backend, cancellation, [(image, part.letterbox)])
            found = Detections(*boxes, None, self._names)
            cut = part.cuts(found.xyxy)
            if not (found.confidence[cut] > _CLEAR_SCORE).any():
                others = replace(before[~part.holds(before.xyxy)], tracker_id=None)
                return Detections.merge([found[~cut], others])[: settings.max_det]
        return self.find(settings, backend, [image], cancellation)[0]

    def _part(
        self,
        settings: DetectorSettings,
        backend: Backend,
        shape: tuple[int, int],
        before: Detections,
        changed: NDArray[np.float32],
    ) -> Part | None:
        """The part to look at; None: the whole image. Faces that small views find better make it the whole one."""
        if backend.square or tile_side(settings.tile, shape):
            return None
        whole = self._views(settings, shape, backend)[0].letterbox
        return plan_part(whole, backend.stride, changed, before.xyxy)

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
