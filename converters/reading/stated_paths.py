"""Paths as files state them. They may be anything, so that the operating system can refuse even to look for them."""

import os
from pathlib import Path

_MOST_PARTS = 10  # of a tail


def stated_path(folder: Path, text: str) -> Path:
    """The absolute path that a file states.

    Args:
        folder: What the text is relative to.
        text: The path as it is written.

    Returns:
        The path with its links followed. It may be missing, but asking whether it exists raises nothing.

    Raises:
        ValueError: No file can have this path; the message says why: a null byte, too long, links in a loop.
    """
    if "\0" in text:
        raise ValueError("a null byte in a path")
    path = Path(os.path.realpath(folder / text))
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except OSError as error:
        raise ValueError(error.strerror or "cannot be looked up") from error
    return path


def home_expanded(text: str) -> str:
    """A path with `~` and `~user` replaced by the home folder.

    Raises:
        ValueError: There is no such user.
    """
    try:
        return str(Path(text).expanduser())
    except RuntimeError as error:
        raise ValueError(f"no home directory for {text[:40]!r}") from error


def tails(path: str) -> list[str]:
    r"""What remains of a path when folders are taken off its front, the longest of at most 10 parts first.

    `\` counts as `/`.
    """
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")][-_MOST_PARTS:]
    return ["/".join(parts[start:]) for start in range(len(parts))]
