"""Synthetic training pictures: copies of real ones in which the masks of some faces are changed."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from converters.annotation import AnnotatedImage, Box
from converters.labels import CLASS_NAMES
from converters.writing.yolo import label_line
from detector.augmentation.landmarks import LandmarkFinder
from detector.augmentation.sample import Image
from detector.augmentation.synthesiser import ChangedFace, Synthesiser
from detector.errors import OptionError
from detector.files import make_folder, writing
from detector.media.images import read_image

_TRIES = 20  # for each picture that is wanted
_CHANGES = "synthetic.csv"  # its name in the folder that is written
_SHEET = (8, 12, 96)  # pairs across, pairs down, pixels of a face


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
