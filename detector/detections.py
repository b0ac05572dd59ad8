"""The faces found in one picture: plain NumPy arrays under the field names of supervision."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from converters.labels import CLASS_NAMES

if TYPE_CHECKING:
    import supervision

NO_ID = -1


@dataclass(frozen=True, slots=True)
class Detection:
    """One face.

    Attributes:
        xyxy: Left, top, right, bottom, in pixels of the original picture.
        confidence: Score, 0 to 1.
        class_id: Index into the names of the weights.
        label: The name of that class.
        tracker_id: The same number for the same face throughout a video; None without tracking, or while a face has
            not been seen often enough to be followed.
    """

    xyxy: tuple[float, float, float, float]
    confidence: float
    class_id: int
    label: str
    tracker_id: int | None = None


@dataclass(frozen=True, eq=False)
class Detections:
    """The faces of one picture, best score first.

    `len(faces)` is their number. Iterating, or indexing by an integer, gives `Detection` records; indexing by a boolean
    mask, a slice or an array of indices gives `Detections`: `faces[faces.confidence > 0.5]`.

    Attributes:
        xyxy: float32 (N, 4): left, top, right, bottom, in pixels of the original picture.
        confidence: float32 (N,): scores, 0 to 1.
        class_id: int64 (N,): indices into `names`.
        tracker_id: int64 (N,), -1 for a face that has no id yet; None without tracking.
        names: Class names by class id.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int64]
    tracker_id: NDArray[np.int64] | None = None
    names: tuple[str, ...] = CLASS_NAMES

    def __post_init__(self) -> None:
        """Bring every array to its documented dtype and shape."""
        set_field = object.__setattr__  # the usual way to normalise a frozen dataclass
        set_field(self, "xyxy", np.asarray(self.xyxy, np.float32).reshape(-1, 4))
        set_field(self, "confidence", np.asarray(self.confidence, np.float32).reshape(-1))
        set_field(self, "class_id", np.asarray(self.class_id, np.int64).reshape(-1))
        set_field(self, "names", tuple(self.names))
        if self.tracker_id is not None:
            set_field(self, "tracker_id", np.asarray(self.tracker_id, np.int64).reshape(-1))
        for field in ("confidence", "class_id", "tracker_id"):
            values = getattr(self, field)
            if values is not None and len(values) != len(self.xyxy):
                raise ValueError(f"{field} has {len(values)} values for {len(self.xyxy)} boxes")

    @classmethod
    def empty(cls, names: tuple[str, ...] = CLASS_NAMES) -> "Detections":
        """No faces at all."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), None, names)

    @property
    def labels(self) -> list[str]:
        """The class name of each face."""
        return [self.names[i] for i in self.class_id]

    def counts(self) -> dict[str, int]:
        """The number of faces of every class, zeros included, in class order."""
        found = np.bincount(self.class_id, minlength=len(self.names))
        return {name: int(found[i]) for i, name in enumerate(self.names)}

    def draw(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Draw the boxes and labels.

        Args:
            image: BGR uint8 (H, W, 3), the picture that the faces were found in. It is left as it is.

        Returns:
            A copy with the faces drawn.
        """
        from detector.media.drawing import draw_detections

        return draw_detections(image, self)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dictionary of plain numbers and strings for each face, ready for `json.dumps`."""
        return [
            {
                "label": face.label,
                "class_id": face.class_id,
                "confidence": face.confidence,
                "xyxy": list(face.xyxy),
                "tracker_id": face.tracker_id,
            }
            for face in self
        ]

    def to_supervision(self) -> "supervision.Detections":
        """A copy as `supervision.Detections` (needs the package supervision), with `data["class_name"]` filled."""
        import supervision

        return supervision.Detections(
            xyxy=self.xyxy.copy(),
            confidence=self.confidence.copy(),
            class_id=self.class_id.copy(),
            tracker_id=None if self.tracker_id is None else self.tracker_id.copy(),
            data={"class_name": np.array(self.labels, dtype=str)},
        )

    def __len__(self) -> int:
        return len(self.xyxy)

    def __iter__(self) -> Iterator[Detection]:
        return (self[i] for i in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Detection: ...

    @overload
    def __getitem__(self, index: slice | list[int] | list[bool] | NDArray[Any]) -> "Detections": ...

    def __getitem__(self, index: Any) -> "Detection | Detections":
        if isinstance(index, int | np.integer):
            x1, y1, x2, y2 = self.xyxy[index].tolist()
            class_id = int(self.class_id[index])
            identity = NO_ID if self.tracker_id is None else int(self.tracker_id[index])
            return Detection(
                (x1, y1, x2, y2),
                float(self.confidence[index]),
                class_id,
                self.names[class_id],
                None if identity == NO_ID else identity,
            )
        if isinstance(index, list):
            index = np.array(index, dtype=int if not index else None)
        ids = None if self.tracker_id is None else self.tracker_id[index]
        return Detections(self.xyxy[index], self.confidence[index], self.class_id[index], ids, self.names)
