"""What `--save` chooses from: the kinds of results, their files, and who writes them."""

from collections.abc import Iterator, Sequence

from detector.inference.outputs import ResultWriter, Totals
from detector.inference.outputs.crops import CropWriter
from detector.inference.outputs.images import ImageWriter
from detector.inference.outputs.json_lines import JsonLinesWriter
from detector.inference.outputs.labels import CLASSES_FILE, DATA_FILE, LabelWriter
from detector.inference.outputs.names import CROPS, IMAGES, LABELS, OutputNames
from detector.inference.outputs.people import PeopleWriter
from detector.inference.outputs.tables import CocoWriter, CsvWriter
from detector.media.drawing import DrawStyle
from detector.media.sources import SUMMARY_FILE

CSV, JSON, JSONL, PEOPLE_CSV = "detections.csv", "detections.json", "detections.jsonl", "people.csv"

_FILES: dict[str, tuple[str, ...]] = {
    "images": (),
    "csv": (CSV,),
    "json": (JSON,),
    "jsonl": (JSONL,),
    "labels": (DATA_FILE, CLASSES_FILE),
    "crops": (),
    "people": (PEOPLE_CSV,),
}
SAVES = tuple(_FILES)
"""The kinds of results."""

DEFAULT_SAVES = ("images", "csv", "json")
"""Those that are written unless others are asked for."""


def files_of(save: Sequence[str]) -> tuple[str, ...]:
    """The files that kinds of results have for the whole run, beside `summary.json`."""
    return tuple(name for kind in save for name in _FILES[kind])


def described(save: Sequence[str], totals: Totals) -> str:
    """What a run has written, for people: nothing that no frame, or no face, was there for."""
    files = {
        **{kind: ", ".join(names) for kind, names in _FILES.items()},
        "images": "annotated copies" if totals.frames else "",
        "labels": f"{LABELS}/ with {IMAGES}/ and {DATA_FILE}" if totals.frames else f"{LABELS}/, {DATA_FILE}",
        "crops": f"{CROPS}/" if totals.faces.total() else "",
    }
    return ", ".join([*(files[kind] for kind in SAVES if kind in save and files[kind]), SUMMARY_FILE])


def reserved_names() -> tuple[str, ...]:
    """The names that no annotated copy may have."""
    return (SUMMARY_FILE, *files_of(SAVES))


def open_writers(
    save: Sequence[str], class_names: tuple[str, ...], names: OutputNames, style: DrawStyle
) -> Iterator[ResultWriter]:
    """The writers of some kinds of results.

    Args:
        save: Any of `SAVES`.
        class_names: Class names by class id.
        names: Gives files their names.
        style: How faces are drawn in copies.

    Raises:
        OutputError: A file cannot be written.
        UsageError: People are asked for, and the weights have other classes than the three states.
    """
    if "csv" in save:
        yield CsvWriter(names.folder / CSV)
    if "json" in save:
        yield CocoWriter(names.folder / JSON, class_names)
    if "jsonl" in save:
        yield JsonLinesWriter(names.folder / JSONL)
    if "labels" in save:
        yield LabelWriter(names, class_names)
    if "crops" in save:
        yield CropWriter(names)
    if "people" in save:
        yield PeopleWriter(names, PEOPLE_CSV, class_names)
    if "images" in save:
        yield ImageWriter(names, style)
