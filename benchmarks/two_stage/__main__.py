"""This detector against a two-stage pipeline as its users build it, on the same pictures and by the same evaluation.

    python benchmarks/two_stage DATA.yaml --yunet face_detection_yunet_2023mar.onnx --backbone yolov8n.pt
                                [--weights W] [--split val] [--out docs] [--work runs/two-stage] [--classifier FILE]

The pipeline: OpenCV's YuNet finds faces, in pictures at their own size and at twice their size; a small network on the
backbone of `yolov8n.pt`, trained on the faces of the train split, labels them (`crop_classifier.py`). Each also runs
with its boxes moved and scaled as annotators draw them, by four numbers learned on the train split. The thresholds at
which the pipelines work are those of the best F1 on the train split, which YuNet has not seen.

OUT gets `two-stage.md` and `two-stage.png`; WORK gets the evaluation of each in full, and the pictures side by side.
"""

import argparse
import json
import math
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from crop_classifier import CropClassifier, judge, trained_classifier
from face_crops import read_faces
from face_pipeline import MIN_SCORE, BoxFit, FaceFinder, TwoStage, fit_boxes
from numpy.typing import NDArray
from report import Measured, Report, draw_chart, to_markdown
from side_by_side import draw_side_by_side
from stage_losses import account

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector import Detector
from detector.evaluation import evaluate
from detector.evaluation.coco_ap import IOU_50, run_coco
from detector.evaluation.ground_truth import GroundTruth, load_ground_truth
from detector.evaluation.predictions import MIN_CONFIDENCE, Result, predict_results
from detector.evaluation.working_point import image_outcomes
from detector.files import make_folder, writing
from detector.media.images import read_image
from detector.model.weights import find_weights, sha256

OURS = "mask-detector"
_SURE = 0.1  # the finder's score from which thresholds are looked for


@dataclass(frozen=True, slots=True)
class Contestant:
    """What is measured.

    Attributes:
        name: As in the tables.
        build: Makes it, given the confidence that it works at.
        threshold: The confidence that its user works at.
    """

    name: str
    build: Callable[[float], Any]
    threshold: float


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--yunet", type=Path, required=True)
    parser.add_argument("--backbone", type=Path, required=True, help="yolov8n.pt")
    parser.add_argument("--weights", help="of the detector; default: the shipped ones")
    parser.add_argument("--split", default="val")
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--work", type=Path, default=Path("runs/two-stage"))
    parser.add_argument("--epochs", type=int, default=12, help="of the classifier")
    parser.add_argument("--classifier", type=Path, help="file that keeps it for the next run")
    parser.add_argument("--rounds", type=int, default=3, help="of timing")
    arguments = parser.parse_args()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # OpenCV 5 warns at every new picture size

    weights = find_weights(arguments.weights)
    dataset = load_dataset_yaml(arguments.data)
    train, truth = (load_ground_truth(dataset, split, Problems()) for split in ("train", arguments.split))
    classifier = trained_classifier(
        arguments.classifier, arguments.data, arguments.backbone, len(dataset.names), arguments.epochs
    )
    held_out = read_faces(arguments.data, arguments.split)
    labels = np.array([face.class_id for face in held_out])

    contestants = two_stage_contestants(arguments.yunet, classifier, train)
    contestants.append(Contestant(OURS, lambda conf: Detector(weights, conf=conf, agnostic_nms=False), 0.25))
    folders = {c.name: arguments.work / c.name.replace(" ", "-") for c in contestants}
    results = {c.name: predictions_of(c, truth, folders[c.name]) for c in contestants}
    times = time_contestants(contestants, truth, arguments.rounds)
    measured = [
        measure(c, truth, results[c.name], folders, arguments.data, arguments.split, times) for c in contestants
    ]
    report = Report(
        tuple(measured),
        dataset.names,
        arguments.split,
        judge(classifier.probabilities(held_out), labels, len(dataset.names)),
        np.bincount(labels, minlength=len(dataset.names)),
        f"`{weights.name}` (SHA-256 begins with {sha256(weights)[:16]})",
        machine(),
    )
    make_folder(arguments.out)
    with writing(arguments.out / "two-stage.png") as path:
        draw_chart(path, report)
    with writing(arguments.out / "two-stage.md") as path:
        path.write_text(to_markdown(report), encoding="utf-8")
    draw_side_by_side(arguments.work / "side-by-side.jpg", {m.name: m.outcomes for m in measured})
    print(f"wrote {arguments.out / 'two-stage.md'}; pictures side by side in {arguments.work}")


