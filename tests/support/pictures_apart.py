"""Pictures that do not look alike, so that each is a scene of its own."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from support.tiny_weights import NAMES


def write_picture(path: Path, seed: int, size: tuple[int, int] = (160, 120)) -> Path:
    """Write patches of random colours; another seed gives another picture."""
    random = np.random.default_rng(seed)
    patches = random.integers(0, 255, (9, 12, 3), dtype=np.uint8)
    cv2.imwrite(str(path), cv2.resize(patches, size, interpolation=cv2.INTER_NEAREST))
    return path


def make_dataset_apart(folder: Path, train: int, val: int, names: Sequence[str] = NAMES) -> Path:
    """Write a data.yaml over such pictures, each with a box of every class."""
    rows = "".join(f"{class_id} {0.2 + 0.3 * class_id} 0.5 0.2 0.2\n" for class_id in range(len(names)))
    for split, count in (("train", train), ("val", val)):
        (folder / "images" / split).mkdir(parents=True)
        (folder / "labels" / split).mkdir(parents=True)
        for number in range(count):
            write_picture(folder / "images" / split / f"{split}{number}.png", number + 1000 * (split == "val"))
            (folder / "labels" / split / f"{split}{number}.txt").write_text(rows)
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: {list(names)}\n")
    return folder / "data.yaml"
