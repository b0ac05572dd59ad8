"""The two-stage pipeline that is measured: a face finder, then a classifier on each face."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from crop_classifier import CropClassifier
from numpy.typing import NDArray

from converters.boxes import iou
from detector import Detections
from detector.evaluation.ground_truth import TruthImage
from detector.media.images import read_image

MIN_SCORE = 0.02
"""Where YuNet's faces begin for AP: from 0.01 AP50 moves by less than 0.001, and it takes longer."""

_NMS_IOU = 0.3  # the default of cv2.FaceDetectorYN, as of its sample
_TOP_K = 5000  # boxes before NMS, likewise
_MAX_FACES = 300  # what the evaluation counts


@dataclass(frozen=True, slots=True)
class BoxFit:
    """From a finder's boxes to an annotator's: they do not agree on how much of the forehead is face.

    Attributes:
        right: How far the annotated centre lies to the right, in widths of the found box.
        down: How far it lies below, in heights.
        width: Annotated over found width.
        height: Annotated over found height.
    """

    right: float = 0.0
    down: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def apply(self, xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move and scale boxes (N, 4)."""
        side = xyxy[:, 2:] - xyxy[:, :2]
        centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2 + side * (self.right, self.down)
        half = side * (self.width, self.height) / 2
        return np.hstack([centre - half, centre + half])


class FaceFinder:
    """YuNet (Wu, Peng and Yu, 2023) as OpenCV runs it.

    Args:
        model: `face_detection_yunet_2023mar.onnx`.
        scale: Pictures are enlarged by it first; 1 for their own size.
        min_score: Faces below it are left out.
    """

    def __init__(self, model: Path, scale: float = 1, min_score: float = MIN_SCORE) -> None:
        self.scale = scale
        self._network = cv2.FaceDetectorYN.create(str(model), "", (320, 320), min_score, _NMS_IOU, _TOP_K)

    def __call__(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Find faces in a BGR uint8 picture (H, W, 3): boxes (N, 4) in its pixels and scores (N,), best first."""
        if self.scale != 1:
            image = cv2.resize(image, None, fx=self.scale, fy=self.scale)  # type: ignore[assignment]
        height, width = image.shape[:2]
        self._network.setInputSize((width, height))
        _, rows = self._network.detect(image)
        if rows is None:
            return np.empty((0, 4)), np.empty(0)
        faces = np.array(rows, np.float64)[np.argsort(-rows[:, 14], kind="stable")[:_MAX_FACES]]
        return np.hstack([faces[:, :2], faces[:, :2] + faces[:, 2:4]]) / self.scale, faces[:, 14]


class TwoStage:
    """Finder and classifier behind the methods of `Detector` that the evaluation uses.

    A face comes with each label whose score, the finder's times the label's probability, is above `conf`. For AP that
    is better than the likeliest label alone; at a confidence that one would work at, it is hardly ever more than one.

    Args:
        finder: Finds the faces.
        classifier: Labels them.
        names: Class names by class id.
        fit: What becomes of the finder's boxes.
        conf: Faces at or below this score are left out.
    """

    batch_size = 1

    def __init__(
        self,
        finder: FaceFinder,
        classifier: CropClassifier,
        names: tuple[str, ...],
        fit: BoxFit | None = None,
        conf: float = 0.0,
    ) -> None:
        self.finder, self.classifier, self.names, self.conf = finder, classifier, names, conf
        self.fit = fit or BoxFit()

    def predict(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """The faces of BGR uint8 pictures (H, W, 3), best first."""
        return [self._predict(image) for image in images]

    def _predict(self, image: NDArray[np.uint8]) -> Detections:
        xyxy, found = self.finder(image)
        xyxy, found = self.fit.apply(xyxy[found > self.conf]), found[found > self.conf]
        if not len(xyxy):
            return Detections.empty(self.names)
        scores = found[:, None] * self.classifier(image, xyxy)
        face, label = np.nonzero(scores > self.conf)
        order = np.argsort(-scores[face, label], kind="stable")
        face, label = face[order], label[order]
        height, width = image.shape[:2]
        inside = np.clip(xyxy, 0, [width, height, width, height])
        return Detections(
            inside[face].astype(np.float32), scores[face, label].astype(np.float32), label, None, self.names
        )


def fit_boxes(finder: FaceFinder, images: Iterable[TruthImage]) -> BoxFit:
    """Learn how annotated boxes lie in found ones: medians over the faces that were found.

    Args:
        finder: Finds the faces.
        images: Annotated pictures to learn from.
    """
    rows = []
    for image in images:
        found, _ = finder(read_image(image.path))
        if not len(image.xyxy) or not len(found):
            continue
        overlap = iou(image.xyxy, found)
        nearest = overlap.argmax(1)
        # A little overlap will do: that the boxes differ is what is to be learned.
        near = overlap.max(1) > 0.3
        face, box = image.xyxy[near], found[nearest[near]]
        side = box[:, 2:] - box[:, :2]
        shift = (face[:, :2] + face[:, 2:] - box[:, :2] - box[:, 2:]) / 2 / side
        rows.append(np.hstack([shift, (face[:, 2:] - face[:, :2]) / side]))
    return BoxFit(*np.median(np.concatenate(rows), axis=0).tolist()) if rows else BoxFit()
