"""Made-up ground truth and detections."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from detector.evaluation.ground_truth import GroundTruth, TruthImage
from detector.evaluation.predictions import Result

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")

Face = tuple[int, tuple[float, float, float, float]]
"""Class id; x1, y1, x2, y2."""


def make_truth(images: Iterable[Sequence[Face]], names: tuple[str, ...] = NAMES) -> GroundTruth:
    return GroundTruth(
        names,
        tuple(
            TruthImage(
                number,
                Path(f"{number}.jpg"),
                f"{number}.jpg",
                640,
                480,
                np.array([xyxy for _, xyxy in faces], float).reshape(-1, 4),
                np.array([class_id for class_id, _ in faces], np.int64),
            )
            for number, faces in enumerate(images, start=1)
        ),
    )


def found(image: int, class_id: int, score: float, xyxy: tuple[float, float, float, float]) -> Result:
    x1, y1, x2, y2 = xyxy
    return {
        "image_id": image,
        "file_name": f"{image}.jpg",
        "category_id": class_id,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "score": score,
    }


def random_scene(seed: int, images: int = 30) -> tuple[GroundTruth, list[Result]]:
    """Faces of every size, found more or less exactly, with wrong labels and boxes on background."""
    random = np.random.default_rng(seed)
    scenes: list[list[Face]] = []
    results: list[Result] = []
    for image in range(1, images + 1):
        faces: list[Face] = []
        for _ in range(random.integers(0, 14)):
            side = float(random.choice([9, 14, 20, 28, 50, 80, 120]))
            x, y = random.uniform(0, 640 - side), random.uniform(0, 480 - side)
            class_id = int(random.choice(3, p=[0.7, 0.25, 0.05]))
            faces.append((class_id, (x, y, x + side, y + side)))
            for _ in range(random.choice(3, p=[0.1, 0.75, 0.15])):
                dx, dy, dw, dh = random.normal(0, 0.08 * side, 4)
                label = class_id if random.random() < 0.85 else int(random.integers(3))
                box = (x + dx, y + dy, x + dx + max(side + dw, 1), y + dy + max(side + dh, 1))
                results.append(found(image, label, float(random.uniform(0.2, 1)), box))
        for _ in range(random.integers(0, 6)):
            x, y, side = random.uniform(0, 500), random.uniform(0, 400), random.uniform(5, 80)
            results.append(
                found(image, int(random.integers(3)), float(random.uniform(0.001, 0.7)), (x, y, x + side, y + side))
            )
        scenes.append(faces)
    return make_truth(scenes), results
