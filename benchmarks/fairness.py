"""Measures recall and labels by the tone of the skin, as far as pictures show it.

    python benchmarks/fairness.py DATA.yaml [DATA.yaml ...] [--split val] [--iou 0.5] [--weights W] [--backend auto]
                                  [--sheet SHEET.png] [--json FILE]

The tone is the individual typology angle of the skin that a face leaves bare, in four groups. Faces in pictures without
colour, and those with too little skin to be seen, are counted apart. Detections are counted as users get them, and are
matched as `detector eval` matches them. If the boxes of a dataset follow another convention than the weights, use
`--iou 0.35`. Look at the sheet before you believe a figure: light and white balance move the angle.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector import Detector
from detector.errors import MaskDetectorError
from detector.evaluation.conditions import light_and_warmth
from detector.evaluation.ground_truth import GroundTruth, load_ground_truth
from detector.evaluation.robustness.counts import FaceCounts, FoundFace, count_faces
from detector.evaluation.robustness.measure import find_faces, samples
from detector.evaluation.wilson import wilson_interval
from fairness_parts.sheet import Tile, draw_face, write_sheet
from fairness_parts.skin import GROUPS, measure_skin

GREY, UNSEEN = "picture without colour", "too little skin"


@dataclass(frozen=True, slots=True)
class TonedFace:
    """An annotated face: what was found there, and its group.

    Attributes:
        found: What was found.
        group: One of `GROUPS`, `GREY` or `UNSEEN`.
        ita: The angle in degrees; None where no skin was measured.
        tile: For the sheet, likewise.
    """

    found: FoundFace
    group: str
    ita: float | None = None
    tile: Tile | None = None


def main() -> None:
    """Measure what the command line asks for."""
    arguments = _parse()
    detector = Detector(arguments.weights, backend=arguments.backend)
    faces_of = {str(path): _measure(detector, path, arguments) for path in arguments.data}
    if len(faces_of) > 1:
        faces_of["all together"] = [face for faces in faces_of.values() for face in faces]
    counts_of = {name: count_groups(faces) for name, faces in faces_of.items()}
    for name, counts in counts_of.items():
        print_table(name, counts)
    if arguments.json:
        report = {name: {group: _figures(each) for group, each in counts.items()} for name, counts in counts_of.items()}
        settings = {"weights": str(detector.weights), "imgsz": detector.imgsz, "iou": arguments.iou}
        arguments.json.write_text(json.dumps({**settings, "groups": report}, indent=1), encoding="utf-8")
    if arguments.sheet:
        faces = next(reversed(faces_of.values()))
        write_sheet(arguments.sheet, {group: _tiles(faces, group) for group in GROUPS})


def toned_faces(detector: Any, truth: GroundTruth, iou: float) -> list[TonedFace]:
    """Find the faces of a split, and measure the skin of each.

    Args:
        detector: A `Detector`.
        truth: The split.
        iou: A detection matches a face from this overlap on.
    """
    found = find_faces(detector, samples(truth), iou)
    return [TonedFace(face, *tone) for face, tone in zip(found, _tones(truth), strict=True)]


def count_groups(faces: Sequence[TonedFace]) -> dict[str, FaceCounts]:
    """The counts of each group that has faces, and of those whose tone is not known."""
    groups = {name: [face.found for face in faces if face.group == name] for name in (*GROUPS, GREY, UNSEEN)}
    return {name: count_faces(members) for name, members in groups.items() if members}


def print_table(name: str, counts_of: Mapping[str, FaceCounts]) -> None:
    """Print the groups as a table of Markdown."""
    print(f"\n{name}\n")
    print("| skin | faces | found | right label, of those found | bare called masked | masked called bare", end="")
    print(" | incorrectly worn called so |\n|---|---|---|---|---|---|---|")
    for group, counts in counts_of.items():
        cells = (
            group,
            str(counts.faces),
            _share(counts.found, counts.faces),
            _share(counts.right, counts.found),
            f"{counts.bare_called_masked} of {counts.without_mask}",
            f"{counts.masked_called_bare} of {counts.with_mask}",
            f"{counts.incorrect_right} of {counts.incorrect}",
        )
        print(f"| {' | '.join(cells)} |")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path, help="YOLO datasets")
    parser.add_argument("--split", default="val")
    parser.add_argument("--iou", type=float, default=0.5)
    parser.add_argument("--weights")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--sheet", type=Path, help="a PNG with the measured skin of every face")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _measure(detector: Detector, path: Path, arguments: argparse.Namespace) -> list[TonedFace]:
    problems = Problems()
    faces = toned_faces(detector, load_ground_truth(load_dataset_yaml(path), arguments.split, problems), arguments.iou)
    for problem in problems.omissions:
        print(f"left out: {problem}", file=sys.stderr)
    return faces


def _tones(truth: GroundTruth) -> Iterator[tuple[str, float | None, Tile | None]]:
    for sample in samples(truth):
        grey = light_and_warmth(sample.image)[1] is None
        for xyxy, class_id in zip(sample.xyxy, sample.classes, strict=True):
            skin = None if grey else measure_skin(sample.image, xyxy, int(class_id))
            if skin:
                yield skin.group, skin.ita, draw_face(sample.image, xyxy, skin)
            else:
                yield GREY if grey else UNSEEN, None, None


def _tiles(faces: Sequence[TonedFace], group: str) -> list[Tile]:
    members = [(face.ita, face.tile) for face in faces if face.group == group]
    shown = [(ita, tile) for ita, tile in members if ita is not None and tile is not None]
    return [tile for _, tile in sorted(shown, key=lambda each: -each[0])]


def _figures(counts: FaceCounts) -> dict[str, Any]:
    return {
        **asdict(counts),
        "recall_interval": wilson_interval(counts.found, counts.faces),
        "label_accuracy_interval": wilson_interval(counts.right, counts.found) if counts.found else None,
    }


def _share(part: int, whole: int) -> str:
    if not whole:
        return "-"
    low, high = wilson_interval(part, whole)
    return f"{part / whole:.3f} ({low:.3f}-{high:.3f})"


if __name__ == "__main__":
    try:
        main()
    except MaskDetectorError as error:
        sys.exit(str(error))
