"""A face classifier on crops: the second stage of `two_stage.py`, and a quick judge of training pictures.

    python benchmarks/crop_classifier.py DATA.yaml --backbone yolov8n.pt [--extra DATA2.yaml].. [--seeds 3]

It trains on the true boxes of the train split and prints how many faces of another split, given their true boxes, it
labels right. `--extra` adds the train split of further YOLO datasets with the same classes, so two runs tell what those
pictures are worth for the labels, in minutes rather than the hours of a detector. From Python:

    faces = read_faces(Path("DATA.yaml"), "train") + read_faces(Path("DATA2.yaml"), "train")
    classifier = train_classifier(faces, Path("yolov8n.pt"), classes=3)
    probabilities = classifier(image, xyxy)
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.problems import Problems
from converters.yolo import load_dataset_yaml
from detector.errors import UsageError
from detector.evaluation.ground_truth import load_ground_truth
from detector.images import read_image

if TYPE_CHECKING:
    import torch

SIZE = 96
"""Side of the crops that the network sees, in pixels."""

_MARGIN = 0.25  # of the longer side of the box, on every side: where a mask ends can lie outside the box
_CONTEXT = 0.75  # the same, kept in training for boxes that are moved
_GREY = 114  # outside the picture
_LAYERS = 9  # of yolov8n: to stride 32, without the pooling pyramid, which looks further than a crop
_BATCH = 64


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face cut from its picture with some of what surrounds it.

    Attributes:
        pixels: BGR uint8 (H, W, 3), shrunk where the face is large.
        xyxy: float64 (4,), the box in these pixels.
        class_id: What it is; -1 where that is not known.
    """

    pixels: NDArray[np.uint8]
    xyxy: NDArray[np.float64]
    class_id: int = -1


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far training crops are changed; standard deviations, or the ends of a range around 0.

    Attributes:
        shift: Of the centre, in sides of the crop.
        scale: Of the logarithm of the side.
        aspect: Of the logarithm of width over height.
        angle: Degrees.
        hue: In OpenCV's 180 steps.
        gain: Of saturation and brightness, as fractions.
        coarse: Share of the crops that lose detail, as smaller or worse compressed faces would.
    """

    shift: float = 0.05
    scale: float = 0.12
    aspect: float = 0.06
    angle: float = 12
    hue: float = 4
    gain: float = 0.35
    coarse: float = 0.5


class CropClassifier:
    """Class probabilities of faces, given their boxes.

    Args:
        network: A `torch.nn.Module` that `train_classifier` made: RGB crops in, logits out.
    """

    def __init__(self, network: Any) -> None:
        self.network = network

    def __call__(self, image: NDArray[np.uint8], xyxy: NDArray[np.floating]) -> NDArray[np.float32]:
        """Classify the faces of one picture.

        Args:
            image: BGR uint8 (H, W, 3).
            xyxy: Boxes (N, 4) in pixels; they may reach past the picture.

        Returns:
            Probabilities float32 (N, classes).
        """
        return self.probabilities([cut_face(image, box) for box in np.asarray(xyxy, np.float64)])

    def probabilities(self, faces: Sequence[Face]) -> NDArray[np.float32]:
        """Classify cut faces: float32 (N, classes)."""
        import torch

        crops = np.array([crop_face(face) for face in faces], np.uint8).reshape(-1, SIZE, SIZE, 3)
        parts = [_to_tensor(crops[start : start + _BATCH]) for start in range(0, max(len(crops), 1), _BATCH)]
        with torch.inference_mode():
            return torch.cat([self.network(part).softmax(1) for part in parts]).numpy()


def read_faces(data: Path, split: str, names: Sequence[str] | None = None) -> list[Face]:
    """Cut every annotated face out of one split of a YOLO dataset.

    Args:
        data: The dataset's yaml.
        split: "train", "val" or "test".
        names: The classes that it must have, in their order; None for any.

    Raises:
        UsageError: It has other classes.
        DatasetError: The dataset cannot be read, or has no such split.
        SourceError: A picture cannot be read.
    """
    dataset = load_dataset_yaml(data)
    if names is not None and tuple(names) != dataset.names:
        raise UsageError(data, f"the classes {', '.join(dataset.names)}", ", ".join(names))
    truth = load_ground_truth(dataset, split, Problems())
    return [
        cut_face(picture, box, int(class_id))
        for image in truth.images
        if len(image.xyxy)
        for picture in [read_image(image.path)]
        for box, class_id in zip(image.xyxy, image.class_id, strict=True)
    ]


def cut_face(image: NDArray[np.uint8], xyxy: NDArray[np.float64], class_id: int = -1) -> Face:
    """Cut out what any crop of a face can need, so that the picture itself can be forgotten.

    Args:
        image: BGR uint8 (H, W, 3).
        xyxy: The box (4,) in its pixels.
        class_id: Kept beside it.
    """
    height, width = image.shape[:2]
    side = max(xyxy[2] - xyxy[0], xyxy[3] - xyxy[1], 1.0)
    centre = (xyxy[:2] + xyxy[2:]) / 2
    reach = (0.5 + _CONTEXT) * side
    left, top = (int(max(np.floor(value - reach), 0)) for value in centre)
    right, bottom = (int(np.ceil(value + reach)) for value in centre)
    pixels = image[min(top, height - 1) : max(bottom, 1), min(left, width - 1) : max(right, 1)]
    xyxy = xyxy - np.array([min(left, width - 1), min(top, height - 1)] * 2)
    shrink = (1 + 2 * _MARGIN) * side / SIZE
    if shrink > 1.5:  # averaged here, because the warp to the final size picks single pixels
        rows, columns = (max(round(length / shrink), 1) for length in pixels.shape[:2])
        xyxy = xyxy * np.array([columns / pixels.shape[1], rows / pixels.shape[0]] * 2)
        pixels = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return Face(np.ascontiguousarray(pixels), xyxy, class_id)


def crop_face(
    face: Face, augmentation: Augmentation | None = None, rng: np.random.Generator | None = None
) -> NDArray[np.uint8]:
    """The crop that the network sees: a square around the box with a margin.

    Args:
        face: From `cut_face`.
        augmentation: How to change it; None for not at all.
        rng: Where the changes come from.

    Returns:
        BGR uint8 (SIZE, SIZE, 3).
    """
    centre = (face.xyxy[:2] + face.xyxy[2:]) / 2
    side = (1 + 2 * _MARGIN) * max(face.xyxy[2] - face.xyxy[0], face.xyxy[3] - face.xyxy[1], 1.0)
    if augmentation is None or rng is None:
        return _warp(face.pixels, centre, np.eye(2) * (side / SIZE))
    angle = np.deg2rad(rng.uniform(-augmentation.angle, augmentation.angle))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    aspect = np.exp(rng.normal(0, augmentation.aspect) / 2)
    stretch = np.diag([aspect * rng.choice([-1, 1]), 1 / aspect]) * np.exp(rng.normal(0, augmentation.scale))
    centre = centre + rng.normal(0, augmentation.shift, 2) * side
    crop = _warp(face.pixels, centre, rotation @ stretch * (side / SIZE))
    if rng.random() < augmentation.coarse:
        crop = _coarsen(crop, rng)
    return _recolour(crop, augmentation, rng)


def _warp(pixels: NDArray[np.uint8], centre: NDArray[np.float64], to_source: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Sample a square whose pixel offsets from its centre are `to_source` of those in the picture."""
    middle = (SIZE - 1) / 2
    # A pixel's value lies at its middle: half a pixel from the corner that boxes are measured from.
    offset = centre - 0.5 - to_source @ np.array([middle, middle])
    matrix = np.hstack([to_source, offset[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(pixels, matrix, (SIZE, SIZE), flags=flags, borderValue=(_GREY,) * 3)  # type: ignore[return-value]


def _coarsen(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Give a crop the detail of a smaller face, and sometimes JPEG's traces."""
    side = int(SIZE / np.exp(rng.uniform(0, np.log(6))))
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
        small = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)  # type: ignore[assignment]
    return cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _recolour(crop: NDArray[np.uint8], augmentation: Augmentation, rng: np.random.Generator) -> NDArray[np.uint8]:
    hsv = cv2.cvtColor(crop, cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(-augmentation.hue, augmentation.hue)) % 180
    hsv[..., 1:] *= 1 + rng.uniform(-augmentation.gain, augmentation.gain, 2)
    return cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR)  # type: ignore[return-value]


def _to_tensor(crops: NDArray[np.uint8]) -> "torch.Tensor":
    import torch

    tensor = torch.from_numpy(crops[..., ::-1].copy()).permute(0, 3, 1, 2)  # channels last in memory, as it lies
    return tensor.float() / 255


def build_network(backbone: Path, classes: int) -> Any:
    """The first layers of a YOLOv8 network, the mean over the crop, and a linear layer.

    Args:
        backbone: `yolov8n.pt` or another YOLOv8 checkpoint.
        classes: Number of classes.

    Raises:
        WeightsError: The checkpoint cannot be loaded.
    """
    import torch
    from torch import nn

    from detector.weights import load_weights

    layers = load_weights(backbone).model.model[:_LAYERS].requires_grad_(True)
    width = layers[-1].cv2.conv.out_channels
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(width, classes))
    return nn.Sequential(*layers, *head).to(memory_format=torch.channels_last)


def train_classifier(
    faces: Sequence[Face],
    backbone: Path,
    classes: int,
    *,
    epochs: int = 14,
    seed: int = 0,
    augmentation: Augmentation | None = None,
    balance: float = 0.5,
    rate: float = 1e-3,
) -> CropClassifier:
    """Fine-tune the backbone on faces of known class.

    Args:
        faces: From `read_faces`.
        backbone: See `build_network`.
        classes: Number of classes.
        epochs: As many faces are drawn in each as there are.
        seed: Of everything random.
        augmentation: None for the default.
        balance: A face of a class with n faces is drawn with weight n ** -balance: 0 as they come, 1 all classes alike.
        rate: Highest learning rate, of one cycle (Smith and Topin, 2018).
    """
    import torch
    from torch.nn.functional import cross_entropy

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    augmentation = augmentation or Augmentation()
    labels = np.array([face.class_id for face in faces])
    weights = np.bincount(labels, minlength=classes).clip(1)[labels] ** -float(balance)
    network = build_network(backbone, classes).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.05)
    steps = max(len(faces) // _BATCH, 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps * epochs, pct_start=0.2)
    for _ in range(epochs):
        order = rng.choice(len(faces), steps * _BATCH, p=weights / weights.sum())
        for batch in order.reshape(steps, _BATCH):
            crops = np.stack([crop_face(faces[i], augmentation, rng) for i in batch])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = network(_to_tensor(crops))
            loss = cross_entropy(logits.float(), torch.from_numpy(labels[batch]), label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return CropClassifier(network.eval())


def average_precision(scores: NDArray[np.floating], hits: NDArray[np.bool_]) -> float:
    """Mean of the precision at each hit, best score first; NaN without hits."""
    ranked = hits[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean()) if ranked.any() else float("nan")


def judge(probabilities: NDArray[np.floating], labels: NDArray[np.integer], classes: int) -> NDArray[np.float64]:
    """How well faces were labelled.

    Args:
        probabilities: (N, classes).
        labels: (N,), the true class ids.
        classes: Number of classes.

    Returns:
        (classes + 1, 3): for each class the share of its faces that were labelled right (recall), the share of the
        labels that were right (precision), and the average precision of its probability; then the accuracy and the
        means over the classes. NaN where there is nothing to count.
    """
    given = probabilities.argmax(1)
    rows = np.full((classes + 1, 3), np.nan)
    for k in range(classes):
        hits = (labels == k) & (given == k)
        if np.any(labels == k):
            rows[k] = hits.sum() / np.sum(labels == k), np.nan, average_precision(probabilities[:, k], labels == k)
        if np.any(given == k):
            rows[k, 1] = hits.sum() / np.sum(given == k)
    present = np.unique(labels)
    rows[-1] = np.mean(given == labels), np.nanmean(rows[present, 1]), rows[present, 2].mean()
    return rows


def main() -> None:
    """Train with several seeds and print what became of the held-out faces."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--backbone", type=Path, required=True, help="yolov8n.pt")
    parser.add_argument("--extra", type=Path, action="append", default=[], help="another dataset's yaml")
    parser.add_argument("--split", default="val", help="the faces to judge on")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--balance", type=float, default=0.5, help="0: classes as they come; 1: all drawn alike")
    arguments = parser.parse_args()

    names = load_dataset_yaml(arguments.data).names
    faces = [face for data in (arguments.data, *arguments.extra) for face in read_faces(data, "train", names)]
    held_out = read_faces(arguments.data, arguments.split)
    counts = [np.bincount([face.class_id for face in part], minlength=len(names)) for part in (faces, held_out)]
    labels = np.array([face.class_id for face in held_out])
    runs = []
    for seed in range(arguments.seeds):
        start = time.perf_counter()
        classifier = train_classifier(
            faces,
            arguments.backbone,
            len(names),
            epochs=arguments.epochs,
            seed=seed,
            balance=arguments.balance,
        )
        runs.append(judge(classifier.probabilities(held_out), labels, len(names)))
        print(
            f"seed {seed}: accuracy {runs[-1][-1, 0]:.3f}, trained in {time.perf_counter() - start:.0f} s", flush=True
        )
    print_table(names, counts, np.array(runs))


def print_table(names: Sequence[str], counts: Sequence[NDArray[np.integer]], runs: NDArray[np.float64]) -> None:
    """Print means and ranges over the seeds; `runs` is (seeds, classes + 1, 3)."""
    print(f"\n{'class':24}{'trained on':>12}{'judged on':>11}{'right':>20}{'precision':>20}{'AP':>20}")
    rows = [*zip(names, *counts, strict=True), ("all (means of classes)", *(count.sum() for count in counts))]
    for k, (name, trained, judged) in enumerate(rows):
        cells = [f"{column.mean():.3f} {column.min():.3f}-{column.max():.3f}" for column in runs[:, k].T]
        print(f"{name:24}{trained:12}{judged:11}" + "".join(f"{cell:>20}" for cell in cells))


if __name__ == "__main__":
    main()
