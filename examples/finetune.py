"""Fine-tunes the shipped weights on a handful of pictures, and measures what that gave.

    python examples/finetune.py my-faces/data.yaml --out runs/mine
    python examples/finetune.py masks/data.yaml --upside-down --out runs/demo

`my-faces` is any YOLO dataset with the splits train and val, such as `detector serve --collect` and `detector convert`
write. Both detectors are measured on its val split, which training does not see, and which should hold pictures of the
same cameras on other days. If the interval of the difference includes 0, more pictures are needed to tell.

`--upside-down` shows it without pictures of your own: the val split of a set, as a camera sees it that hangs from the
ceiling the wrong way round, which the shipped weights have not learned. Two pictures in three are for training.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector.errors import MaskDetectorError
from detector.evaluation import evaluate
from detector.evaluation.ground_truth import load_ground_truth
from detector.evaluation.metrics import Metrics
from detector.media.images import read_image
from detector.training.progress import Progress
from detector.training.run import train

BACKBONE = 10  # layers that stay as they are: a handful of pictures cannot improve them


def main(arguments: Sequence[str] | None = None) -> None:
    """Fine-tune, measure both, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a YOLO dataset")
    parser.add_argument("--out", type=Path, required=True, help="a folder that does not exist yet")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--imgsz", type=int, default=640)
    parser.add_argument("--upside-down", action="store_true")
    asked = parser.parse_args(arguments)
    data = turn_upside_down(asked.data, asked.out / "data") if asked.upside_down else asked.data
    trained = asked.out / "training"
    train(
        [data],
        out=trained,
        epochs=asked.epochs,
        imgsz=asked.imgsz,
        batch=8,
        settings={"freeze": BACKBONE},
        progress=Progress(on_epoch=lambda epoch: print(f"epoch {epoch.number}/{epoch.total}", flush=True)),
    )
    shipped = evaluate(data, split="val", imgsz=asked.imgsz, backend="torch")
    tuned = evaluate(data, weights=trained / "best.pt", split="val", imgsz=asked.imgsz, compare=shipped.weights)
    print_gain(shipped, tuned)
    print(f"{trained / 'best.pt'}: detector infer --weights takes it; detector export makes it fast")


def print_gain(shipped: Metrics, tuned: Metrics) -> None:
    """Print the figures of both, and the difference with its interval."""
    columns = ("faces found", "right label", "AP50 any face", "AP50 mean")
    print(f"\n{'':12}" + "".join(f"{column:>16}" for column in columns))
    for name, metrics in (("shipped", shipped), ("fine-tuned", tuned)):
        working, overall = metrics.working_point, metrics.overall
        cells = (working.any_face.recall, working.label_accuracy, overall.any_face.ap50, overall.mean.ap50)
        print(f"{name:12}" + "".join(f"{_number(cell):>16}" for cell in cells))
    difference = tuned.comparison.any_face if tuned.comparison else None
    if difference and difference.interval and difference.ap50 is not None:
        low, high = difference.interval.low, difference.interval.high
        print(f"AP50 of any face: {difference.ap50:+.3f} (95 % interval {low:+.3f} to {high:+.3f})\n")


def turn_upside_down(source: Path, folder: Path) -> Path:
    """Write the val split of a set, turned by 180 degrees, as a set with both splits.

    Args:
        source: Its data.yaml.
        folder: For the pictures and labels.

    Returns:
        The data.yaml of the new set.
    """
    truth = load_ground_truth(load_dataset_yaml(source), "val", Problems())
    for number, image in enumerate(truth.images):
        split = "val" if number % 3 == 2 else "train"
        picture, label = (folder / kind / split / f"{number:04}" for kind in ("images", "labels"))
        for file in (picture, label):
            file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(picture.with_suffix(".png")), cv2.rotate(read_image(image.path), cv2.ROTATE_180))
        rows = [
            f"{name} {1 - (x1 + x2) / 2 / image.width:.6f} {1 - (y1 + y2) / 2 / image.height:.6f}"
            f" {(x2 - x1) / image.width:.6f} {(y2 - y1) / image.height:.6f}"
            for name, (x1, y1, x2, y2) in zip(image.class_id, image.xyxy, strict=True)
        ]
        label.with_suffix(".txt").write_text("\n".join(rows))
    data = folder / "data.yaml"
    data.write_text(f"train: images/train\nval: images/val\nnames: {list(truth.names)}\n")
    return data


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    try:
        main()
    except MaskDetectorError as error:
        sys.exit(str(error))
