"""Which faces are in the results of a run, and how they are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from detector.detections import Detections
from detector.media.blurring import blur_faces, check_blur
from detector.media.drawing import DrawStyle
from detector.media.sources import Frame

_PLAIN = DrawStyle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Which faces are in the results, and how they are drawn.

    Attributes:
        classes: The ids of their classes; None: all.
        blur: Which faces are blurred in the pictures that are written, of any class: "none", "faces" or "bare".
        style: How they are drawn.

    Raises:
        UsageError: `blur` is something else.
    """

    classes: Sequence[int] | None = None
    blur: str = "none"
    style: DrawStyle = _PLAIN

    def __post_init__(self) -> None:
        check_blur(self.blur)

    def blurred(self, frame: Frame, faces: Detections) -> Frame:
        """A frame as it may be written.

        Args:
            frame: The frame.
            faces: All that was found in it.
        """
        return frame if self.blur == "none" else replace(frame, image=blur_faces(frame.image, faces, self.blur))


EVERYTHING = Shown()
