"""Finding pictures, reading their size, and decoding them small."""

import os
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from converters.errors import FolderError, PictureError

if TYPE_CHECKING:
    from PIL.Image import Image

# What both OpenCV and ultralytics read on every machine. Their other formats need plugins.
PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".jpe", ".jp2", ".png", ".tif", ".tiff", ".webp"})

DATA_FILE = "data.yaml"
CONVERSION_FILE = "conversion.json"  # beside data.yaml: this project wrote the dataset

_EXIF_ORIENTATION = 0x0112
_APP1 = 0xE1  # the JPEG segment that holds EXIF
_FRAME_STARTS = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture's header says.

    Attributes:
        width: Width in pixels as stored.
        height: Height as stored.
        orientation: EXIF orientation, 1 to 8; 1 is upright.
    """

    width: int
    height: int
    orientation: int

    @property
    def displayed(self) -> tuple[int, int]:
        """(width, height) as OpenCV shows the picture: orientations from 5 on turn it by a quarter."""
        return (self.width, self.height) if self.orientation < 5 else (self.height, self.width)


def is_picture(path: Path) -> bool:
    """Whether a file's name is that of a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def find_pictures(folder: Path) -> Iterator[Path]:
    """All pictures in a folder and below, sorted, without those that file managers hide."""
    return find_files(folder, PICTURE_SUFFIXES)


def find_files(folder: Path, suffixes: Collection[str] | None = None) -> Iterator[Path]:
    """All files in a folder and below, in the same order on every machine.

    Hidden files and what macOS adds to archives are passed over, and so are earlier conversions written below the
    folder; links to folders are not followed.

    Args:
        folder: The folder.
        suffixes: Only files with one of these, in lower case.

    Yields:
        Their paths.

    Raises:
        FolderError: A folder cannot be listed.
    """
    waiting = [str(folder)]
    while waiting:
        place = waiting.pop()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            raise FolderError(place, f"cannot be listed ({error.strerror})", "a readable folder") from error
        if place != str(folder) and {CONVERSION_FILE, DATA_FILE} <= {entry.name for entry in entries}:
            continue
        entries = [entry for entry in entries if not entry.name.startswith(".") and entry.name != "__MACOSX"]
        for entry in entries:
            if (suffixes is None or _suffix(entry.name) in suffixes) and entry.is_file():
                yield Path(entry.path)
        waiting += [entry.path for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if stem else ""


def displayed_size(path: Path) -> tuple[int, int]:
    """Size of a picture as OpenCV shows it, read from its header alone.

    Args:
        path: A picture.

    Returns:
        (width, height) in pixels, after the rotation that EXIF asks for.

    Raises:
        PictureError: The file is missing or its header cannot be read.
    """
    return read_header(path).displayed


def read_header(path: Path) -> Header:
    """Read a picture's size and orientation without decoding it.

    Raises:
        PictureError: The file is missing or its header cannot be read.
    """
    try:
        return _plain_jpeg_header(path) or _header_by_pillow(path)
    except Exception as error:  # Pillow's plugins raise nearly anything on a damaged file
        raise _as_picture_error(path, error) from error


def decode_small(path: Path, side: int) -> tuple[Header, np.ndarray]:
    """Decode a whole picture, to see whether it is intact. JPEGs are decoded at a fraction of their size.

    Args:
        path: A picture.
        side: The longer side of the result is at least this, unless the picture is smaller.

    Returns:
        The header, and the picture as displayed, in grey: HxW uint8.

    Raises:
        PictureError: The file is missing, damaged or cut short.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            header = _header(path, image)
            fraction = next((n for n in (8, 4, 2) if max(image.size) >= n * side), 1)
            image.draft("L", (image.width // fraction, image.height // fraction))
            image.load()
            upright = _upright(image) if header.orientation > 1 else image
            return header, np.asarray(_to_grey(upright))
    except Exception as error:
        raise _as_picture_error(path, error) from error


def _plain_jpeg_header(path: Path) -> Header | None:
    """The header of a JPEG without EXIF; None for any other file. It is several times as fast as Pillow."""
    with path.open("rb", buffering=0) as file:
        head = file.read(1024)
    if head[:3] != b"\xff\xd8\xff":
        return None
    position = 2  # of a segment: 0xFF, its kind, its length in two bytes, its content
    while position + 9 <= len(head) and head[position] == 0xFF and head[position + 1] != _APP1:
        length, height, width = struct.unpack_from(">HxHH", head, position + 2)
        if head[position + 1] in _FRAME_STARTS:
            return Header(width, height, 1) if width and height else None
        position += 2 + length
    return None


def _header_by_pillow(path: Path) -> Header:
    from PIL import Image

    with Image.open(path) as image:
        return _header(path, image)


def _header(path: Path, image: "Image") -> Header:
    width, height = image.size
    if width < 1 or height < 1:
        raise PictureError(path, f"a picture of {width} x {height} pixels", "at least one pixel")
    orientation = image.getexif().get(_EXIF_ORIENTATION, 1) if "exif" in image.info else 1
    return Header(width, height, orientation if orientation in range(1, 9) else 1)


def _upright(image: "Image") -> "Image":
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _to_grey(image: "Image") -> "Image":
    if image.mode == "L":
        return image
    if image.mode.startswith("I"):  # 16 bits: Pillow would cut them off at 255
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("RGB").convert("L")


def _as_picture_error(path: Path, error: Exception) -> PictureError:
    if isinstance(error, PictureError):
        return error
    if isinstance(error, FileNotFoundError):
        return PictureError(path, "no such file", "a picture")
    # One line, and without the path, which Pillow repeats.
    reason = " ".join(str(error).replace(repr(str(path)), "it").split())[:200]
    return PictureError(path, f"not a readable picture ({reason or type(error).__name__})", "a picture")
