"""What a client gets for its pictures: JSON, COCO, YOLO, CSV, or the annotated picture.

The tables are those of `detector infer`, written by the same code.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

from fastapi.responses import JSONResponse, Response

from detector.detections import Detections
from detector.inference.outputs.images import render
from detector.inference.outputs.labels import label_lines
from detector.inference.outputs.tables import CocoWriter, CsvWriter
from detector.media.drawing import DrawStyle
from detector.media.sources import Frame, Source
from detector.server.batching_queue import Found
from detector.server.problems import ProblemError

Format: TypeAlias = Literal["json", "coco", "yolo", "csv", "image"]
"""The forms of an answer."""

_IMAGE_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
_YAML = "data.yaml"


@dataclass(frozen=True, slots=True)
class Answered:
    """A picture, and its faces or its problem.

    Attributes:
        name: As the client called it.
        found: Its faces; None where there is a problem.
        problem: Why there are none.
    """

    name: str
    found: Found | None
    problem: ProblemError | None = None

    def frame(self) -> Frame:
        """The picture as `infer` sees it."""
        assert self.found is not None
        return Frame(self.found.image, Source(self.name, "image", PurePath(self.name)))

    def to_dict(self) -> dict[str, Any]:
        """The picture for JSON."""
        if self.found is None:
            return {"name": self.name, "error": None if self.problem is None else self.problem.to_dict()}
        height, width = self.found.image.shape[:2]
        return {
            "name": self.name,
            "width": width,
            "height": height,
            "faces": self.found.faces.to_dicts(),
            "counts": self.found.faces.counts(),
            "timing": {"waited": round(self.found.waited, 4), "inference": round(self.found.seconds, 4)},
        }


def answer(answered: Sequence[Answered], form: Format, *, several: bool) -> Response:
    """The answer in a format.

    Args:
        answered: The pictures, in the order in which they were sent.
        form: The format.
        several: They came as a list, and are answered as one.
    """
    if form == "json":
        return JSONResponse([each.to_dict() for each in answered] if several else answered[0].to_dict())
    found = [each for each in answered if each.found is not None]
    errors = [each.to_dict() for each in answered if each.found is None]
    if form == "csv":
        return Response(csv_of(found), media_type="text/csv; charset=utf-8", headers=_failed(errors))
    if form == "coco":
        return JSONResponse(coco_of(found) | ({"errors": errors} if errors else {}))
    if not several:
        single = found[0]
        if form == "yolo":
            return Response(yolo_of(single), media_type="text/plain; charset=utf-8")
        suffix, content = image_of(single)
        return Response(content, media_type=_IMAGE_TYPES[suffix])
    return Response(_zip_of(found, errors, form), media_type="application/zip", headers=_failed(errors))


def csv_of(answered: Iterable[Answered]) -> bytes:
    """The rows of `detections.csv`."""
    with TemporaryDirectory() as folder:
        writer = CsvWriter(path := Path(folder, "detections.csv"))
        for each in answered:
            writer.write(each.frame(), _faces(each))
        writer.close()
        return path.read_bytes()


def coco_of(answered: Sequence[Answered]) -> dict[str, Any]:
    """The content of `detections.json`."""
    names = _faces(answered[0]).names if answered else ()
    with TemporaryDirectory() as folder:
        writer = CocoWriter(path := Path(folder, "detections.json"), names)
        for each in answered:
            writer.write(each.frame(), _faces(each))
        writer.close()
        content: dict[str, Any] = json.loads(path.read_bytes())
        return content


def yolo_of(answered: Answered) -> str:
    """The lines of a YOLO label file: class, and centre, width and height as fractions of the picture's."""
    return label_lines(answered.frame(), _faces(answered))


def image_of(answered: Answered) -> tuple[str, bytes]:
    """The suffix and the content of the annotated copy, as `infer` writes it."""
    frame = answered.frame()
    suffix = frame.source.relative.suffix.lower()
    if suffix not in _IMAGE_TYPES:
        suffix = ".jpg"  # a body without a name, or a format that is not written
        frame = Frame(frame.image, Source(answered.name, "image", PurePath("picture.jpg")))
    content = render(frame, _faces(answered), DrawStyle())
    assert isinstance(content, bytes)
    return ".png" if content.startswith(b"\x89PNG") else suffix, content


def _zip_of(answered: Sequence[Answered], errors: list[dict[str, Any]], form: Format) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number, each in enumerate(answered, 1):
            stem = PurePath(each.name).stem
            if form == "yolo":
                archive.writestr(f"labels/{number:03}-{stem}.txt", yolo_of(each))
            else:
                suffix, image = image_of(each)
                archive.writestr(f"{number:03}-{stem}{suffix}", image)
        if form == "yolo" and answered:
            names = dict(enumerate(_faces(answered[0]).names))
            archive.writestr(_YAML, "names:\n" + "".join(f"  {i}: {name}\n" for i, name in names.items()))
        if errors:
            archive.writestr("errors.json", json.dumps(errors, indent=1))
    return content.getvalue()


def _faces(answered: Answered) -> Detections:
    assert answered.found is not None
    return answered.found.faces


def _failed(errors: list[dict[str, Any]]) -> dict[str, str]:
    """A form without room for problems names their number in a header."""
    return {"X-Failed-Pictures": str(len(errors))} if errors else {}
