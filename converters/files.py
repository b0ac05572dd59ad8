"""Reading files of limited size."""

import os
from pathlib import Path

from converters.errors import AnnotationError, MaskDetectorError


def read_limited(path: Path, limit: int, error: type[MaskDetectorError] = AnnotationError) -> bytes:
    """Read a file that may be hostile.

    Args:
        path: The file.
        limit: Most bytes that are sensible.
        error: The exception to raise.

    Returns:
        Its content.

    Raises:
        MaskDetectorError: As `error`: it cannot be read or is larger.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise error(path, f"{size / 2**20:.0f} MiB", f"at most {limit / 2**20:.0f} MiB")
            return file.readall()
    except (OSError, ValueError) as problem:  # ValueError: a path with a null byte
        reason = getattr(problem, "strerror", None) or problem
        raise error(path, f"cannot be read ({reason})") from problem
