"""Image files, and pictures in any other form, as BGR arrays."""

import os
from collections.abc import Callable
from io import BytesIO
from numbers import Integral
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias, Union

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.errors import PictureError
from converters.pictures import on_white, open_picture, turn_upright
from detector.errors import SourceError
from detector.libraries import switch_off_ultralytics
from detector.media.addresses import address_error
from detector.media.jpeg_end import NOTE, complete_jpeg
from detector.media.media_kinds import kind_of
from detector.media.picture_size import size_in_header

if TYPE_CHECKING:
    import PIL.Image

# The types of numbers are those that OpenCV's functions are annotated with; `to_image` says which it takes.
ImageInput: TypeAlias = Union[
    str, os.PathLike[str], bytes, IO[bytes], NDArray[np.integer[Any] | np.floating[Any]], "PIL.Image.Image"
]
"""A picture in any form that `to_image` takes."""

_EXPECTED = "a path, the bytes of a picture file, a uint8 array (BGR, BGRA or grey) or a Pillow image"
_STREAM = "`stream` reads folders, videos and cameras"
_EXPECTED_ARRAY = "BGR uint8 (height, width, 3), or grey, BGRA or uint16"


def to_image(given: object, name: str = "image") -> NDArray[np.uint8]:
    """Convert a picture in any form.

    Args:
        given: A path; the content of a picture file as bytes, or an open file; an array (H, W) or (H, W, 1) of grey,
            (H, W, 3) of BGR or (H, W, 4) of BGRA values, uint8 or uint16; or a Pillow image, taken as its pixels stand,
            without EXIF rotation.
        name: What errors call a picture that has no path.

    Returns:
        BGR uint8 (H, W, 3), contiguous in memory; a given array itself if it is that already.

    Raises:
        SourceError: It is something else, or cannot be read.
    """
    if isinstance(given, str | os.PathLike):
        return _read_path(os.fsdecode(given))
    if isinstance(given, np.ndarray):
        return _array_to_bgr(given, name)
    if isinstance(given, bytes | bytearray | memoryview):
        return read_image(BytesIO(given), name)
    if callable(getattr(given, "read", None)):
        return read_image(_content(given, name), name)
    import PIL.Image

    if isinstance(given, PIL.Image.Image):
        return _pillow_to_bgr(given, name)
    raise SourceError(name, *_refusal(given))


def read_image(
    source: Path | BytesIO, name: str | None = None, note: Callable[[str], None] = lambda text: None
) -> NDArray[np.uint8]:
    """Read a picture as a viewer shows it.

    EXIF rotation is applied, 16-bit values are scaled to 8 bits, and transparent parts become white. The first frame of
    an animation or of a file with many pages is read. A file that is cut short is an error; a JPEG that lacks its end
    marker alone is not.

    Args:
        source: A file in any format that Pillow reads, or HEIC where pillow-heif is installed; or its content.
        name: What errors call it, if not by its path.
        note: Called with what is odd about a picture that could be read all the same.

    Returns:
        BGR uint8 (H, W, 3).

    Raises:
        SourceError: It is no picture, damaged, cut short, of a kind without an 8-bit form, or larger than Pillow's
            limit against decompression bombs (`PIL.Image.MAX_IMAGE_PIXELS`).
    """
    # Pillow, not OpenCV: OpenCV reads a JPEG that was cut short as a half grey image, without an error.
    switch_off_ultralytics()
    try:
        with open_picture(source) as image:
            image.load()
            turn_upright(image)
            return to_bgr(image)
    except (PictureError, SourceError) as error:
        if (completed := complete_jpeg(source)) is not None:
            note(NOTE)
            return read_image(completed, name)
        raise SourceError(name or error.subject, error.found, error.expected) from error


def image_bytes(source: Path | BytesIO) -> int:
    """The memory in bytes that the pixels of an image file take, from its header; 0 where that cannot be read."""
    width, height = _size(source)
    return 3 * width * height


def _size(source: Path | BytesIO) -> tuple[int, int]:
    """(width, height) in pixels as stored; `read_image` reports what is wrong where that is (0, 0)."""
    try:
        if isinstance(source, BytesIO):
            size = size_in_header(BytesIO(source.getbuffer()))
        elif source.is_file():  # opening a pipe would wait for ever
            with source.open("rb") as file:
                size = size_in_header(file)
        else:
            return 0, 0
        if size is not None:
            return size
        switch_off_ultralytics()
        with open_picture(source) as image:
            return image.size
    except (PictureError, OSError, ValueError):  # ValueError: a null byte in the name
        return 0, 0


def to_bgr(image: "PIL.Image.Image") -> NDArray[np.uint8]:
    """Convert a Pillow image of any mode to BGR uint8 (H, W, 3).

    Raises:
        SourceError: Its pixels are floating-point numbers or 32-bit integers.
    """
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        # Older versions of Pillow open 16-bit pictures in 32 bits.
        if image.mode == "F" or values.min() < 0 or values.max() > 0xFFFF:
            raise SourceError(
                getattr(image, "filename", "image"), f"pixels of mode {image.mode}", "8 or 16 bits per channel"
            )
        return cv2.cvtColor(_to_8_bits(values), cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]
    image = on_white(image)
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    return cv2.cvtColor(np.asarray(rgb), cv2.COLOR_RGB2BGR)  # type: ignore[return-value]


