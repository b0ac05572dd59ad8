"""What tiling finds on 4K pictures, against no tiling and against sahi.

    python benchmarks/crowd_canvas.py DATA.yaml [--split val] [--canvases 3] [--seed 0] [--weights W] [--tile PIXELS]

Every canvas is 3840 x 2160 pixels: pictures of the split at their own scale, in random places that follow no grid and
do not overlap, on smooth random colours, which hold neither faces nor edges. What tiling is measured against are the
same faces in the pictures they come from, each run as a whole. All is scored by `detector.evaluation`: AP and the first
recalls from confidence 0.001; the last three columns with everything run at confidence 0.25.

sahi runs the same weights on torch, with the same tiles, overlap and input size and otherwise its own defaults, which
include the whole picture beside the tiles. Times are taken in alternation in one process, with the picture in memory.
"""

import argparse
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector import Detections, Detector
from detector.evaluation.coco_ap import SIZES, CocoRun, run_coco
from detector.evaluation.ground_truth import GroundTruth, TruthImage, load_ground_truth
from detector.evaluation.metrics import Score
from detector.evaluation.predictions import MIN_CONFIDENCE, predict_results
from detector.evaluation.working_point import image_outcomes, working_point
from detector.libraries import import_ultralytics
from detector.media.images import read_image
from detector.model.tiling import OVERLAP, tile_side
from detector.model.weights import find_weights

WIDTH, HEIGHT = 3840, 2160
CONF = 0.25
_TRIES = 300
_COLUMNS = ("any face AP", "AP50", "3 classes AP", "AP50", "recall", "< 16 px", "< 32 px", "recall", "< 32 px", "prec.")


