"""Where a command writes unless told: runs/NAME, runs/NAME-2, ..."""

from pathlib import Path

from detector.errors import UsageError


def next_run(command: str) -> Path:
    """The first of a command's folders that does not exist yet."""
    return _taken_and_free(command)[-1]


def latest_run(command: str) -> Path:
    """The last of a command's folders that exists.

    Raises:
        UsageError: There is none.
    """
    *taken, _ = _taken_and_free(command)
    if not taken:
        raise UsageError(f"runs/{command}", "no such folder", "--out with the folder that is meant")
    return taken[-1]


def _taken_and_free(command: str) -> list[Path]:
    folders = [Path("runs") / command]
    while folders[-1].exists():
        folders.append(Path("runs") / f"{command}-{len(folders) + 1}")
    return folders
