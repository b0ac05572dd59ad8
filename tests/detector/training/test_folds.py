from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from converters.annotation import AnnotatedImage, Box
from detector.training.folds import divide
from support.pictures_apart import write_picture


@pytest.fixture
def images(tmp_path: Path) -> list[AnnotatedImage]:
    """Twelve different pictures; the first four have a face of a rare class too."""
    images = []
    for number in range(12):
        path = write_picture(tmp_path / f"{number}.png", number)
        labels = ["with_mask"] + ["mask_worn_incorrectly"] * (number < 4)
        boxes = tuple(Box(10, 10 + 20 * place, 20, 20 + 20 * place, label) for place, label in enumerate(labels))
        images.append(AnnotatedImage(path, boxes, (160, 120), path.with_suffix(".txt")))
    return images


def names(fold: list[AnnotatedImage]) -> set[str]:
    return {image.path.name for image in fold}


def test_every_picture_is_in_one_fold_and_each_class_in_every_fold(images):
    seen: list[tuple[int, int]] = []
    folds = divide(images, 4, on_picture=lambda done, total: seen.append((done, total)))
    assert sorted(image.path.name for fold in folds for image in fold) == sorted(names(images))
    assert [len(fold) for fold in folds] == [3, 3, 3, 3]
    for fold in folds:
        assert Counter(box.label for image in fold for box in image.boxes)["mask_worn_incorrectly"] == 1
    assert seen[-1] == (12, 12)


def test_pictures_of_one_scene_are_in_one_fold(images, tmp_path):
    for number in range(4):
        copy = images[0].path.with_name(f"copy-{number}.jpg")
        cv2.imwrite(str(copy), cv2.imread(str(images[0].path)), [cv2.IMWRITE_JPEG_QUALITY, 85 + number])
        images.append(AnnotatedImage(copy, images[0].boxes, (160, 120), copy.with_suffix(".txt")))
    folds = divide(images, 3)
    alike = {"0.png", "copy-0.jpg", "copy-1.jpg", "copy-2.jpg", "copy-3.jpg"}
    assert sum(bool(names(fold) & alike) for fold in folds) == 1


def test_a_seed_gives_the_same_folds_and_another_one_others(images):
    assert [names(fold) for fold in divide(images, 3, 1)] == [names(fold) for fold in divide(images, 3, 1)]
    others = [[names(fold) for fold in divide(images, 3, seed)] for seed in range(4)]
    assert any(each != others[0] for each in others)


def test_a_picture_without_a_face_has_a_fold_too(tmp_path):
    images = [
        AnnotatedImage(write_picture(tmp_path / f"{n}.png", n), (), (160, 120), tmp_path / f"{n}.txt") for n in range(4)
    ]
    assert [len(fold) for fold in divide(images, 2)] == [2, 2]
    assert np.concatenate(divide(images, 4)).tolist()
