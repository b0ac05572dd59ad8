"""The settings of augmentation: which share of the training images is changed, and how."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from detector.errors import check_range


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Shares of the training images that are changed, 0 to 1. Each time an image is used, the choice is made anew.

    Attributes:
        close_ups: Share that is replaced by a crop around a face.
        collages: Share that is replaced by a collage of thumbnails, or by a single thumbnail.
        degrade: Share of all images that is made grey, dark, bright, blurred, noisy, ...
        roll: Share of the images that are neither close-ups nor collages that is turned by up to `most_roll`.
        most_roll: Largest angle, in degrees.
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
        check_range("close_ups", self.close_ups, 0, 0.9)
        check_range("collages", self.collages, 0, 0.9)
        check_range("close-ups and collages together", self.close_ups + self.collages, 0, 0.9)
        check_range("degrade", self.degrade, 0, 1)
        check_range("roll", self.roll, 0, 1)
        check_range("most_roll", self.most_roll, 0, 180)

    def as_dict(self) -> dict[str, float]:
        """The values for a YAML file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Augmentation":
        """Make it from the values of a YAML file."""
        return cls(**values)
