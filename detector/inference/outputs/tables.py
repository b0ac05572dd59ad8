"""`detections.csv` and `detections.json`."""

import csv
import json
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from detector.detections import Detections
from detector.files import writing
from detector.inference.outputs import ResultWriter
from detector.media.sources import Frame

COLUMNS = ("source", "frame", "seconds", "label", "confidence", "x1", "y1", "x2", "y2", "tracker_id")


def open_text(path: Path) -> IO[str]:
    """Open a file for UTF-8 text. Bytes of file names that are not UTF-8 are written with backslashes."""
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")


class CsvWriter(ResultWriter):
    """One row for every face.

    Args:
        path: The file to write.
    """

    def __init__(self, path: Path) -> None:
        self._stack = ExitStack()
        self._file = self._stack.enter_context(open_text(self._stack.enter_context(writing(path))))
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)

    def write(self, frame: Frame, faces: Detections, prepared: None = None) -> None:
        """Write the rows of a frame."""
        seconds = "" if frame.seconds is None else f"{frame.seconds:.3f}"
        for face in faces:
            corners = [f"{value:.2f}" for value in face.xyxy]
            identity = "" if face.tracker_id is None else face.tracker_id
            self._rows.writerow(
                [frame.source, frame.index, seconds, face.label, f"{face.confidence:.4f}", *corners, identity]
            )

    def close(self) -> None:
        """Finish the file."""
        self._stack.close()


class CocoWriter(ResultWriter):
    """All frames and faces in COCO's format, written as they come, so that memory does not grow with them.

    Args:
        path: The file to write.
        names: Class names by class id.
    """

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._stack = ExitStack()
        temporary = self._stack.enter_context(writing(path))
        self._images = self._stack.enter_context(open_text(temporary))
        # The second list grows in a file of its own, and is appended to the first at the end.
        rest = temporary.with_name(temporary.name + ".annotations")
        self._stack.callback(rest.unlink, missing_ok=True)
        self._annotations = self._stack.enter_context(rest.open("w+", encoding="utf-8"))
        self._image_id = self._annotation_id = 0
        categories = json.dumps([{"id": i, "name": name} for i, name in enumerate(names)])
        self._images.write(f'{{"categories": {categories},\n"images": [')

    def write(self, frame: Frame, faces: Detections, prepared: None = None) -> None:
        """Write a frame and its faces."""
        self._image_id += 1
        height, width = frame.image.shape[:2]
        image = {"id": self._image_id, "file_name": frame.source.name, "width": width, "height": height}
        if frame.seconds is not None:
            image |= {"frame": frame.index, "seconds": round(frame.seconds, 3)}
        _append(self._images, image, first=self._image_id == 1)
        for face in faces:
            self._annotation_id += 1
            x1, y1, x2, y2 = (round(value, 2) for value in face.xyxy)
            annotation: dict[str, Any] = {
                "id": self._annotation_id,
                "image_id": self._image_id,
                "category_id": face.class_id,
                "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)],
                "area": round((x2 - x1) * (y2 - y1), 2),
                "iscrowd": 0,
                "score": round(face.confidence, 4),
            }
            if face.tracker_id is not None:
                annotation["tracker_id"] = face.tracker_id
            _append(self._annotations, annotation, first=self._annotation_id == 1)

    def close(self) -> None:
        """Put the two lists together and finish the file."""
        with self._stack:
            self._images.write('\n],\n"annotations": [')
            self._annotations.seek(0)
            shutil.copyfileobj(self._annotations, self._images)
            self._images.write("\n]}\n")


def _append(file: IO[str], item: dict[str, Any], *, first: bool) -> None:
    file.write(("\n" if first else ",\n") + json.dumps(item))
