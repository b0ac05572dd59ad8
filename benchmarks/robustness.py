"""Measures robustness: by size of the face, on crops, on changed images, and on folders of single faces.

    python benchmarks/robustness.py [DATA.yaml] [--split val] [--folders DIR] [--weights W] [--imgsz PIXELS] [--iou 0.5]
                                    [--only size,crops,changes] [--changes NAME,..] [--command PROGRAM] [--json FILE]

Detections are counted as users get them: confidence 0.25, one label for each face. A detection finds a face from an IoU
of 0.5. If the boxes of a dataset follow another convention than the weights, use `--iou 0.35`. `--command` measures any
other program; `robustness_parts` has one for version 0.1, one for two stages and one for a package from PyPI.
`benchmarks/robustness_page.py` makes a page of the JSON files.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector import Detector
from detector.errors import MaskDetectorError
from detector.evaluation.ground_truth import load_ground_truth
from detector.evaluation.robustness import (
    CONDITIONS,
    FaceCounts,
    FolderScore,
    measure_by_size,
    measure_conditions,
    measure_crops,
    measure_folders,
)
from detector.evaluation.robustness.counts import count_faces
from robustness_parts.command_detector import CommandDetector

_PARTS = ("size", "crops", "changes")
_COLUMNS = ("faces", "recall", "label", "bare->masked", "masked->bare", "incorrect right")


def main() -> None:
    """Measure what the command line asks for."""
    arguments = _parse()
    if arguments.command:
        with CommandDetector(arguments.command) as program:
            _measure(program, arguments)
    else:
        _measure(_detector(arguments), arguments)


def _measure(detector: Any, arguments: argparse.Namespace) -> None:
    """Measure a `Detector`, or something with its methods."""
    start = time.monotonic()
    report: dict[str, Any] = {"weights": str(detector.weights), "imgsz": detector.imgsz, "iou": arguments.iou}
    if arguments.data:
        report["data"] = str(arguments.data)
        report["faces"] = _measure_dataset(detector, arguments)
    if arguments.folders:
        scores = measure_folders(detector, arguments.folders)
        report["class_folders"] = str(arguments.folders)
        report["folders"] = {name: {**asdict(score), "accuracy": score.accuracy} for name, score in scores.items()}
        _print_folders(scores)
    print(f"{detector.weights} at {detector.imgsz} px, {time.monotonic() - start:.0f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="a YOLO dataset")
    parser.add_argument("--split", default="val")
    parser.add_argument("--folders", type=Path, help="a folder with a folder of images for each class")
    parser.add_argument("--weights")
    parser.add_argument("--imgsz", type=int)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--iou", type=float, default=0.5)
    parser.add_argument("--only", default=",".join(_PARTS), help="parts, with commas between")
    parser.add_argument("--changes", help=f"changes, with commas between: {', '.join(CONDITIONS)}")
    parser.add_argument("--crops", type=int, default=200, help="faces that are cut out")
    parser.add_argument("--command", help="a program that answers as `robustness_parts.command_detector` says")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _detector(arguments: argparse.Namespace) -> Detector:
    return Detector(arguments.weights, imgsz=arguments.imgsz, backend=arguments.backend)


def _measure_dataset(detector: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    truth = load_ground_truth(load_dataset_yaml(arguments.data), arguments.split, Problems())
    parts = arguments.only.split(",")
    wanted = arguments.changes.split(",") if arguments.changes else list(CONDITIONS)
    if "changes" not in parts:
        wanted = ["as it is"]
    report: dict[str, Any] = {}
    _print_header()
    if "size" in parts or "changes" in parts:
        found = measure_conditions(detector, truth, {name: CONDITIONS[name] for name in wanted}, arguments.iou)
        if "size" in parts and "as it is" in found:
            report["size"] = _print_rows(measure_by_size(found["as it is"]))
        report["changes"] = _print_rows({name: count_faces(faces) for name, faces in found.items()})
    if "crops" in parts:
        report["crops"] = _print_rows(measure_crops(detector, truth, arguments.iou, arguments.crops))
    return report


def _print_header() -> None:
    print(f"{'':28}" + "".join(f"{column:>17}" for column in _COLUMNS))


def _print_rows(rows: dict[str, FaceCounts]) -> dict[str, Any]:
    for name, counts in rows.items():
        cells = (
            str(counts.faces),
            _share(counts.recall),
            _share(counts.label_accuracy),
            f"{counts.bare_called_masked} of {counts.without_mask}",
            f"{counts.masked_called_bare} of {counts.with_mask}",
            f"{counts.incorrect_right} of {counts.incorrect}",
        )
        print(f"{name:28}" + "".join(f"{cell:>17}" for cell in cells), flush=True)
    print()
    return {
        name: {**asdict(counts), "recall": counts.recall, "label_accuracy": counts.label_accuracy}
        for name, counts in rows.items()
    }


def _print_folders(scores: dict[str, FolderScore]) -> None:
    for name, score in scores.items():
        print(f"{name:28}{score.images:>7} images, right {_share(score.accuracy)}, no face found {score.empty}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    try:
        main()
    except MaskDetectorError as error:
        sys.exit(str(error))
