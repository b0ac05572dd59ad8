"""Opens pictures: their headers and sizes, a small decoded copy, and clear errors for what is no picture."""

import contextlib
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from converters.errors import MaskDetectorError, PictureError
from converters.files import READ
from converters.process_wide import silent_warnings

if TYPE_CHECKING:
    from PIL.Image import Image

_EXIF_ORIENTATION = 0x0112
_APP1 = 0xE1  # the JPEG segment that holds EXIF
_FRAME_STARTS = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
_NO_HEIF = "HEIC, which needs pillow-heif (pip install 'mask-detector[heif]')"
_IN_PLACE = (
    (b"version https://git-lfs", "a pointer of Git LFS in place of the picture: run git lfs pull"),
    (b"<!doctype html", "a web page in place of the picture: download it again"),
    (b"<html", "a web page in place of the picture: download it again"),
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture's header says.

    Attributes:
        width: Width in pixels as stored.
        height: Height as stored.
        orientation: EXIF orientation, 1 to 8; 1 is upright.
        format: What the content is, whatever the file's name says, in Pillow's words: "JPEG", "PNG", "GIF".
        animated: Whether there are more frames than the first one, which is read.
    """

    width: int
    height: int
    orientation: int
    format: str = "JPEG"
    animated: bool = False

    @property
    def displayed(self) -> tuple[int, int]:
        """(width, height) as OpenCV shows the picture: orientations from 5 on turn it by a quarter."""
        return (self.width, self.height) if self.orientation < 5 else (self.height, self.width)


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
    with open_picture(path) as image:
        header = _header(path, image)
        fraction = next((n for n in (8, 4, 2) if max(image.size) >= n * side), 1)
        image.draft("L", (image.width // fraction, image.height // fraction))
        image.load()
        upright = _upright(image) if header.orientation > 1 else image
        return header, np.asarray(_to_grey(upright))


@contextlib.contextmanager
def open_picture(source: Path | BytesIO) -> Iterator["Image"]:
    """Open a picture file of any format that Pillow reads, and HEIC where pillow-heif is installed.

    Args:
        source: The file, or its content.

    Yields:
        The picture, open and not decoded.

    Raises:
        PictureError: It is no picture, damaged, cut short, or larger than Pillow's limit against decompression bombs
            (`PIL.Image.MAX_IMAGE_PIXELS`); also where the block that uses the picture fails on it.
    """
    try:
        if isinstance(source, Path):
            check_file(source, "a picture")
        elif not source.getbuffer().nbytes:
            raise PictureError(_name(source), "empty", "the content of a picture file")
        with silent_warnings(), _opened(source) as image:
            yield image
    except Exception as error:  # Pillow's plugins raise nearly anything on a damaged file
        raise _as_picture_error(source, error) from error


def check_file(path: Path, expected: str, error: type[MaskDetectorError] = PictureError) -> None:
    """Check that there is something to read. Opening a pipe, for example, would wait for ever.

    Args:
        path: The file.
        expected: What it should be.
        error: The exception to raise.

    Raises:
        MaskDetectorError: As `error`: the path is not an ordinary file, or the file is empty.
        OSError: There is no such file, or its folder is not accessible.
    """
    info = path.stat()
    if not stat.S_ISREG(info.st_mode):
        raise error(path, "a folder" if stat.S_ISDIR(info.st_mode) else "no ordinary file", expected)
    if info.st_size == 0:
        raise error(path, "an empty file", expected)


def turn_upright(image: "Image") -> None:
    """Turn a picture in place the way its EXIF orientation asks for."""
    from PIL import ImageOps

    # Pillow would also apply an orientation from XMP. Browsers, OpenCV and the training ignore it.
    if "exif" not in image.info:
        return
    # A damaged EXIF block is no reason to refuse the picture.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def on_white(image: "Image") -> "Image":
    """A picture with white where it is transparent."""
    from PIL import Image

    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _opened(source: Path | BytesIO) -> "Image":
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(source)
    except (UnidentifiedImageError, ModuleNotFoundError):  # the second comes from ultralytics, which changes `open`
        if not _is_heif(source):
            raise
        _register_heif(source)
        return Image.open(source)


def _name(source: Path | BytesIO) -> Path | str:
    return source if isinstance(source, Path) else "bytes"


def _head(source: Path | BytesIO, count: int) -> bytes:
    """The first bytes of a file."""
    if isinstance(source, BytesIO):
        return bytes(source.getbuffer()[:count])
    with source.open("rb") as file:
        return file.read(count)


def _is_heif(source: Path | BytesIO) -> bool:
    head = _head(source, 12)
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


def _register_heif(source: Path | BytesIO) -> None:
    """Let Pillow read HEIC.

    Raises:
        PictureError: pillow-heif is not installed.
    """
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise PictureError(_name(source), _NO_HEIF) from None
    register_heif_opener()


def _plain_jpeg_header(path: Path) -> Header | None:
    """The header of a JPEG without EXIF; None for any other file. It is several times as fast as Pillow."""
    file = os.open(path, READ)
    try:
        head = os.read(file, 1024)
    finally:
        os.close(file)
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
    with open_picture(path) as image:
        return _header(path, image)


def _header(path: Path, image: "Image") -> Header:
    width, height = image.size
    if width < 1 or height < 1:
        raise PictureError(path, f"a picture of {width} x {height} pixels", "at least one pixel")
    orientation = image.getexif().get(_EXIF_ORIENTATION, 1) if "exif" in image.info else 1
    kind = image.format or ""
    # Pages of a TIFF and the second picture of an MPO are no animation.
    animated = kind not in ("MPO", "TIFF") and bool(getattr(image, "is_animated", False))
    return Header(width, height, orientation if orientation in range(1, 9) else 1, kind, animated)


def _upright(image: "Image") -> "Image":
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _to_grey(image: "Image") -> "Image":
    if image.mode == "L":
        return image
    if image.mode.startswith("I"):  # 16 bits: Pillow would cut them off at 255
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("RGB").convert("L")


def _as_picture_error(source: Path | BytesIO, error: Exception) -> MaskDetectorError:
    from PIL import Image, UnidentifiedImageError

    name = _name(source)
    if isinstance(error, MaskDetectorError):
        return error
    if isinstance(error, FileNotFoundError) and isinstance(source, Path):
        return PictureError(
            source, f"a link to {source.readlink()}, which is not there" if source.is_symlink() else "no such file"
        )
    if isinstance(error, UnidentifiedImageError | ModuleNotFoundError):
        return _no_picture(source)
    if isinstance(error, Image.DecompressionBombError):
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6
        return PictureError(name, f"more than {limit} megapixels", "a smaller picture, or tiles cut from it")
    if isinstance(error, OSError) and error.strerror:
        return PictureError(name, error.strerror)
    # One line, and without the path, which Pillow repeats.
    reason = " ".join(str(error).replace(repr(str(source)), "it").split())[:200]
    return PictureError(name, f"not a readable picture ({reason or type(error).__name__})", "a picture")


def _no_picture(source: Path | BytesIO) -> PictureError:
    head = _head(source, 64).lstrip().lower()
    found = next(
        (found for start, found in _IN_PLACE if head.startswith(start)), "not a picture, or too damaged to tell"
    )
    return PictureError(_name(source), found, "a JPEG, PNG, WebP, AVIF, TIFF, BMP ...")
