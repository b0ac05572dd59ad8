"""Folders that appear under their name only when they are whole, and keep what else was in them."""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from converters.errors import OutputError, UsageError
from converters.files import temporary_name

_NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)

Replaces = Callable[[str], bool]


@contextlib.contextmanager
def writing_folder(target: Path, replaces: Replaces = lambda name: True) -> Iterator[Path]:
    """Give a temporary folder, which takes the place of `target` when the block succeeds and vanishes when it fails.

    Files that are kept are never lost: they are always in `target` or in a hidden folder beside it. Where `target` is
    a link, the folder that it leads to is replaced.

    Args:
        target: A new folder, or an existing one.
        replaces: Whether something in the existing folder is removed: a file, a link or an empty folder. It is named by
            its path below `target`, with `/`; a folder's name ends with one. What is not removed stays.

    Yields:
        The temporary folder, beside `target`.

    Raises:
        UsageError: Something that is kept has the name of something new.
        OutputError: The operating system refuses to write; for example, the disk is full.
    """
    target = Path(os.path.realpath(target))
    temporary = temporary_name(target)
    replaced = temporary.with_suffix(".old")
    if replaced.exists():
        raise OutputError(replaced, "is left of an interrupted run", f"nothing there, or its files back in {target}")
    kept: list[str] = []
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if target.exists():
            kept = kept_names(target, replaces)
            for name in kept:
                _add(target, temporary, name)
            target.rename(replaced)  # a folder cannot be renamed over one that holds files
        temporary.rename(target)
    except OSError as error:
        raise OutputError(target, f"not writable ({error.strerror or error})") from error
    finally:
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        shutil.rmtree(temporary, ignore_errors=True)
        if replaced.exists():
            _remove(replaced, target, replaces, frozenset(kept))


def kept_names(folder: Path, replaces: Replaces) -> list[str]:
    """List what `writing_folder` keeps of a folder: files, links and empty folders, named as for `replaces`, sorted.

    Raises:
        UsageError: Another file system is mounted in the folder.
        OSError: A folder cannot be listed.
    """
    return sorted(name for name in names_in(folder) if not replaces(name))


def names_in(folder: Path) -> Iterator[str]:
    """All files, links and empty folders below a folder, by path; those of folders end with `/`. No link is followed.

    Raises:
        UsageError: Another file system is mounted in the folder.
        OSError: A folder cannot be listed.
    """
    device = folder.stat().st_dev
    waiting = [""]
    while waiting:
        place = waiting.pop()
        with os.scandir(folder / place) as entries:
            found = list(entries)
        if place and not found:
            yield f"{place}/"
        for entry in found:
            name = f"{place}/{entry.name}" if place else entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield name
                continue
            if entry.stat(follow_symlinks=False).st_dev != device:
                raise UsageError(folder / name, "is another disk or file system", "a folder without it")
            waiting.append(name)


def _add(old: Path, new: Path, name: str) -> None:
    """Put something that is kept into the new folder too. A file becomes a hard link, or a copy where links fail.

    Raises:
        UsageError: The new folder has something of that name.
        OSError: It cannot be done.
    """
    source, copy = old / name, new / name
    try:
        _make_parents(old, new, name)
    except (FileExistsError, NotADirectoryError):
        raise _in_the_way(source) from None
    if os.path.lexists(copy):
        raise _in_the_way(source)
    if source.is_symlink():
        copy.symlink_to(source.readlink())
    elif source.is_dir():
        copy.mkdir()
        shutil.copystat(source, copy)
    else:
        _link_or_copy(source, copy)


def _link_or_copy(source: Path, copy: Path) -> None:
    try:
        os.link(source, copy)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copy2(source, copy)


def _make_parents(old: Path, new: Path, name: str) -> None:
    for parent in reversed(Path(name).parents[:-1]):
        if not (new / parent).is_dir():
            (new / parent).mkdir()
            shutil.copystat(old / parent, new / parent)


def _in_the_way(source: Path) -> UsageError:
    found = "is in the way of something new, and no earlier run wrote it"
    return UsageError(source, found, "another place for it, or another output folder")


def _remove(replaced: Path, target: Path, replaces: Replaces, copied: frozenset[str]) -> None:
    """Remove a folder whose place has been taken; what is kept of it moves to the new one.

    Args:
        replaced: The folder.
        target: The new one.
        replaces: See `writing_folder`.
        copied: Names that the new folder has already, as a link or a copy.

    Raises:
        OutputError: Something that is kept could not be moved.
    """
    for name in list(names_in(replaced)):
        with contextlib.suppress(OSError):
            if replaces(name):
                _delete(replaced / name)
            elif name in copied or not os.path.lexists(target / name):
                _move(replaced / name, target / name)
    for folder, _, _ in os.walk(replaced, topdown=False):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()
    if left := kept_names(replaced, replaces) if replaced.exists() else []:
        raise OutputError(replaced, f"{left[0]} could not be moved to {target}", "a look at what else is left there")


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


def _move(source: Path, goal: Path) -> None:
    """Put the original in place of its copy, or remove it where both are links to one file."""
    if source.is_dir() and not source.is_symlink():
        goal.mkdir(parents=True, exist_ok=True)
        source.rmdir()
    elif os.path.lexists(goal) and os.path.samestat(source.lstat(), goal.lstat()):
        source.unlink()
    else:
        goal.parent.mkdir(parents=True, exist_ok=True)
        source.replace(goal)
