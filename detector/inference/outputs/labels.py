"""A YOLO dataset of what was found: label files, the pictures that they belong to, and a `data.yaml`."""

import os
import shutil
from pathlib import Path, PurePath

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.errors import OutputError
from detector.files import writing
from detector.inference.outputs import ResultWriter
from detector.inference.outputs.names import IMAGES, LABELS, OutputNames
from detector.inference.outputs.tables import open_text
from detector.media.sources import Frame

DATA_FILE, CLASSES_FILE = "data.yaml", f"{LABELS}/classes.txt"


class LabelWriter(ResultWriter):
    """A label file for every picture and every frame of a video.

    `images/` has a link to each picture, or the picture of each frame, so that annotation tools, ultralytics and
    `detector convert` find what the labels belong to.

    Args:
        names: Gives files their names.
        class_names: Class names by class id.
    """

    is_table = False
    has_pictures = True

    def __init__(self, names: OutputNames, class_names: tuple[str, ...]) -> None:
        self._names, self._class_names = names, class_names

    def prepare(self, frame: Frame, faces: Detections) -> bytes | None:
        """Encode a frame of a video; pictures are files already."""
        return None if frame.timing is None else to_jpeg(frame.image, frame.source.name)

    def write(self, frame: Frame, faces: Detections, prepared: bytes | None = None) -> None:
        """Write a label file, and the picture or a link to it."""
        # ultralytics puts `labels` in place of the last `images` in a path: there must not be another one.
        place = PurePath(*(f"{part}-2" if part == IMAGES else part for part in frame_name(frame).parts))
        wanted = [PurePath(LABELS, place.with_suffix(".txt")), PurePath(IMAGES, place)]
        label, image = self._names.claim_all(wanted)
        with writing(self._names.folder / image) as temporary:
            if frame.timing is None:
                _link(Path(frame.source.name).resolve(), temporary)
            else:
                temporary.write_bytes(prepared or to_jpeg(frame.image, frame.source.name))
        with writing(self._names.folder / label) as temporary:
            temporary.write_text(label_lines(frame, faces), encoding="ascii")

    def close(self) -> None:
        """Write the names of the classes, for ultralytics and for annotation tools."""
        with writing(self._names.folder / CLASSES_FILE) as temporary, open_text(temporary) as file:
            file.writelines(f"{name}\n" for name in self._class_names)
        with writing(self._names.folder / DATA_FILE) as temporary, open_text(temporary) as file:
            file.write(f"train: {IMAGES}\nval: {IMAGES}\nnames:\n")
            file.writelines(f"  {number}: {name}\n" for number, name in enumerate(self._class_names))


def frame_name(frame: Frame, suffix: str = ".jpg") -> PurePath:
    """The picture's path below the input; `clip.mp4/000012.jpg` for frame 12 of a video."""
    relative = frame.source.relative
    return relative if frame.timing is None else relative / f"{frame.index:06d}{suffix}"


def to_jpeg(image: NDArray[np.uint8], source: str) -> bytes:
    """The content of a JPEG file.

    Args:
        image: BGR uint8 (H, W, 3).
        source: The input, for the error.

    Raises:
        OutputError: The image cannot be encoded.
    """
    encoded, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 95))
    if not encoded:
        raise OutputError(source, "not encodable as JPEG")
    return data.tobytes()


def label_lines(frame: Frame, faces: Detections) -> str:
    """The lines of a label file: class, and centre, width and height as fractions of the picture's."""
    height, width = frame.image.shape[:2]
    lines = []
    for face in faces:
        x1, y1, x2, y2 = face.xyxy
        values = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
        lines.append(f"{face.class_id} " + " ".join(f"{value:.6f}" for value in values) + "\n")
    return "".join(lines)


def _link(picture: Path, place: Path) -> None:
    """Make a link to a picture; a copy where there are no links."""
    try:
        place.symlink_to(picture)
    except (OSError, NotImplementedError):  # Windows, without the right to make them
        try:
            os.link(picture, place)
        except OSError:
            shutil.copyfile(picture, place)
