"""The faces found in one picture: plain NumPy arrays under the field names of supervision."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from converters.labels import CLASS_NAMES
from detector.detections.arrays import to_integers, to_row, to_xyxy
from detector.errors import SourceError

if TYPE_CHECKING:
    import supervision

    from detector.media.images import ImageInput

NO_ID = -1  # in `tracker_id`: a face that has no id yet
_MOST_ROWS = 100  # of the table in a notebook


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
        error: Why the picture could not be read; None for a picture that was.

    Raises:
        ValueError: An array has another shape, or a class id is not an index into `names`.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int64]
    tracker_id: NDArray[np.int64] | None = None
    names: tuple[str, ...] = CLASS_NAMES
    error: SourceError | None = None

    def __post_init__(self) -> None:
        """Bring every array to its documented dtype, and check its shape."""
        set_field = object.__setattr__  # the usual way to normalise a frozen dataclass
        set_field(self, "names", tuple(self.names))
        set_field(self, "xyxy", to_xyxy(self.xyxy))
        count = len(self.xyxy)
        set_field(self, "confidence", to_row("confidence", self.confidence, count).astype(np.float32, copy=False))
        set_field(self, "class_id", to_integers("class_id", self.class_id, count))
        if self.tracker_id is not None:
            set_field(self, "tracker_id", to_integers("tracker_id", self.tracker_id, count))
        unknown = self.class_id[(self.class_id < 0) | (self.class_id >= len(self.names))]
        if len(unknown):
            raise ValueError(f"class_id has {unknown[0]}; expected 0 to {len(self.names) - 1}, an index into names")

    @classmethod
    def empty(cls, names: tuple[str, ...] = CLASS_NAMES, error: SourceError | None = None) -> "Detections":
        """No faces at all; `error` says why, if the picture could not be read."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), None, names, error)

    @classmethod
    def merge(cls, parts: Sequence["Detections"]) -> "Detections":
        """The faces of several `Detections` of one picture, best score first; overlapping boxes all stay.

        Args:
            parts: All with the same `names`. None at all gives no faces, with this project's names.

        Returns:
            All faces. Where only some parts have tracker ids, the faces of the others get -1.

        Raises:
            ValueError: The names differ.
        """
        if not parts:
            return cls.empty()
        names = parts[0].names
        if other := next((part.names for part in parts if part.names != names), None):
            raise ValueError(f"names {other}; expected {names}, as in the first")
        confidence = np.concatenate([part.confidence for part in parts])
        xyxy = np.concatenate([part.xyxy for part in parts])
        class_id = np.concatenate([part.class_id for part in parts])
        tracked = any(part.tracker_id is not None for part in parts)
        tracker_id = np.concatenate([part._tracker_ids() for part in parts]) if tracked else None
        error = next((part.error for part in parts if part.error is not None), None)
        return cls(xyxy, confidence, class_id, tracker_id, names, error)[np.argsort(-confidence, kind="stable")]

    def is_empty(self) -> bool:
        """Whether there are no faces."""
        return len(self) == 0

    @property
    def area(self) -> NDArray[np.float32]:
        """float32 (N,): the area of each box in square pixels."""
        sides: NDArray[np.float32] = (self.xyxy[:, 2:] - self.xyxy[:, :2]).clip(0)
        return np.multiply(sides[:, 0], sides[:, 1])

    @property
    def labels(self) -> list[str]:
        """The class name of each face."""
        return [self.names[i] for i in self.class_id]

    def counts(self) -> dict[str, int]:
        """The number of faces of every class, zeros included, in class order."""
        found = np.bincount(self.class_id, minlength=len(self.names))
        return {name: int(found[i]) for i, name in enumerate(self.names)}

    def draw(
        self,
        image: "ImageInput",
        *,
        hide_labels: bool = False,
        hide_scores: bool = False,
        line_width: int | None = None,
        blur: str = "none",
    ) -> NDArray[np.uint8]:
        """Draw the boxes and labels.

        Args:
            image: The picture that the faces were found in, in any form that `Detector.predict` takes. It is left as it
                is.
            hide_labels: Draw boxes alone.
            hide_scores: Labels without scores.
            line_width: Of boxes, in pixels; None: by the size of the face.
            blur: Make "faces" unrecognisable, or "bare" ones: those that are not `with_mask`.

        Returns:
            BGR uint8 (H, W, 3): a copy with the faces drawn.

        Raises:
            SourceError: The picture cannot be read.
            UsageError: `line_width` or `blur` is something else.
        """
        from detector.media.blurring import blur_faces, check_blur
        from detector.media.drawing import DrawStyle, draw_detections
        from detector.media.images import to_image

        style = DrawStyle(hide_labels=hide_labels, hide_scores=hide_scores, line_width=line_width)
        return draw_detections(blur_faces(to_image(image), self, check_blur(blur)), self, style)

    def crop(self, image: "ImageInput") -> list[NDArray[np.uint8]]:
        """Cut the faces out.

        Args:
            image: The picture that the faces were found in: an array (H, W) or (H, W, channels), whose values are kept
                as they are, or another form that `Detector.predict` takes, which becomes BGR uint8.

        Returns:
            A copy of each box's pixels, those that it covers in part included. What lies outside the picture is left
            out; a box that lies wholly outside gives an array with a side of 0.

        Raises:
            SourceError: The picture cannot be read.
        """
        from detector.media.images import to_image

        pixels: NDArray[Any] = image if isinstance(image, np.ndarray) else to_image(image)
        height, width = pixels.shape[:2]
        corners = np.hstack([np.floor(self.xyxy[:, :2]), np.ceil(self.xyxy[:, 2:])])
        corners = corners.clip(0, [width, height, width, height]).astype(int)
        return [pixels[top:bottom, left:right].copy() for left, top, right, bottom in corners]

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

    def _repr_html_(self) -> str:
        """What a notebook shows: the number of faces of each class, and a table of the first faces."""
        if self.error is not None:
            return f"<p>{escape(str(self.error))}</p>"
        counts = ", ".join(f"{count} {name}" for name, count in self.counts().items() if count)
        title = f"<p>{escape(counts) or 'no faces'}</p>"
        tracked = [] if self.tracker_id is None else ["tracker_id"]
        header = _html_row(["", "label", "confidence", "x1", "y1", "x2", "y2", *tracked], "th")
        rows = [_html_row(self._cells(i)) for i in range(min(len(self), _MOST_ROWS))]
        more = f"<p>and {len(self) - _MOST_ROWS} more</p>" if len(self) > _MOST_ROWS else ""
        return f"{title}<table>{header}{''.join(rows)}</table>{more}" if rows else title

    def _cells(self, index: int) -> list[object]:
        face = self[index]
        identity = [] if self.tracker_id is None else ["" if face.tracker_id is None else face.tracker_id]
        return [index, face.label, f"{face.confidence:.2f}", *(f"{value:.0f}" for value in face.xyxy), *identity]

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

    def __eq__(self, other: object) -> bool:
        """Whether all values and names are the same; scores that are not a number count as the same."""
        if not isinstance(other, Detections):
            return NotImplemented
        if (self.tracker_id is None) != (other.tracker_id is None) or self.names != other.names:
            return False
        return (
            np.array_equal(self.xyxy, other.xyxy, equal_nan=True)
            and np.array_equal(self.confidence, other.confidence, equal_nan=True)
            and np.array_equal(self.class_id, other.class_id)
            and np.array_equal(self._tracker_ids(), other._tracker_ids())
            and str(self.error) == str(other.error)
        )

    __hash__ = None  # type: ignore[assignment]  # equal by value, and arrays can be written to

    def _tracker_ids(self) -> NDArray[np.int64]:
        return np.full(len(self), NO_ID) if self.tracker_id is None else self.tracker_id

    def __len__(self) -> int:
        return len(self.xyxy)

    def only(self, ids: Iterable[int] | None) -> "Detections":
        """The faces of some classes, by id; None: all."""
        return self if ids is None else self[np.isin(self.class_id, list(ids))]

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
        return Detections(self.xyxy[index], self.confidence[index], self.class_id[index], ids, self.names, self.error)


def _html_row(cells: Iterable[object], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"
