"""The columns of the results, as Arrow tables: one row for every input, one for every face."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from detector.detections import Detections

if TYPE_CHECKING:
    import pyarrow as pa

PLAN_COLUMNS = ("input", "source", "path", "kind")
"""What is to be done: the number of the input, its name in tables, what is opened, "image" or "video"."""


@dataclass
class Answer:
    """What was found in one input.

    Attributes:
        kind: "image" or "video"; None where nothing could be read.
        outcome: "read", "damaged" or "failed", as in `summary.json`.
        reason: Why it is not "read".
        width: In pixels, as shown; None where nothing could be read.
        height: In pixels.
        frames: How many were looked at; 1 for a picture.
        milliseconds: What it took, from opening it to its faces.
        faces: A row for each face, with the columns of `detections.csv` except `source`.
    """

    kind: str | None = None
    outcome: str = "read"
    reason: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int = 0
    milliseconds: float = 0.0
    faces: list[dict[str, Any]] = field(default_factory=list)


def face_rows(faces: Detections, frame: int = 0, seconds: float | None = None) -> list[dict[str, Any]]:
    """The rows of the faces of one frame."""
    return [
        {
            "frame": frame,
            "seconds": seconds,
            "label": face.label,
            "confidence": face.confidence,
            **dict(zip(("x1", "y1", "x2", "y2"), face.xyxy, strict=True)),
            "tracker_id": face.tracker_id,
        }
        for face in faces
    ]


def face_type() -> "pa.DataType":
    """The type of one face in a row of `detect`."""
    import pyarrow as pa

    numbers = [(name, pa.float32()) for name in ("confidence", "x1", "y1", "x2", "y2")]
    return pa.struct(
        [
            ("frame", pa.int32()),
            ("seconds", pa.float64()),
            ("label", pa.string()),
            *numbers,
            ("tracker_id", pa.int64()),
        ]
    )


def answer_schema() -> "pa.Schema":
    """The columns that `detect` adds."""
    import pyarrow as pa

    return pa.schema(
        [
            ("kind", pa.string()),
            ("outcome", pa.string()),
            ("reason", pa.string()),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("frames", pa.int64()),
            ("milliseconds", pa.float32()),
            ("faces", pa.list_(face_type())),
        ]
    )


def add_answers(table: "pa.Table", answers: Sequence[Answer]) -> "pa.Table":
    """A table with the columns of `answer_schema` for its rows, in place of columns of these names."""
    import pyarrow as pa

    schema = answer_schema()
    added = pa.Table.from_pylist([vars(answer) for answer in answers], schema=schema)
    kept = table.drop_columns([name for name in schema.names if name in table.column_names])
    for name in schema.names:
        kept = kept.append_column(schema.field(name), added.column(name))
    return kept


def input_table(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> "pa.Table":
    """One row for every input: its outcome and its faces by class.

    Args:
        rows: As `detect` gives them.
        names: Class names by class id.
    """
    import pyarrow as pa

    schema = pa.schema(
        [
            ("input", pa.int64()),
            ("source", pa.string()),
            *[column for column in answer_schema() if column.name != "faces"],
            *[(name, pa.int64()) for name in names],
        ]
    )
    counted = ({**row, **{name: sum(face["label"] == name for face in row["faces"]) for name in names}} for row in rows)
    return pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in counted], schema=schema)


def face_table(rows: Iterable[dict[str, Any]]) -> "pa.Table":
    """One row for every face: the number of its input, then the columns of `detections.csv`.

    Args:
        rows: As `detect` gives them.
    """
    import pyarrow as pa

    schema = pa.schema([("input", pa.int64()), ("source", pa.string()), *face_type()])
    found = [{"input": row["input"], "source": row["source"], **face} for row in rows for face in row["faces"]]
    return pa.Table.from_pylist(found, schema=schema)
