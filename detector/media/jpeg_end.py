"""JPEG files that lack their end marker only, as some cameras and broken transfers leave them."""

from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np

from converters.errors import PictureError
from converters.pictures import open_picture

NOTE = "the JPEG has no end marker; all of its pixels are there"

_START, _END = b"\xff\xd8\xff", b"\xff\xd9"
_MOST_BYTES = 200_000_000
# A decoder takes data of any content behind the last pixel for nothing, and in place of missing data for pixels.
_TAILS = (b"\x55" * 4096, b"\xaa" * 4096)
# Where a file has restart markers, data is only taken behind the next one of eight.
_RESTARTS = b"\xff\xdd"
_RESTART_TAILS = tuple(bytes([0xFF, 0xD0 + number]) + b"\x55" * 4096 for number in range(8))


def complete_jpeg(source: Path | BytesIO) -> BytesIO | None:
    """The content of a JPEG file with its end marker.

    Args:
        source: A file that cannot be decoded as it is, or its content.

    Returns:
        None where more than the marker is missing, or it is no such file.
    """
    content = _content(source)
    if not content.startswith(_START) or content.endswith(_END):
        return None
    begun = content.removesuffix(_END[:1])
    with suppress(PictureError):
        first = _decoded(begun + _END)
        tails = _TAILS + (_RESTART_TAILS if _RESTARTS in begun else ())
        if all(np.array_equal(first, _decoded(begun + tail + _END)) for tail in tails):
            return BytesIO(begun + _END)
    return None


def _content(source: Path | BytesIO) -> bytes:
    if isinstance(source, BytesIO):
        return source.getvalue()
    with suppress(OSError):
        if source.is_file() and source.stat().st_size <= _MOST_BYTES:
            return source.read_bytes()
    return b""


def _decoded(content: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    with open_picture(BytesIO(content)) as image:
        return np.asarray(image)
