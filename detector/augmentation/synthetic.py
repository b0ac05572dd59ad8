"""Synthetic training pictures: copies of real ones in which the masks of some faces are changed."""

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.annotation import AnnotatedImage, Box
from converters.labels import CLASS_NAMES
from converters.writing.yolo import label_line
from detector.augmentation.landmarks import Face, LandmarkFinder
from detector.augmentation.recipes import RECIPES, WITHOUT_MASK, Recipe
from detector.augmentation.sample import Image
from detector.augmentation.transplant import Donor, skin, yaw_apart
from detector.errors import OptionError, SourceError
from detector.files import make_folder, writing
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
_TRIES = 20
_CHANGES = "synthetic.csv"  # its name in the folder that is written
_SHEET = (8, 12, 96)  # pairs across, pairs down, pixels of a face


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


def write_synthetic(
    images: Sequence[AnnotatedImage],
    count: int,
    landmarks: LandmarkFinder,
    folder: Path,
    *,
    names: Sequence[str],
    seed: int = 0,
    on_picture: Callable[[int, int], None] = lambda done, total: None,
) -> list[AnnotatedImage]:
    """Make synthetic pictures and write them as a YOLO dataset.

    Args:
        images: The training pictures.
        count: How many to make.
        landmarks: Finds eyes, nose and mouth.
        folder: Receives `images/`, `labels/`, `synthetic.csv` (every changed face) and `sheet.jpg` (some of them,
            before and after).
        names: The dataset's class names; all of `CLASS_NAMES` must be among them.
        seed: The seed of all random choices.
        on_picture: Called with (pictures looked at or made, pictures in all).

    Returns:
        The synthetic pictures.

    Raises:
        OptionError: The dataset has other classes, or no face can be changed.
        OutputError: The folder cannot be written to.
    """
    if missing := [name for name in CLASS_NAMES if name not in names]:
        raise OptionError("synthetic", f"a dataset without the class {missing[0]}", f"{', '.join(CLASS_NAMES)}")
    total, looked_at = len(images) + count, 0

    def looked() -> None:
        nonlocal looked_at
        looked_at += 1
        on_picture(looked_at, total)

    synthesiser = Synthesiser(images, landmarks, seed=seed, on_picture=looked)
    for part in ("images", "labels"):
        make_folder(folder / part)
    made: list[AnnotatedImage] = []
    changes: list[tuple[Path, ChangedFace]] = []
    pairs: list[Image] = []
    for _ in range(_TRIES * count):  # for a picture that cannot be changed well, another is tried
        if len(made) == count:
            break
        result = synthesiser.make()
        if result is None:
            continue
        picture, image, changed = result
        written = _write(folder, f"synthetic-{len(made) + 1:05}", picture, image, names)
        made.append(written)
        changes += [(written.path, change) for change in changed]
        if len(pairs) < _SHEET[0] * _SHEET[1]:
            pairs += [_pair(change, picture) for change in changed]
        on_picture(len(images) + len(made), total)
    if not made:
        raise OptionError("synthetic", "no picture could be changed well", "more faces with and without mask")
    _write_changes(folder / _CHANGES, changes)
    _write_sheet(folder / "sheet.jpg", pairs)
    return made


def synthetic_sources(folder: Path) -> dict[str, Path]:
    """The real picture that each synthetic one was made of.

    Args:
        folder: One that `write_synthetic` wrote, or any other.

    Returns:
        File names of synthetic pictures with the real pictures; empty where there are none.
    """
    try:
        with (folder / _CHANGES).open(encoding="utf-8", newline="") as file:
            return {row["picture"]: Path(row["source"]) for row in csv.DictReader(file)}
    except (OSError, ValueError, KeyError, TypeError, csv.Error):  # no such file, or another program's
        return {}


def _write(folder: Path, stem: str, picture: Image, image: AnnotatedImage, names: Sequence[str]) -> AnnotatedImage:
    path, labels = folder / "images" / f"{stem}.jpg", folder / "labels" / f"{stem}.txt"
    with writing(path) as temporary:
        temporary.write_bytes(_jpeg(picture))
    size = picture.shape[1], picture.shape[0]
    rows = [label_line(box, names.index(box.label), size) for box in image.boxes]
    labels.write_text("".join(rows), encoding="ascii")
    return replace(image, path=path.resolve(), annotation=labels.resolve())


def _jpeg(picture: Image) -> bytes:
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return encoded.tobytes()


def _write_changes(path: Path, changes: Sequence[tuple[Path, ChangedFace]]) -> None:
    with writing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["picture", "label", "x1", "y1", "x2", "y2", "recipe", "source", "source_label", "donor"])
        for picture, change in changes:
            box = change.after
            corners = [f"{value:.1f}" for value in (box.x1, box.y1, box.x2, box.y2)]
            origin = [change.recipe, change.source, change.before.label, change.donor]
            rows.writerow([picture.name, box.label, *corners, *origin])


def _pair(change: ChangedFace, picture: Image) -> Image:
    return np.hstack([_thumbnail(read_image(change.source), change.before), _thumbnail(picture, change.after)])


def _thumbnail(picture: Image, box: Box) -> Image:
    side = 1.6 * max(box.width, box.height)
    patch = cv2.getRectSubPix(picture, (max(1, round(side)),) * 2, ((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2))
    thumbnail = cv2.resize(patch, (_SHEET[2], _SHEET[2]), interpolation=cv2.INTER_AREA)
    cv2.putText(thumbnail, box.label.split("_")[-1], (2, 10), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (0, 255, 255), 1)
    return np.asarray(thumbnail, np.uint8)


def _write_sheet(path: Path, pairs: list[Image]) -> None:
    across, down, side = _SHEET
    pairs = pairs[: across * down]
    blank = np.zeros((side, 2 * side, 3), np.uint8)
    pairs = pairs + [blank] * (-len(pairs) % across)
    rows = [np.hstack(pairs[start : start + across]) for start in range(0, len(pairs), across)]
    with writing(path) as temporary:
        temporary.write_bytes(_jpeg(np.vstack(rows)))
