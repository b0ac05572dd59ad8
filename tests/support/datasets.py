"""A small YOLO dataset to train on, and what was written to disk."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from support.tiny_weights import NAMES


def make_dataset(folder: Path, names: Sequence[str] = NAMES, splits: tuple[str, ...] = ("train", "val")) -> Path:
    """Write a data.yaml over six pictures a split, each with a bright square for every class."""
    rng = np.random.default_rng(0)
    for split in splits:
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for number in range(6):
            picture = rng.integers(0, 90, (64, 96, 3), dtype=np.uint8)
            rows = []
            for class_id in range(len(names)):
                x, y = 8 + 30 * class_id, 20 + number
                picture[y : y + 20, x : x + 20, class_id % 3] = 255
                rows.append(f"{class_id} {(x + 10) / 96:.6f} {(y + 10) / 64:.6f} {20 / 96:.6f} {20 / 64:.6f}")
            cv2.imwrite(str(folder / "images" / split / f"{number}.jpg"), picture)
            (folder / "labels" / split / f"{number}.txt").write_text("\n".join(rows))
    description = "".join(f"{split}: images/{split}\n" for split in splits)
    (folder / "data.yaml").write_text(description + f"names: {list(names)}\n")
    return folder / "data.yaml"


def hashes(path: Path) -> dict[str, str]:
    files = path.iterdir() if path.is_dir() else [path]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
