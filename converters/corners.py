"""Whether boxes of a corner or a centre with a size are two corners instead: a mistake of many scripts.

Read as what their format says, such boxes reach past the edge where a face lies to the right, or in YOLO to the left.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from converters.annotation import AnnotatedImage, Box
from converters.errors import ConversionError

_FEWEST, _SHARE = 2, 0.25  # boxes far past the edge; where faces are cut off by the edge, they are few
_FAR = 0.1  # of the side of the picture


@dataclass(slots=True)
class CornerEvidence:
    """What the boxes of a set say about being two corners.

    Attributes:
        boxes: Boxes that were looked at.
        far: Those that reach far past the edge.
        possible: Whether all are boxes in their pictures if their numbers are two corners.
        first: The first picture with a box far past the edge.
    """

    boxes: int = 0
    far: int = 0
    possible: bool = True
    first: AnnotatedImage | None = None

    def add(self, image: AnnotatedImage, faces: Iterable[Box], size: tuple[int, int]) -> None:
        """Look at the faces of one picture.

        Args:
            image: The picture.
            faces: Its faces, as its format says.
            size: (width, height) of the picture.
        """
        width, height = (1, 1) if image.units == "fractions" else size
        for box in faces if self.possible else ():
            self.boxes += 1
            x, y = (box.x1, box.y1) if image.units == "pixels" else ((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2)
            self.possible = 0 <= x < box.x2 - box.x1 <= width and 0 <= y < box.y2 - box.y1 <= height
            past = max(-box.x1 / width, box.x2 / width - 1, -box.y1 / height, box.y2 / height - 1)
            if past > _FAR:
                self.far += 1
                self.first = self.first or image

    def check(self) -> None:
        """Refuse a set whose boxes are two corners.

        Raises:
            ConversionError: They are: none contradicts it, and too many reach far past the edge otherwise.
        """
        if self.possible and self.first and self.far >= max(_FEWEST, _SHARE * self.boxes):
            found = f"{self.far} of {self.boxes} boxes reach far past the edge, and all lie inside as x1, y1, x2, y2"
            other = "centre, width and height" if self.first.units == "fractions" else "x, y, width and height"
            raise ConversionError(self.first.annotation, found, f"{other}, as the format has them: correct the numbers")
