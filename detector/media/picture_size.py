"""The size of a picture, from the first bytes of its file and without a decoder."""

import struct
from typing import IO

_PNG_HEAD = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})  # kinds of JPEG segments among those that begin a frame
_MOST_SEGMENTS = 1000  # of a JPEG before its frame; a large colour profile has 255


def size_in_header(file: IO[bytes]) -> tuple[int, int] | None:
    """Read the size of a JPEG or PNG.

    Args:
        file: At its beginning.

    Returns:
        (width, height) in pixels as stored; None for other formats and for damaged files.
    """
    head = file.read(24)
    if head.startswith(_PNG_HEAD) and len(head) == 24:
        width, height = struct.unpack(">II", head[16:])
        return width, height
    return _jpeg_size(file) if head.startswith(b"\xff\xd8\xff") else None


def _jpeg_size(file: IO[bytes]) -> tuple[int, int] | None:
    position = 2
    for _ in range(_MOST_SEGMENTS):
        file.seek(position)
        segment = file.read(9)  # 0xFF, its kind, its length in two bytes; of a frame also depth, height and width
        if len(segment) < 9 or segment[0] != 0xFF:
            return None
        kind, length, height, width = struct.unpack(">xBHxHH", segment)
        if 0xC0 <= kind <= 0xCF and kind not in _NO_FRAME:
            return width, height
        position += 1 if kind == 0xFF else 2 + length  # 0xFF before a segment fills up
    return None
