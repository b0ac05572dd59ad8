"""Recipes for synthetic faces: which class of faces is changed, how, and which class results."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from converters.labels import MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK
from detector.augmentation.landmarks import Face
from detector.augmentation.sample import Image
from detector.augmentation.transplant import Donor, bare, hang_mask


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to change a face.

    Attributes:
        name: For the list of changes.
        face: The class of faces it changes.
        donor: The class of faces it takes a part from.
        result: The class of the changed face.
        weight: How often it is chosen, among those for the same class of faces.
        make: Returns the changed picture, or None where it cannot be done well.
    """

    name: str
    face: str
    donor: str
    result: str
    weight: float
    make: Callable[[Image, Face, Donor, random.Random], Image | None]


def _nose_bared(image: Image, face: Face, donor: Donor, chance: random.Random) -> Image | None:
    edge = face.in_units[2, 1] + chance.uniform(0.12, 0.35)
    return bare(image, face, donor, edge, chance.uniform(-0.1, 0.15))


def _mask_off(image: Image, face: Face, donor: Donor, chance: random.Random) -> Image | None:
    return bare(image, face, donor)


def _mask_on(image: Image, face: Face, donor: Donor, chance: random.Random) -> Image | None:
    return hang_mask(image, face, donor)


def _below_nose(image: Image, face: Face, donor: Donor, chance: random.Random) -> Image | None:
    top = face.in_units[2, 1] + chance.uniform(0.08, 0.4)
    return hang_mask(image, face, donor, top, chance.uniform(0.75, 1.0))


def _below_mouth(image: Image, face: Face, donor: Donor, chance: random.Random) -> Image | None:
    return hang_mask(image, face, donor, chance.uniform(1.1, 1.4), chance.uniform(0.4, 0.7))


def _mouth_bared(image: Image, face: Face, donor: Donor, chance: random.Random) -> Image | None:
    return bare(image, face, donor, chance.uniform(1.15, 1.4), chance.uniform(-0.05, 0.2))


def _over_eyes(image: Image, face: Face, donor: Donor, chance: random.Random) -> Image | None:
    return hang_mask(image, face, donor, chance.uniform(-0.7, -0.45), chance.uniform(0.5, 0.75))


def _as_donor(image: Image, face: Face, donor: Donor, chance: random.Random) -> Image | None:
    # Cloth above the nose of such a face is skin that was taken for cloth.
    if donor.cloth is None or donor.cloth.top < donor.face.in_units[2, 1]:
        return None
    return hang_mask(image, face, donor)


# All three classes result, so that a network cannot tell the rare one by the traces of the montage.
RECIPES = (
    Recipe("nose bared", WITH_MASK, WITHOUT_MASK, MASK_WORN_INCORRECTLY, 0.45, _nose_bared),
    Recipe("mouth bared", WITH_MASK, WITHOUT_MASK, MASK_WORN_INCORRECTLY, 0.3, _mouth_bared),
    Recipe("mask off", WITH_MASK, WITHOUT_MASK, WITHOUT_MASK, 0.25, _mask_off),
    Recipe("mask on", WITHOUT_MASK, WITH_MASK, WITH_MASK, 0.2, _mask_on),
    Recipe("mask below nose", WITHOUT_MASK, WITH_MASK, MASK_WORN_INCORRECTLY, 0.3, _below_nose),
    Recipe("mask below mouth", WITHOUT_MASK, WITH_MASK, MASK_WORN_INCORRECTLY, 0.3, _below_mouth),
    Recipe("mask over eyes", WITHOUT_MASK, WITH_MASK, MASK_WORN_INCORRECTLY, 0.05, _over_eyes),
    Recipe("mask as the donor wears it", WITHOUT_MASK, MASK_WORN_INCORRECTLY, MASK_WORN_INCORRECTLY, 0.15, _as_donor),
)
