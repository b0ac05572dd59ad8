"""Makes synthetic pictures: parts of faces are taken from some pictures, and put onto faces of others."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.annotation import AnnotatedImage, Box
from converters.labels import CLASS_NAMES, WITHOUT_MASK
from detector.augmentation.landmarks import Face, LandmarkFinder
from detector.augmentation.recipes import RECIPES, Recipe
from detector.augmentation.sample import Image
from detector.augmentation.transplant import Donor, skin, yaw_apart
from detector.errors import OptionError, SourceError
from detector.media.images import read_image

_SMALLEST = 14  # pixels of a face's longer side: smaller faces do not show how a mask is worn
_MOST_YAW = 0.5  # with more a face is nearly in profile, and its parts do not fit other faces
_MOST_YAW_APART = 0.25
_COARSEST = 0.8  # the smallest size of a donor relative to the face: a smaller one would be blurred when enlarged
_LARGEST_DONOR = 160  # pixels of its longer side, which are enough for every face; limits memory
_DONORS_KEPT = 2000  # of each class
_DONORS_TRIED = 40
_BARE_FACES = 4.0  # weight of a picture with a bare face: such pictures are rare, and most recipes need one
_CHANGED = 0.5  # the chance of each face in a chosen picture


@dataclass(frozen=True, slots=True)
class ChangedFace:
    """A face that was changed.

    Attributes:
        source: The picture it was made from.
        before: The face there.
        after: The face in the synthetic picture: the same box, another class.
        recipe: What was done.
        donor: The picture that a part was taken from.
    """

    source: Path
    before: Box
    after: Box
    recipe: str
    donor: Path


@dataclass(frozen=True)
class _Candidate:
    """A face that can give a part."""

    donor: Donor
    skin: NDArray[np.float64]
    path: Path


class Synthesiser:
    """Makes pictures out of annotated pictures.

    Args:
        images: The pictures; faces are taken from them and changed in copies of them.
        landmarks: Finds eyes, nose and mouth.
        seed: The seed of all random choices.
        on_picture: Called after each of `images` has been looked at.

    Raises:
        OptionError: No face in them can be changed.
    """

    def __init__(
        self,
        images: Sequence[AnnotatedImage],
        landmarks: LandmarkFinder,
        *,
        seed: int = 0,
        on_picture: Callable[[], None] = lambda: None,
    ) -> None:
        self._chance = random.Random(seed)  # noqa: S311  (not a secret)
        self._candidates: dict[str, list[_Candidate]] = {name: [] for name in CLASS_NAMES}
        self._faces: list[tuple[AnnotatedImage, dict[int, Face]]] = []
        for image in images:
            self._look_at(image, landmarks)
            on_picture()
        if not any(self._candidates.values()) or not self._faces:
            found = "not one face on which eyes, nose and mouth were found"
            raise OptionError("synthetic", found, "faces with and without mask that look towards the camera")
        self._weights = list(accumulate(_likelihood(image, faces) for image, faces in self._faces))
        for candidates in self._candidates.values():
            self._chance.shuffle(candidates)
            del candidates[_DONORS_KEPT:]

    def _look_at(self, image: AnnotatedImage, landmarks: LandmarkFinder) -> None:
        try:
            picture = read_image(image.path)
        except SourceError:
            return  # another check decides whether it can be trained on
        faces: dict[int, Face] = {}
        for number, box in enumerate(image.boxes):
            if box.label not in CLASS_NAMES:
                continue
            face = landmarks.find(picture, (box.x1, box.y1, box.x2, box.y2))
            if face is None or abs(face.yaw) > _MOST_YAW:
                continue
            donor = Donor.cut(picture, face).at_most(_LARGEST_DONOR)
            self._candidates[box.label].append(_Candidate(donor, skin(picture, face), image.path))
            if max(box.width, box.height) >= _SMALLEST and any(recipe.face == box.label for recipe in RECIPES):
                faces[number] = face
        if faces:
            self._faces.append((image, faces))

    def make(self) -> tuple[Image, AnnotatedImage, list[ChangedFace]] | None:
        """Make one picture.

        Returns:
            The picture, its annotation (with the paths of the real picture), and the changed faces; None where the
            picture that was chosen could not be changed well.
        """
        image, faces = self._chance.choices(self._faces, cum_weights=self._weights)[0]
        chosen = [number for number in faces if self._chance.random() < _CHANGED] or [self._chance.choice([*faces])]
        picture = read_image(image.path)
        boxes = list(image.boxes)
        changes: list[ChangedFace] = []
        for number in chosen:
            before = boxes[number]
            recipe = self._choose_recipe(before.label)
            candidate = self._choose_donor(recipe, picture, faces[number])
            if candidate is None:
                continue
            changed = recipe.make(picture, faces[number], candidate.donor, self._chance)
            if changed is None:
                continue
            picture = changed
            boxes[number] = replace(before, label=recipe.result)
            changes.append(ChangedFace(image.path, before, boxes[number], recipe.name, candidate.path))
        if not changes:
            return None
        size = picture.shape[1], picture.shape[0]
        return picture, replace(image, boxes=tuple(boxes), size=size), changes

    def _choose_recipe(self, label: str) -> Recipe:
        recipes = [recipe for recipe in RECIPES if recipe.face == label]
        return self._chance.choices(recipes, [recipe.weight for recipe in recipes])[0]

    def _choose_donor(self, recipe: Recipe, picture: Image, face: Face) -> _Candidate | None:
        """Draw some donors, and choose the one with the most similar pose and colour of skin."""
        all_of_class = self._candidates[recipe.donor]
        tried = self._chance.sample(all_of_class, min(_DONORS_TRIED, len(all_of_class)))
        here = skin(picture, face)

        def unlike(candidate: _Candidate) -> float:
            return 6 * yaw_apart(face, candidate.donor.face) + float(np.abs(np.log(candidate.skin / here)).sum())

        fitting = [
            candidate
            for candidate in tried
            if candidate.donor.face.unit >= _COARSEST * min(face.unit, _LARGEST_DONOR / 3)
            and yaw_apart(face, candidate.donor.face) <= _MOST_YAW_APART
        ]
        return min(fitting, key=unlike, default=None)


def _likelihood(image: AnnotatedImage, faces: dict[int, Face]) -> float:
    return _BARE_FACES if any(image.boxes[number].label == WITHOUT_MASK for number in faces) else 1.0
