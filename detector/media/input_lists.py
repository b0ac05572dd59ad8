"""Files that list inputs, one a line."""

import os
import re
import sys
from pathlib import Path

from detector.errors import UsageError

STANDARD_INPUT = "-"
_ADDRESS = re.compile(rb"[a-zA-Z][a-zA-Z0-9+.-]+://")


def read_input_list(name: str) -> list[str]:
    """The inputs that a file lists.

    Args:
        name: A file with a path in each line, relative to the folder of the file; or - for standard input, with paths
            relative to the working folder. Empty lines are passed over.

    Returns:
        The inputs, as paths from the working folder.

    Raises:
        UsageError: The file cannot be read, or lists nothing.
    """
    try:
        content = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(name, f"not readable ({error.strerror})", "a list of inputs, one a line") from error
    folder = b"" if name == STANDARD_INPUT else os.fsencode(Path(name).parent)
    lines = [line for line in re.split(rb"\r?\n", content.removeprefix(b"\xef\xbb\xbf")) if line.strip()]
    if b"\0" in content:
        raise UsageError(name, "null bytes in it", "a text file with one path a line")
    if not lines:
        raise UsageError(name, "empty", "at least one input, one a line")
    return [os.fsdecode(line if _ADDRESS.match(line) else _below(folder, line)) for line in lines]


def _below(folder: bytes, path: bytes) -> bytes:
    return path if folder in (b"", b".") else os.path.join(folder, path)  # noqa: PTH118  (bytes)
