"""A face classifier on crops: the second stage of the pipeline, and a quick judge of training pictures.

    python benchmarks/two_stage/crop_classifier.py DATA.yaml --backbone yolov8n.pt [--extra DATA2.yaml]..
                                                   [--split val] [--seeds 3]

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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from face_crops import SIZE, Augmentation, Face, crop_face, cut_face, read_faces
from numpy.typing import NDArray

from converters.formats.yolo import load_dataset_yaml
from detector.files import make_folder, writing

if TYPE_CHECKING:
    import torch

_LAYERS = 7  # of yolov8n: to stride 16; with the next two it labels no better
_BATCH = 64


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
            scores: NDArray[np.float32] = torch.cat([self.network(part).softmax(1) for part in parts]).numpy()
        return scores


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

    from detector.model.weights import load_weights

    layers = load_weights(backbone).model.model[:_LAYERS].requires_grad_(True)
    width = layers[-1].cv2.conv.out_channels
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(width, classes))
    return nn.Sequential(*layers, *head).to(memory_format=torch.channels_last)


def train_classifier(
    faces: Sequence[Face],
    backbone: Path,
    classes: int,
    *,
    epochs: int = 12,
    seed: int = 0,
    augmentation: Augmentation | None = None,
    balance: float = 0.5,
    rate: float = 2e-3,
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
    half = torch.ops.mkldnn._is_mkldnn_bf16_supported()  # where bfloat16 is emulated, it takes many times as long
    for _ in range(epochs):
        order = rng.choice(len(faces), steps * _BATCH, p=weights / weights.sum())
        for batch in order.reshape(steps, _BATCH):
            crops = np.stack([crop_face(faces[i], augmentation, rng) for i in batch])
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                logits = network(_to_tensor(crops))
            loss = cross_entropy(logits.float(), torch.from_numpy(labels[batch]), label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return CropClassifier(_fused(network.eval()))


def trained_classifier(kept: Path | None, data: Path, backbone: Path, classes: int, epochs: int = 12) -> CropClassifier:
    """The classifier that an earlier run left in `kept`, or a new one, trained on the train split and left there.

    Args:
        kept: A file of this function's own, or None to train in any case. It is unpickled, so it must be trusted.
        data: The YOLO dataset.
        backbone: See `build_network`.
        classes: Number of classes.
        epochs: See `train_classifier`.
    """
    import torch

    if kept is not None and kept.exists():
        return CropClassifier(torch.load(kept, weights_only=False))
    start, faces = time.perf_counter(), read_faces(data, "train")
    classifier = train_classifier(faces, backbone, classes, epochs=epochs)
    print(f"classifier trained on {len(faces)} faces in {time.perf_counter() - start:.0f} s", flush=True)
    if kept is not None:
        make_folder(kept.parent)
        with writing(kept) as path:
            torch.save(classifier.network, path)
    return classifier


def _fused(network: Any) -> Any:
    """Fold every batch normalisation into the convolution before it, as detectors do for inference."""
    from ultralytics.utils.torch_utils import fuse_conv_and_bn

    for module in network.modules():
        if hasattr(module, "forward_fuse") and hasattr(module, "bn"):
            module.conv = fuse_conv_and_bn(module.conv, module.bn)
            del module.bn
            module.forward = module.forward_fuse
    return network


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
    parser.add_argument("--epochs", type=int, default=12)
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