def two_stage_contestants(yunet: Path, classifier: CropClassifier, train: GroundTruth) -> list[Contestant]:
    """YuNet at the pictures' size and at twice their size, with its boxes as they are and fitted to the annotators'."""
    contestants = []
    for scale in (1, 2):
        fit = fit_boxes(FaceFinder(yunet, scale), train.images)
        print(f"boxes at {scale}x: {fit}", flush=True)
        for name, chosen in ((f"YuNet {scale}x", BoxFit()), (f"YuNet {scale}x fitted", fit)):
            build = partial(_two_stage, yunet, scale, classifier, train.names, chosen)
            # Below such a score few boxes are faces, and no threshold is worth looking for.
            results = predict_results(build(_SURE), train, Problems())
            contestants.append(Contestant(name, build, best_threshold(train, results)))
            print(f"{name}: threshold {contestants[-1].threshold:.2f}", flush=True)
    return contestants


def _two_stage(
    yunet: Path, scale: float, classifier: CropClassifier, names: tuple[str, ...], fit: BoxFit, conf: float
) -> Any:
    # No face scores higher than its finder says.
    return TwoStage(FaceFinder(yunet, scale, max(conf, MIN_SCORE)), classifier, names, fit, conf)


def best_threshold(truth: GroundTruth, results: Sequence[Result]) -> float:
    """The score, in hundredths, above which detections have the best F1, labels ignored."""
    matches = [match for match in run_coco(truth, results, sizes=False).matches()[-1] if match]
    scores = np.concatenate([match["dtScores"] for match in matches])
    hits = np.concatenate([match["dtMatches"][IOU_50] > 0 for match in matches])
    order = np.argsort(-scores, kind="stable")
    faces = sum(len(match["gtIds"]) for match in matches)
    f1 = 2 * np.cumsum(hits[order]) / (np.arange(1, len(order) + 1) + faces)
    least = scores[order][f1.argmax()]
    return (math.ceil(round(float(least) * 100, 6)) - 1) / 100  # below it, because detections count above the threshold


def predictions_of(contestant: Contestant, truth: GroundTruth, folder: Path) -> list[Result]:
    """Run it over the split from a low score, and write `predictions.json`."""
    results = predict_results(contestant.build(MIN_CONFIDENCE), truth, Problems())
    make_folder(folder)
    with writing(folder / "predictions.json") as path:
        path.write_text(json.dumps(results), encoding="utf-8")
    return results


def measure(
    contestant: Contestant,
    truth: GroundTruth,
    results: Sequence[Result],
    folders: dict[str, Path],
    data: Path,
    split: str,
    times: dict[str, float],
) -> Measured:
    """Everything that the report says of one of them."""
    name, threshold = contestant.name, contestant.threshold
    metrics = evaluate(
        data, predictions=folders[name] / "predictions.json", split=split, conf=threshold, out=folders[name]
    )
    difference = None
    if name != OURS:
        ours = folders[OURS] / "predictions.json"
        difference = evaluate(
            data, predictions=ours, split=split, compare=folders[name] / "predictions.json"
        ).comparison
    fates, false = account(truth, results, threshold)
    outcomes = image_outcomes(run_coco(truth, results, sizes=False), truth, threshold)
    return Measured(
        name, metrics, tuple(fates), false, tuple(outcomes), times[name], times.get(f"{name} finder"), difference
    )


def time_contestants(contestants: Sequence[Contestant], truth: GroundTruth, rounds: int) -> dict[str, float]:
    """Milliseconds per picture: all take turns on each picture, and the median round of each counts."""
    ways: dict[str, Callable[[NDArray[np.uint8]], Any]] = {}
    for contestant in contestants:
        system = contestant.build(contestant.threshold)
        ways[contestant.name] = partial(_on_one, system)
        if isinstance(system, TwoStage):
            ways[f"{contestant.name} finder"] = system.finder
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for image in truth.images:
        picture = read_image(image.path)
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds + 1):
            for name, way in ways.items():
                start = time.perf_counter()
                way(picture)
                taken[name].append(time.perf_counter() - start)
        for name, values in taken.items():
            spent[name].append(float(np.median(values[1:])) * 1000)  # the first round sees a new picture size
    return {name: float(np.mean(values)) for name, values in spent.items()}


def _on_one(system: Any, picture: NDArray[np.uint8]) -> Any:
    return system.predict([picture])


def machine() -> str:
    """What the times were taken on."""
    import torch

    return (
        f"{platform.machine()}, {torch.get_num_threads()} threads in torch {torch.__version__.partition('+')[0]}, "
        f"{cv2.getNumThreads()} in OpenCV {cv2.__version__}"
    )


if __name__ == "__main__":
    main()
