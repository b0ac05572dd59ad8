"""Files that are read up to a limit, and files that appear under their name only when they are whole."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from converters.errors import AnnotationError, MaskDetectorError, OutputError

READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe would be waited for


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
        file = os.open(path, READ)  # faster than `open`, of which there would be one for each picture
        try:
            size = os.fstat(file).st_size
            if size > limit:
                raise error(path, f"{size / 2**20:.0f} MiB", f"at most {limit / 2**20:.0f} MiB")
            return _content(file, size)
        finally:
            os.close(file)
    except (OSError, ValueError) as problem:  # ValueError: a path with a null byte
        reason = getattr(problem, "strerror", None) or problem
        raise error(path, f"cannot be read ({reason})") from problem


def exists(path: Path) -> bool:
    """Whether there is a file or folder of that name; False for what cannot be a name, such as one that is too long."""
    return os.path.exists(path)  # noqa: PTH110  (Path.exists raises an exception there)


def _content(file: int, size: int) -> bytes:
    """What an open file holds; it may grow meanwhile."""
    content = os.read(file, size + 1)
    while len(content) < size and (more := os.read(file, size + 1 - len(content))):  # the system may give less
        content += more
    return content


def temporary_name(target: Path) -> Path:
    """A hidden name beside `target` that only this process uses; what is written there is then renamed to `target`."""
    return target.with_name(f".{target.name[-40:]}.{os.getpid()}.tmp")


@contextlib.contextmanager
def writing(target: Path) -> Iterator[Path]:
    """Give a temporary path, which becomes `target` when the block succeeds and vanishes when it fails.

    Raises:
        OutputError: The operating system refuses to write; for example, the disk is full.
    """
    temporary = temporary_name(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise OutputError(target, f"not writable ({error.strerror or error})") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
