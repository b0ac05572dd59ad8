"""Why `yolo val` and `detector eval` differ: the same weights on the same pictures, one difference after the other.

    python benchmarks/yolo_val.py DATA.yaml WEIGHTS.pt [--split val] [--imgsz 640]

ultralytics measures a copy of the split in a temporary folder, because it writes a label cache beside the labels.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector import Detector, DetectorSettings
from detector.evaluation.coco_ap import run_coco
from detector.evaluation.ground_truth import GroundTruth, load_ground_truth
from detector.evaluation.predictions import Result, ap_settings, predict_results_with
from detector.libraries import import_ultralytics


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--imgsz", type=int, default=640)
    options = parser.parse_args()
    truth = load_ground_truth(load_dataset_yaml(options.data), options.split, Problems())
    print(f"| {options.imgsz} px, {len(truth.images)} images | mAP50 | mAP50-95 | {' | '.join(truth.names)} |")
    print("|---" * (3 + len(truth.names)) + "|")
    with tempfile.TemporaryDirectory() as folder:
        data = copy_split(truth, Path(folder))
        for name, figures in measured(truth, data, options.weights, options.imgsz):
            print(f"| {name} | {' | '.join(f'{value:.3f}' for value in figures)} |", flush=True)


def measured(truth: GroundTruth, data: Path, weights: Path, imgsz: int) -> Iterator[tuple[str, list[float]]]:
    """Each way to measure: mAP50, mAP50-95, and AP50 of each class."""
    own, results = validate(data, weights, imgsz, labels="several")
    yield "`yolo val`", own
    yield "the same boxes, AP as COCO defines it", coco(truth, results)
    own, results = validate(data, weights, imgsz, labels="one")
    yield "`yolo val`, one label a box", own
    yield "the same boxes, AP as COCO defines it", coco(truth, results)
    for iou in (0.7, DetectorSettings().iou):
        detector = Detector(weights, imgsz=imgsz, iou=iou, backend="torch", device="cpu")
        (found,) = predict_results_with(detector, truth, [ap_settings(detector.settings)], Problems())
        yield f"`detector eval --imgsz {imgsz} --iou {iou:g}`", coco(truth, found)


def copy_split(truth: GroundTruth, folder: Path) -> Path:
    """Copy pictures, named after their ids, and write their labels as YOLO files."""
    (folder / "images").mkdir()
    (folder / "labels").mkdir()
    for image in truth.images:
        shutil.copy(image.path, folder / "images" / f"{image.id}{image.path.suffix}")
        rows = []
        for class_id, (x1, y1, x2, y2) in zip(image.class_id, image.xyxy, strict=True):
            centre = f"{(x1 + x2) / 2 / image.width:.6f} {(y1 + y2) / 2 / image.height:.6f}"
            rows.append(f"{class_id} {centre} {(x2 - x1) / image.width:.6f} {(y2 - y1) / image.height:.6f}\n")
        (folder / "labels" / f"{image.id}.txt").write_text("".join(rows))
    (folder / "data.yaml").write_text(f"path: {folder}\ntrain: images\nval: images\nnames: {list(truth.names)}\n")
    return folder / "data.yaml"


def validate(data: Path, weights: Path, imgsz: int, *, labels: str) -> tuple[list[float], list[Result]]:
    """Run ultralytics' validation: its own figures, and its boxes. One label a box, or several as is its default."""
    import_ultralytics()
    from ultralytics.models.yolo.detect import DetectionValidator
    from ultralytics.utils import nms

    settings = {"data": str(data), "imgsz": imgsz, "device": "cpu", "save_json": True, "plots": False, "batch": 8}
    validator = DetectionValidator(args=settings, save_dir=data.parent / "val")
    several = nms.non_max_suppression

    def suppress(*args: Any, **kwargs: Any) -> Any:
        return several(*args, **{**kwargs, "multi_label": labels == "several"})

    nms.non_max_suppression = suppress
    try:
        validator(model=str(weights))
    finally:
        nms.non_max_suppression = several
    box = validator.metrics.box
    by_class = dict(zip(box.ap_class_index.tolist(), box.ap50.tolist(), strict=True))
    results: list[Result] = [
        {
            "image_id": row["image_id"],
            "file_name": row["file_name"],
            "category_id": row["category_id"] - 1,
            "bbox": row["bbox"],
            "score": row["score"],
        }
        for row in validator.jdict
    ]
    return [float(box.map50), float(box.map), *(by_class[key] for key in sorted(by_class))], results


def coco(truth: GroundTruth, results: Sequence[Result]) -> list[float]:
    """The figures by pycocotools."""
    scores = run_coco(truth, results).scores()
    parts = [scores.mean.ap50, scores.mean.ap, *(each.ap50 for each in scores.classes.values())]
    return [float("nan") if value is None else value for value in parts]


if __name__ == "__main__":
    main()