def _to_8_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """16-bit values, 0 to 65535, as 8-bit ones.

    Cameras of 10, 12 and 14 bits leave the highest bits empty. The largest value tells how many there are; without that
    their images would be nearly black.
    """
    bits = int(values.max(initial=0)).bit_length()
    return (values >> max(bits - 8, 0)).astype(np.uint8)


def _read_path(path: str) -> NDArray[np.uint8]:
    if not path:  # as a `Path` it would be the working folder
        raise SourceError('""', "an empty name", "the path of a picture")
    if error := address_error(path):
        raise error
    if os.path.isdir(path):  # noqa: PTH112  (`Path.is_dir` raises where a name is too long)
        raise SourceError(path, "a folder", f"a picture; {_STREAM}")
    try:
        return read_image(Path(path))
    except SourceError as error:
        if _is_video(Path(path)):
            raise SourceError(path, "a video", f"a picture; {_STREAM}") from error
        raise


def _is_video(path: Path) -> bool:
    """Whether a file that could not be read is a video, and no damaged picture."""
    is_file = os.path.isfile(path)  # noqa: PTH113  (`Path.is_file` raises where a name is too long)
    return is_file and not image_bytes(path) and kind_of(path, is_named=True) == "video"


def _content(file: Any, name: str) -> BytesIO:
    """The content of an open file, from its start where that can be returned to."""
    try:
        if hasattr(file, "seekable") and file.seekable():
            file.seek(0)
        content = file.read()
    except (OSError, ValueError) as error:  # ValueError: it is closed
        raise SourceError(name, f"a file that cannot be read ({error})", "an open file") from error
    if not isinstance(content, bytes):
        raise SourceError(name, f"a file that gives {type(content).__name__}", 'a file opened with mode "rb"')
    return BytesIO(content)


def _array_to_bgr(image: NDArray[Any], name: str) -> NDArray[np.uint8]:
    channels = image.shape[2] if image.ndim == 3 else int(image.ndim == 2)
    if image.dtype.kind != "u" or image.itemsize > 2 or channels not in (1, 3, 4) or 0 in image.shape:
        raise SourceError(name, f"an array of {image.dtype} {image.shape}", _EXPECTED_ARRAY + _advice(image))
    values = np.ascontiguousarray(image if image.itemsize == 1 else _to_8_bits(image))
    if channels == 1:
        return cv2.cvtColor(values, cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]
    return values if channels == 3 else _bgra_to_bgr(values)


def _bgra_to_bgr(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import PIL.Image

    return to_bgr(PIL.Image.fromarray(cv2.cvtColor(values, cv2.COLOR_BGRA2RGBA)))


def _advice(image: NDArray[Any]) -> str:
    """How to convert an array that is not taken."""
    if image.size == 0 or image.ndim not in (2, 3, 4) or image.dtype.kind not in "biuf":
        return ""
    if image.ndim == 4:
        return "; several pictures are given as a list: list(images)"
    if image.ndim == 3 and image.shape[2] not in (1, 3, 4):
        if image.shape[0] not in (1, 3, 4):
            return ""
        return "; channels come last: np.moveaxis(image, 0, -1)"
    if image.dtype.kind in "bf" and image.max() <= 1:
        return "; values from 0 to 1 are converted by (image * 255).round().astype(np.uint8)"
    return "; values from 0 to 255 are converted by image.clip(0, 255).astype(np.uint8)"


def _pillow_to_bgr(image: "PIL.Image.Image", name: str) -> NDArray[np.uint8]:
    if 0 in image.size:
        raise SourceError(name, f"a picture of {image.width} x {image.height} pixels", "at least one pixel")
    try:
        image.load()
        return to_bgr(image)
    except SourceError as error:
        raise SourceError(getattr(image, "filename", "") or name, error.found, error.expected) from error
    except (OSError, SyntaxError, ValueError) as error:  # damaged or closed: it is decoded only now
        raise SourceError(name, f"not a readable picture ({error})", "a Pillow image that can be loaded") from error


def _refusal(given: object) -> tuple[str, str]:
    """What was found in place of a picture, and what was expected."""
    found = f"a value of type {type(given).__name__}"
    if given is None:
        return found, f"{_EXPECTED}; cv2.imread gives None for a file that it cannot read"
    if hasattr(given, "permute"):
        how = "image.mul(255).byte().permute(1, 2, 0).flip(-1).cpu().numpy()"
        return found, f"{_EXPECTED}; an RGB tensor (3, height, width) of values from 0 to 1 is converted by {how}"
    if isinstance(given, Integral):
        return found, f"{_EXPECTED}; `stream` reads cameras"
    if hasattr(given, "__array__"):
        return found, f"{_EXPECTED}; np.asarray(image) makes an array"
    return found, f"{_EXPECTED}, or a list of these"
