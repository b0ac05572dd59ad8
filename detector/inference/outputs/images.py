"""Annotated copies of images and videos."""

from pathlib import Path, PurePath
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.errors import OutputError
from detector.files import writing
from detector.inference.outputs import Outcome, ResultWriter
from detector.inference.outputs.names import RESULT_FOLDERS, OutputNames
from detector.media.drawing import DrawStyle, draw_detections
from detector.media.sources import Frame
from detector.media.video_writer import VideoWriter

# Image formats in which copies are written, with OpenCV's settings. Copies of other images are PNG, of videos MP4.
_WRITABLE = {
    ".jpg": (cv2.IMWRITE_JPEG_QUALITY, 95),
    ".jpeg": (cv2.IMWRITE_JPEG_QUALITY, 95),
    ".jpe": (cv2.IMWRITE_JPEG_QUALITY, 95),
    ".jfif": (cv2.IMWRITE_JPEG_QUALITY, 95),
    ".png": (cv2.IMWRITE_PNG_COMPRESSION, 3),
    ".bmp": (),
    ".tif": (),
    ".tiff": (),
    ".webp": (cv2.IMWRITE_WEBP_QUALITY, 95),
}
_ENCODERS = {".jpe": ".jpg", ".jfif": ".jpg"}
_PLAIN = DrawStyle()
_NO_SOUND = "its copy is silent: MP4 cannot hold its sound"
_LONGEST_WEBP_SIDE = 16_383
_LONGEST_JPEG_SIDE = 65_500


Copy: TypeAlias = NDArray[np.uint8] | bytes
"""An annotated frame of a video, BGR uint8 (H, W, 3); or the whole file of an annotated image."""


def render(frame: Frame, faces: Detections, style: DrawStyle) -> Copy:
    """Draw the faces, and encode an image. This takes long and may be done by several threads at once.

    Raises:
        OutputError: The image cannot be encoded.
    """
    annotated = draw_detections(frame.image, faces, style)
    if frame.timing is not None:
        return annotated
    suffix = _image_suffix(frame)
    encoded, data = cv2.imencode(_ENCODERS.get(suffix, suffix), annotated, _WRITABLE[suffix])
    if not encoded:
        raise OutputError(str(frame.source.relative), f"not encodable as {suffix}")
    return data.tobytes()


class ImageWriter(ResultWriter):
    """Writes a copy of every input with its faces drawn, at the same path below the output folder.

    Args:
        names: Gives the copies their names.
        style: How faces are drawn.
    """

    is_table = False
    has_pictures = True

    def __init__(self, names: OutputNames, style: DrawStyle = _PLAIN) -> None:
        self._names, self._style = names, style
        self._video: VideoWriter | None = None
        self._output: PurePath | None = None

    def prepare(self, frame: Frame, faces: Detections) -> Copy:
        """Draw the faces, and encode an image."""
        return render(frame, faces, self._style)

    def write(self, frame: Frame, faces: Detections, prepared: Copy | None = None) -> None:
        """Write an image, or append a frame to its video."""
        copy = self.prepare(frame, faces) if prepared is None else prepared
        if isinstance(copy, bytes):
            self._output = self._name(frame.source.relative, _image_suffix(frame))
            with writing(self._names.folder / self._output) as temporary:
                temporary.write_bytes(copy)
            return
        if frame.timing is None:
            raise TypeError("an annotated picture is given as the bytes of its file")
        if self._video is None:
            self._output = self._name(frame.source.relative, ".mp4")
            sound_of = Path(frame.source.name) if frame.source.kind == "video" else None
            self._video = VideoWriter(self._names.folder / self._output, copy, frame.timing, sound_of)
        try:
            self._video.write(copy, frame.timing)
        except OutputError:
            self._video = self._output = None
            raise

    def end(self, outcome: Outcome) -> None:
        """Finish a video, and write the name of the copy into the outcome."""
        if self._video is not None:
            video, self._video = self._video, None
            video.close()
            if video.lacks_sound:
                outcome.note = "; ".join(filter(None, (outcome.note, _NO_SOUND)))
        if self._output is not None:
            outcome.output = self._output.as_posix()
            self._output = None

    def close(self) -> None:
        """Finish a video that was interrupted."""
        self.end(Outcome(""))

    def _name(self, relative: PurePath, suffix: str) -> PurePath:
        top, *below = relative.parts
        if below and top.casefold() in RESULT_FOLDERS:  # a folder of the input is called like one of the results
            relative = PurePath(f"{top}-2", *below)
        # A new suffix is added to the old one, so that the original is still named: photo.gif becomes photo.gif.png.
        keeps = relative.suffix.lower() == suffix
        return self._names.claim(relative if keeps else relative.with_name(relative.name + suffix))


def _image_suffix(frame: Frame) -> str:
    suffix = frame.source.relative.suffix.lower()
    longest = max(frame.image.shape)
    if suffix not in _WRITABLE or (suffix == ".webp" and longest > _LONGEST_WEBP_SIDE):
        return ".png"
    return ".png" if _ENCODERS.get(suffix, suffix) in (".jpg", ".jpeg") and longest > _LONGEST_JPEG_SIDE else suffix
