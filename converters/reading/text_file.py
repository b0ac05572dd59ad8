"""Reading text that may be hostile."""

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from converters.errors import AnnotationError
from converters.files import read_limited

_MOST_BYTES = 64 * 2**10
_MOST_MARK = 3  # bytes of a byte-order mark
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def first_lines(path: Path, count: int = 20) -> list[str]:
    """Read the first lines of a text file that are not empty, in UTF-8, or in UTF-16 with a byte-order mark.

    Args:
        path: The file.
        count: Most lines.

    Returns:
        The lines without their ends. What lies beyond 64 KiB is not read.

    Raises:
        AnnotationError: It cannot be read, or is no text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
            whole = len(data) == os.fstat(file.fileno()).st_size
        return list(_lines(data, whole))[:count]
    except UnicodeDecodeError as error:
        raise _no_text(path, error) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise AnnotationError(path, f"cannot be read ({error})", "text") from error


def read_text(path: Path, limit: int) -> str:
    """Read a text file in UTF-8, or in UTF-16 with a byte-order mark.

    Args:
        path: The file.
        limit: Most bytes that are sensible.

    Returns:
        The text without the byte-order mark.

    Raises:
        AnnotationError: It cannot be read, is too large, or is no text.
    """
    try:
        return _decode(read_limited(path, limit), whole=True)
    except UnicodeDecodeError as error:
        raise _no_text(path, error) from None


@contextmanager
def open_text(path: Path, limit: int) -> Iterator[TextIO]:
    """Open a text file to read it line by line; see `read_text`.

    Yields:
        The file. Any kind of line end is one.

    Raises:
        AnnotationError: It cannot be read, is too large, or is no text, which may be found out in the middle of it.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise AnnotationError(path, f"{size / 2**20:.0f} MiB", f"at most {limit / 2**20:.0f} MiB")
            mark, encoding = _encoding(file.read(_MOST_MARK))
            file.seek(len(mark))
            yield TextIOWrapper(file, encoding)
    except UnicodeDecodeError as error:
        raise _no_text(path, error) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise AnnotationError(path, f"cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _lines(data: bytes, whole: bool) -> Iterator[str]:
    lines = _decode(data, whole).splitlines()
    for line in lines if whole or len(lines) == 1 else lines[:-1]:  # the last one may be cut
        if line.strip():
            yield line


def _decode(data: bytes, whole: bool) -> str:
    mark, encoding = _encoding(data)
    return codecs.getincrementaldecoder(encoding)().decode(data[len(mark) :], final=whole)


def _encoding(data: bytes) -> tuple[bytes, str]:
    return next(((mark, name) for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), (b"", "utf-8"))


def _no_text(path: Path, error: UnicodeDecodeError) -> AnnotationError:
    found = f"not {error.encoding.upper()} text ({error.reason} at byte {error.start})"
    return AnnotationError(path, found, "UTF-8, or UTF-16 with a byte-order mark")
