"""Finding pictures and reading their size."""

import os
from collections.abc import Iterator
from pathlib import Path

from converters.errors import MaskDetectorError

# What both OpenCV and ultralytics read everywhere; the rarer formats of theirs need plugins.
PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".jpe", ".jp2", ".png", ".tif", ".tiff", ".webp"})

_EXIF_ORIENTATION = 0x0112
_TURNED = frozenset({5, 6, 7, 8})  # the orientations that exchange width and height


class PictureError(MaskDetectorError):
    """A picture is missing or cannot be read."""


def is_picture(path: Path) -> bool:
    """Whether a file's name is that of a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def find_pictures(folder: Path) -> Iterator[Path]:
    """All pictures in a folder and below, sorted, without those that file managers hide."""
    for name in find_files(folder):
        if is_picture(name):
            yield name


def find_files(folder: Path) -> Iterator[Path]:
    """All files in a folder and below, in the same order on every machine, without hidden ones and macOS archives'."""
    for root, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(root, name)


def displayed_size(path: Path) -> tuple[int, int]:
    """Size of a picture as OpenCV shows it, read from its header alone.

    Args:
        path: A picture.

    Returns:
        (width, height) in pixels, after the rotation that EXIF asks for.

    Raises:
        PictureError: The file is missing or its header cannot be read.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(_EXIF_ORIENTATION) in _TURNED
    except FileNotFoundError:
        raise PictureError(path, "no such file", "a picture") from None
    except Exception as error:  # PIL's plugins raise nearly anything on a damaged header
        raise PictureError(path, f"not a readable picture ({type(error).__name__})", "a picture") from error
    if width < 1 or height < 1:
        raise PictureError(path, f"a picture of {width} x {height} pixels", "at least one pixel")
    return (height, width) if turned else (width, height)
