"""Which share of the training images is changed, and how."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from detector.errors import check_range


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Shares of the images that training sees, each 0 to 1; a new draw each time an image is used.

    Attributes:
        close_ups: Replaced by a crop around a face.
        collages: Replaced by a collage of thumbnails, or by a single thumbnail.
        degrade: Of all images: made grey, dark, bright, blurred, noisy, ... before they are used.
        roll: Of the images that are neither close-ups nor collages: turned by up to `most_roll`.
        most_roll: Degrees.
    """

    close_ups: float = 0.0
    collages: float = 0.0
    degrade: float = 0.0
    roll: float = 0.0
    most_roll: float = 30.0

    @property
    def wanted(self) -> bool:
        """Whether it changes anything."""
        return max(self.close_ups, self.collages, self.degrade, self.roll) > 0

    def check(self) -> None:
        """Check the shares.

        Raises:
            UsageError: One is not a share, or too little is left of the plain images.
        """
        check_range("close-ups", self.close_ups, 0, 0.9)
        check_range("collages", self.collages, 0, 0.9)
        check_range("close-ups and collages together", self.close_ups + self.collages, 0, 0.9)
        check_range("degrade", self.degrade, 0, 1)
        check_range("roll", self.roll, 0, 1)
        check_range("most roll", self.most_roll, 0, 180)

    def as_dict(self) -> dict[str, float]:
        """For a YAML file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Augmentation":
        """From a YAML file."""
        return cls(**values)