@dataclass(frozen=True, slots=True)
class Way:
    """Something that finds faces, in the shape that `predict_results` expects of a detector.

    Attributes:
        find: BGR uint8 (H, W, 3) in, faces out.
        batch_size: Pictures at once.
    """

    find: Callable[[NDArray[np.uint8]], Detections]
    batch_size: int = 1

    def predict(self, images: Iterable[NDArray[np.uint8]]) -> list[Detections]:
        """The faces of each picture."""
        return [self.find(image) for image in images]


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--canvases", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", type=Path, help="default: the shipped ones")
    parser.add_argument("--tile", type=int, help="side of the tiles in pixels; default: what auto takes")
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds; 0 for no times")
    parser.add_argument("--keep", type=Path, help="folder to leave the canvases in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        compare(arguments, arguments.keep or Path(temporary))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    """Make canvases in a folder, run every way over them, and print."""
    pictures = load_ground_truth(load_dataset_yaml(arguments.data), arguments.split, Problems())
    canvases, own = make_canvases(pictures, arguments.canvases, arguments.seed, folder)
    weights = find_weights(arguments.weights)
    imgsz = Detector(weights, device="cpu").imgsz
    side = tile_side(arguments.tile or "auto", (HEIGHT, WIDTH))
    if side is None:
        sys.exit(f"tiles of {arguments.tile} px are no smaller than the canvases")

    def plain(conf: float) -> Way:
        return with_detector(weights, conf, None)

    def tiled(conf: float) -> Way:
        return with_detector(weights, conf, side)

    def sahi(conf: float) -> Way:
        return with_sahi(weights, conf, side, imgsz)

    print(f"{len(canvases.images)} canvases of {len(own.images)} pictures with {faces(own)} faces;")
    print(f"tiles of {side} px of picture at {imgsz} px, overlapping by {OVERLAP:.0%}\n")
    print("| | " + " | ".join(_COLUMNS) + " |")
    print("|---" * (len(_COLUMNS) + 1) + "|")
    rows: list[tuple[str, GroundTruth, Callable[[float], Way]]] = [
        ("in their own pictures", own, plain),
        ("canvases, no tiles", canvases, plain),
        ("canvases, tiles", canvases, tiled),
        ("canvases, sahi", canvases, sahi),
    ]
    for name, truth, way in rows:
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in figures(truth, way)) + " |", flush=True)
    if arguments.rounds:
        image = read_image(canvases.images[0].path)
        print("\n" + time_ratio(tiled(CONF), sahi(CONF), image, arguments.rounds))


def make_canvases(pictures: GroundTruth, count: int, seed: int, folder: Path) -> tuple[GroundTruth, GroundTruth]:
    """Paste pictures onto canvases.

    Args:
        pictures: What to paste; on each canvas as many as find a place, each at most once.
        count: The number of canvases.
        seed: Of their order, places and background.
        folder: The canvases are written here, as PNG.

    Returns:
        The canvases, and the pictures on them: a picture for every time that it was pasted.
    """
    random = np.random.default_rng(seed)
    canvases: list[TruthImage] = []
    own: list[TruthImage] = []
    for number in range(1, count + 1):
        canvas = _background(random)
        taken: list[tuple[int, int, int, int]] = []
        boxes, labels = [], []
        for index in random.permutation(len(pictures.images)):
            picture = pictures.images[index]
            place = _free_place(picture.width, picture.height, taken, random)
            if place is None:
                continue
            taken.append((*place, picture.width, picture.height))
            x, y = place
            canvas[y : y + picture.height, x : x + picture.width] = read_image(picture.path)
            boxes.append(picture.xyxy + np.array([x, y, x, y]))
            labels.append(picture.class_id)
            own.append(replace(picture, id=len(own) + 1))
        path = folder / f"canvas-{number}.png"
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), canvas)
        canvases.append(
            TruthImage(number, path, path.name, WIDTH, HEIGHT, np.concatenate(boxes), np.concatenate(labels))
        )
    return GroundTruth(pictures.names, tuple(canvases)), GroundTruth(pictures.names, tuple(own))


def _background(random: np.random.Generator) -> NDArray[np.uint8]:
    coarse = random.integers(40, 216, (5, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def _free_place(
    width: int, height: int, taken: list[tuple[int, int, int, int]], random: np.random.Generator
) -> tuple[int, int] | None:
    """A random place where a picture covers no other; None where none was found."""
    if width > WIDTH or height > HEIGHT:
        return None
    for _ in range(_TRIES):
        x, y = int(random.integers(WIDTH - width + 1)), int(random.integers(HEIGHT - height + 1))
        if all(x + width <= u or u + w <= x or y + height <= v or v + h <= y for u, v, w, h in taken):
            return x, y
    return None


def with_detector(weights: Path, conf: float, tile: int | None) -> Way:
    """This project's detector, with its default backend."""
    return Way(Detector(weights, conf=conf, tile=tile, device="cpu", agnostic_nms=False).predict)


def with_sahi(weights: Path, conf: float, side: int, imgsz: int) -> Way:
    """Sahi with the same weights, tiles and input size."""
    import_ultralytics()
    from sahi import AutoDetectionModel
    from sahi.predict import get_sliced_prediction

    logging.getLogger("sahi").setLevel(logging.ERROR)  # it says for every picture that it merges by NMS below 0.1
    model = AutoDetectionModel.from_pretrained(
        "ultralytics", str(weights), confidence_threshold=conf, device="cpu", image_size=imgsz
    )

    def find(image: NDArray[np.uint8]) -> Detections:
        result = get_sliced_prediction(
            image[..., ::-1],
            model,
            slice_height=side,
            slice_width=side,
            overlap_height_ratio=OVERLAP,
            overlap_width_ratio=OVERLAP,
            verbose=0,
        )
        found = sorted(result.object_prediction_list, key=lambda face: -face.score.value)
        return Detections(
            np.array([face.bbox.to_xyxy() for face in found], np.float32),
            np.array([face.score.value for face in found], np.float32),
            np.array([face.category.id for face in found], np.int64),
        )

    return Way(find)


def figures(truth: GroundTruth, way: Callable[[float], Way]) -> list[float]:
    """The row of a way in the table, in the order of its columns."""
    everything = run_coco(truth, predict_results(way(MIN_CONFIDENCE), truth, Problems()))  # type: ignore[arg-type]
    working = run_coco(truth, predict_results(way(CONF), truth, Problems()))  # type: ignore[arg-type]
    overall = everything.scores()
    point = working_point(working, image_outcomes(working, truth, CONF), CONF).any_face
    values = [
        overall.any_face.ap,
        overall.any_face.ap50,
        overall.mean.ap,
        overall.mean.ap50,
        overall.any_face.recall,
        _recall(everything, "under_16"),
        _recall(everything, "under_16", "16_to_32"),
        point.recall,
        _recall(working, "under_16", "16_to_32"),
        point.precision,
    ]
    return [float("nan") if value is None else value for value in values]


def faces(truth: GroundTruth) -> int:
    """How many faces are annotated."""
    return sum(len(image.xyxy) for image in truth.images)


def _recall(coco: CocoRun, *sizes: str) -> float:
    """The share of the faces of some sizes that was found at IoU 0.5, under whatever label."""
    parts: list[Score] = [coco.scores(area).any_face for area, name in enumerate(SIZES, start=1) if name in sizes]
    instances = sum(part.instances for part in parts)
    return sum((part.recall or 0.0) * part.instances for part in parts) / instances if instances else float("nan")


def time_ratio(ours: Way, theirs: Way, image: NDArray[np.uint8], rounds: int) -> str:
    """Times of both on one picture, in alternation: by the clock, and of the processor alone.

    The latter suffers less from what else runs on the machine.
    """
    import torch

    ratios: dict[str, list[float]] = {"by the clock": [], "of processor time": []}
    clocks: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        mine, other = timed(ours, image), timed(theirs, image)
        if number:  # the first round warms up
            clocks.append((mine[0], other[0]))
            for kind, a, b in zip(ratios, mine, other, strict=True):
                ratios[kind].append(a / b)
    seconds = [statistics.median(column) for column in zip(*clocks, strict=True)]
    parts = ", ".join(f"{statistics.median(values):.2f} {kind}" for kind, values in ratios.items())
    return (
        f"Seconds for a canvas at confidence {CONF}, {torch.get_num_threads()} threads: {seconds[0]:.1f} with tiles, "
        f"{seconds[1]:.1f} with sahi.\nRatio, median of {rounds} rounds: {parts}."
    )


def timed(way: Way, image: NDArray[np.uint8]) -> tuple[float, float]:
    """Seconds that one picture takes: by the clock, and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    way.find(image)
    return time.perf_counter() - clock, time.process_time() - processor


if __name__ == "__main__":
    main()
