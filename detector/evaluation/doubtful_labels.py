"""Finds annotations that may be wrong: two labels on one face, and faces that a detector sees differently.

Only people can say whether an annotation is wrong. These are the ones that are worth a look.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from converters.annotation import AnnotatedImage, Box
from converters.boxes import intersection_over_smaller, iou
from converters.problems import Problems
from converters.same_face import Face, same_faces
from detector.detections import Detection
from detector.errors import SourceError
from detector.media.images import read_image

if TYPE_CHECKING:
    from detector.inference.detector import Detector

Kind = Literal["two labels", "not annotated", "other label"]

CONFIDENCE = 0.6
_ONE_FACE = 0.5  # IoU from which two boxes are of one face
_PART_OF_IT = 0.5  # share of the smaller box in the larger one from which both may be of one face, drawn differently


@dataclass(frozen=True, slots=True)
class DoubtfulLabel:
    """A face whose annotation is worth a look.

    Attributes:
        kind: "two labels": annotated twice, with different labels. "not annotated": a detector finds a face where none
            is annotated. "other label": a detector gives an annotated face another label.
        path: The picture.
        xyxy: The face, in pixels of the picture as displayed: as annotated, or as detected where it is not annotated.
        annotated: The label of the annotation; None where there is none.
        other: The other label: that of the detector, or the second one of two.
        confidence: The detector's score for `other`; None for two labels, which no detector is asked about.
    """

    kind: Kind
    path: Path
    xyxy: tuple[float, float, float, float]
    annotated: str | None
    other: str
    confidence: float | None = None

    def __str__(self) -> str:
        if self.kind == "two labels":
            return f"{self.annotated} and {self.other}"
        return f"{self.annotated or 'not annotated'}; detector: {self.other} {self.confidence:.2f}"


def find_doubtful(
    images: Sequence[AnnotatedImage],
    detector: "Detector",
    problems: Problems,
    *,
    confidence: float = CONFIDENCE,
    on_image: Callable[[int, int], None] | None = None,
) -> Iterator[DoubtfulLabel]:
    """Compare annotations with what a detector finds.

    Args:
        images: Annotated pictures, with boxes in pixels of the pictures as displayed: such as `read_labels` gives of a
            split. A label that the detector does not know contradicts all of its labels.
        detector: Its faces are compared.
        problems: Receives the pictures that could not be read.
        confidence: Only faces with at least this score are believed.
        on_image: Called with (pictures done, pictures in all).

    Yields:
        Doubtful annotations, in the order of the pictures; those of one picture with the most confident first.
    """
    for start in range(0, len(images), detector.batch_size):
        readable, pixels = [], []
        for image in images[start : start + detector.batch_size]:
            try:
                pixels.append(read_image(image.path))
                readable.append(image)
            except SourceError as error:
                problems.left_out("unreadable picture", image.path, error.found)
        for image, faces in zip(readable, detector.predict(pixels), strict=True):
            yield from two_labels(image)
            yield from contradicted(image, [face for face in faces if face.confidence >= confidence])
        if on_image:
            on_image(min(start + detector.batch_size, len(images)), len(images))


def two_labels(image: AnnotatedImage) -> Iterator[DoubtfulLabel]:
    """Find boxes of a picture that are on one face and have different labels."""
    faces = [Face(box, image, number) for number, box in enumerate(image.boxes, start=1)]
    for first, second in same_faces(faces):
        yield with_two_labels(image.path, first.box, second.box)


def with_two_labels(path: Path, first: Box, second: Box) -> DoubtfulLabel:
    """A face of a picture that was annotated twice."""
    return DoubtfulLabel("two labels", path, _xyxy(first), first.label, second.label)


def contradicted(image: AnnotatedImage, faces: Sequence[Detection]) -> Iterator[DoubtfulLabel]:
    """Find where the annotation of a picture and the faces found in it contradict each other.

    Args:
        image: The picture.
        faces: Faces found in it, best score first. Of several on one face, the first counts.
    """
    boxes = _corners(image.boxes)
    judged: set[int] = set()
    new: list[tuple[float, float, float, float]] = []
    for face in faces:
        overlap = iou([face.xyxy], boxes)[0]
        nearest = int(overlap.argmax()) if len(overlap) else -1
        if nearest >= 0 and overlap[nearest] >= _ONE_FACE:
            box = image.boxes[nearest]
            labels = {each.label for each, share in zip(image.boxes, overlap, strict=True) if share >= _ONE_FACE}
            if nearest not in judged and face.label not in labels:
                yield DoubtfulLabel("other label", image.path, _xyxy(box), box.label, face.label, face.confidence)
            judged.add(nearest)
        elif not _is_part(face, boxes) and not _is_part(face, np.array(new, np.float64).reshape(-1, 4)):
            new.append(face.xyxy)
            yield DoubtfulLabel("not annotated", image.path, face.xyxy, None, face.label, face.confidence)


def _is_part(face: Detection, others: NDArray[np.float64]) -> bool:
    return bool((intersection_over_smaller([face.xyxy], others) >= _PART_OF_IT).any())


def _corners(boxes: Sequence[Box]) -> NDArray[np.float64]:
    return np.array([_xyxy(box) for box in boxes], np.float64).reshape(-1, 4)


def _xyxy(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2
