"""Finds files in folders: pictures, or all files that are not hidden and not an earlier conversion."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from converters.errors import FolderError

PICTURE_SUFFIXES = frozenset(
    {".apng", ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg"}
    | {".jpf", ".jpg", ".jpx", ".mpo", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
)

DATA_FILE = "data.yaml"
CONVERSION_FILE = "conversion.json"  # beside data.yaml: this project wrote the dataset


def is_picture(path: Path) -> bool:
    """Whether a file's name is that of a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def find_pictures(folder: Path) -> Iterator[Path]:
    """All pictures in a folder and below, sorted, without those that file managers hide."""
    return find_files(folder, PICTURE_SUFFIXES)


def find_files(folder: Path, suffixes: Collection[str] | None = None) -> Iterator[Path]:
    """All files in a folder and below, in the same order on every machine.

    Hidden files and what macOS adds to archives are passed over, and so are earlier conversions written below the
    folder, and the record of one in it. Links to folders are followed after everything else, each folder once. A link
    to a file that is not there is given too: whoever opens it says so.

    Args:
        folder: The folder.
        suffixes: Only files with one of these, in lower case.

    Yields:
        Their paths.

    Raises:
        FolderError: A folder cannot be listed, or a link leads back to a folder that holds it.
    """
    waiting, links = [str(folder)], list[str]()
    seen: set[str] = set()
    while waiting or links:
        if not waiting:
            waiting = [links.pop(0)]
            _refuse_loop(waiting[0], folder)
        place = waiting.pop()
        if (real := os.path.realpath(place)) in seen:
            continue
        seen.add(real)
        entries = _entries(place)
        records = [entry for entry in entries if entry.name == CONVERSION_FILE and _is_record(entry)]
        if records and place != str(folder):
            continue
        entries = [entry for entry in entries if not _is_hidden(entry.name) and entry not in records]
        folders = [entry for entry in entries if _is_folder(entry)]
        for entry in entries:
            if (suffixes is None or _suffix(entry.name) in suffixes) and _is_file(entry):
                yield Path(entry.path)
        waiting += [entry.path for entry in reversed(folders) if not entry.is_symlink()]
        links += [entry.path for entry in folders if entry.is_symlink()]


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _is_record(entry: "os.DirEntry[str]") -> bool:
    """Whether a conversion.json is the record of a conversion; it could be the annotation of conversion.jpg."""
    if not _is_file(entry):  # opening a pipe would wait for ever
        return False
    try:
        with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123  (a string)
            return file.read(64).lstrip(b"{ \r\n").startswith(b'"source"')
    except OSError:
        return False


def _entries(place: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(place) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or error
        raise FolderError(place, f"cannot be listed ({reason})", "a readable folder") from error


def _refuse_loop(link: str, folder: Path) -> None:
    """Refuse a link to a folder that holds the link.

    Raises:
        FolderError: It is one.
    """
    target = Path(os.path.realpath(link))
    for parent in Path(link).parents:
        if Path(os.path.realpath(parent)).is_relative_to(target):
            raise FolderError(link, f"a link to {target}, which holds it: a loop", "no such link")
        if parent == folder:
            break


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))  # noqa: PTH110 (a string)
    except OSError:  # a link to itself
        return True


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if stem else ""
