"""Mistakes at the working confidence by kind, each kind with a sheet of its faces: what to annotate next."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from converters.boxes import intersection_over_smaller, iou
from detector.evaluation.crop_sheet import LEGEND, Crop, Section, draw_sheet
from detector.evaluation.ground_truth import TruthImage
from detector.evaluation.working_point import FaceOutcome, ImageOutcome, Xyxy
from detector.files import make_folder, writing
from detector.media.colours import rgb_of

Kind = Literal["missed", "badly placed", "wrong label", "two answers", "not annotated"]

KINDS: Mapping[Kind, str] = {
    "missed": "Faces that were not found. Largest first. Annotate more faces of this kind.",
    "badly placed": "Boxes on a face that they do not fit (IoU from 0.1 to 0.5). Look at the annotated box as well.",
    "wrong label": "Faces with another label than annotated, the most confident first. Look at the annotation first.",
    "two answers": "A second box on a face that was found.",
    "not annotated": "Boxes where no face is annotated: false, or a face that nobody annotated.",
}
"""The kinds of mistakes, and what to know about them."""

MOST = 50
"""Faces that a sheet shows at most."""

_PLACED = 0.1  # IoU from which a box is meant for a face (TIDE: Bolya et al., 2020)
_SAME = 0.5  # IoU, or share of the smaller box in the larger, from which two boxes are on one face
_COLUMNS = ("image", "kind", "annotated", "detected", "confidence", "x1", "y1", "x2", "y2")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A face that was missed, or an answer that is wrong.

    Attributes:
        kind: One of `KINDS`.
        image: The picture.
        xyxy: The detected box, in pixels of the picture; the annotated one of a missed face.
        annotated: The label of the annotated face; None where there is none.
        detected: The label of the answer; None for a missed face.
        confidence: The score of the answer.
    """

    kind: Kind
    image: TruthImage
    xyxy: Xyxy
    annotated: str | None
    detected: str | None
    confidence: float | None

    @property
    def caption(self) -> tuple[str, str]:
        """Two lines for a sheet."""
        found = "not found" if self.detected is None else f"detector: {self.detected} {self.confidence:.2f}"
        return self.annotated or "not annotated", found


def find_mistakes(outcomes: Sequence[ImageOutcome], names: Sequence[str]) -> dict[Kind, list[Mistake]]:
    """Sort the mistakes by kind; `docs/eval.md` defines the kinds.

    A face with a badly placed box counts as badly placed only, not as missed too.

    Args:
        outcomes: Every picture of the split.
        names: Class names by class id.

    Returns:
        Every kind, the missed faces with the largest first, the others with the most confident first.
    """
    found: dict[Kind, list[Mistake]] = {kind: [] for kind in KINDS}
    for image in outcomes:
        for mistake in _of_image(image, names):
            found[mistake.kind].append(mistake)
    for kind, mistakes in found.items():
        mistakes.sort(key=_area if kind == "missed" else _confidence, reverse=True)
    return found


def write_mistakes(out: Path, mistakes: Mapping[Kind, Sequence[Mistake]], names: Sequence[str]) -> None:
    """Write `mistakes.csv` with all of them, and a sheet for each kind that there is.

    Args:
        out: The folder of the report. The sheets are written to `mistakes/` in it.
        mistakes: From `find_mistakes`.
        names: Class names by class id.

    Raises:
        OutputError: It cannot be written.
    """
    with writing(out / "mistakes.csv") as path, path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        rows.writerows(_row(mistake) for kind in mistakes.values() for mistake in kind)
    make_folder(out / "mistakes")
    for kind in KINDS:
        sheet = out / "mistakes" / f"{kind.replace(' ', '_')}.jpg"
        sheet.unlink(missing_ok=True)  # of an earlier report
        if mistakes[kind]:
            section = as_section(kind, mistakes[kind], names)
            with writing(sheet) as path:
                draw_sheet(KINDS[kind], LEGEND, [section]).save(path, format="JPEG", quality=88)


def as_section(kind: Kind, mistakes: Sequence[Mistake], names: Sequence[str]) -> Section:
    """The first `MOST` mistakes of a kind as the section of a sheet."""
    few = f", {MOST} of them here" if len(mistakes) > MOST else ""
    return Section(f"{kind}: {len(mistakes)}{few}", [_crop(mistake, names) for mistake in mistakes[:MOST]])


def _of_image(image: ImageOutcome, names: Sequence[str]) -> Iterator[Mistake]:
    def mistake(kind: Kind, outcome: FaceOutcome, face: FaceOutcome | None) -> Mistake:
        true_class = None if face is None else face.true_class
        annotated = None if true_class is None else names[true_class]
        detected = None if outcome.found_class is None else names[outcome.found_class]
        return Mistake(kind, image.image, outcome.found or _face(outcome), annotated, detected, outcome.confidence)

    faces = [outcome for outcome in image.outcomes if outcome.face is not None]
    left = {place for place, face in enumerate(faces) if face.found is None}
    for outcome in image.outcomes:
        if outcome.face is None:
            kind, place = _kind_of(outcome, faces, left)
            left.discard(-1 if place is None or kind != "badly placed" else place)
            yield mistake(kind, outcome, None if place is None else faces[place])
        elif outcome.found is not None and not outcome.right:
            yield mistake("wrong label", outcome, outcome)
    for place in sorted(left):
        yield mistake("missed", faces[place], faces[place])


def _kind_of(outcome: FaceOutcome, faces: Sequence[FaceOutcome], left: set[int]) -> tuple[Kind, int | None]:
    """The kind of an answer that was matched with no face, and the place of the face that it may be meant for."""
    if not faces or outcome.found is None:
        return "not annotated", None
    boxes = [_face(face) for face in faces]
    overlap = iou([outcome.found], boxes)[0]
    inside = intersection_over_smaller([outcome.found], boxes)[0]
    meant = [place for place in range(len(faces)) if overlap[place] >= _PLACED or inside[place] >= _SAME]
    if not meant:
        return "not annotated", None
    best = max(meant, key=lambda place: (overlap[place], inside[place]))
    if best in left:
        return "badly placed", best
    return ("two answers", best) if max(overlap[best], inside[best]) >= _SAME else ("not annotated", None)


def _face(outcome: FaceOutcome) -> Xyxy:
    if outcome.face is None:
        raise ValueError("an outcome without a face has no annotated box")
    return outcome.face


def _crop(mistake: Mistake, names: Sequence[str]) -> Crop:
    image = mistake.image
    others = [
        ((x1, y1, x2, y2), rgb_of(names[class_id], class_id))
        for (x1, y1, x2, y2), class_id in zip(image.xyxy.tolist(), image.class_id.tolist(), strict=True)
    ]
    return Crop(image.path, mistake.xyxy, others, mistake.caption)


def _row(mistake: Mistake) -> list[str]:
    confidence = "" if mistake.confidence is None else f"{mistake.confidence:.4f}"
    corners = [f"{value:.1f}" for value in mistake.xyxy]
    return [
        mistake.image.file_name,
        mistake.kind,
        mistake.annotated or "",
        mistake.detected or "",
        confidence,
        *corners,
    ]


def _area(mistake: Mistake) -> float:
    x1, y1, x2, y2 = mistake.xyxy
    return (x2 - x1) * (y2 - y1)


def _confidence(mistake: Mistake) -> float:
    return mistake.confidence or 0.0
