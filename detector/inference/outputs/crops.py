"""Every face as a picture of its own, in a folder for each class."""

from pathlib import PurePath

from detector.detections import Detections
from detector.files import writing
from detector.inference.outputs import ResultWriter
from detector.inference.outputs.labels import frame_name, to_jpeg
from detector.inference.outputs.names import CROPS, OutputNames
from detector.media.sources import Frame


class CropWriter(ResultWriter):
    """`crops/with_mask/photo-1.jpg` is the best face of `photo.jpg`, if it wears a mask.

    Args:
        names: Gives files their names.
    """

    is_table = False
    has_pictures = True

    def __init__(self, names: OutputNames) -> None:
        self._names = names

    def prepare(self, frame: Frame, faces: Detections) -> list[bytes | None]:
        """Cut the faces out; None for one that lies outside the picture."""
        return [to_jpeg(crop, frame.source.name) if crop.size else None for crop in faces.crop(frame.image)]

    def write(self, frame: Frame, faces: Detections, prepared: list[bytes | None] | None = None) -> None:
        """Write a file for each face."""
        prepared = self.prepare(frame, faces) if prepared is None else prepared
        # One folder for each class, with nothing below: so classifiers and `detector convert` read it.
        stem = "-".join(frame_name(frame).with_suffix("").parts)
        for number, (face, crop) in enumerate(zip(faces, prepared, strict=True), start=1):
            if crop is not None:
                name = self._names.claim(PurePath(CROPS, face.label, f"{stem}-{number}.jpg"))
                with writing(self._names.folder / name) as temporary:
                    temporary.write_bytes(crop)

    def close(self) -> None:
        """Nothing to do."""
