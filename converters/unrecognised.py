"""The errors for a source whose format is not recognised: which files there are, and what they are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from converters.errors import AnnotationError, MaskDetectorError, UnknownFormatError
from converters.formats import FORMATS

_SHOWN = 10  # kinds of files that an error names


def several_formats(source: Path, formats: Mapping[str, Path]) -> UnknownFormatError:
    """The error for a source with annotations of several formats, each given with one of its files."""
    files = ", ".join(f"{name} (such as {formats[name]})" for name in sorted(formats))
    choice = " or ".join(f"--format {name}" for name in sorted(formats))
    return UnknownFormatError(
        source, f"holds annotations of {len(formats)} formats: {files}", f"{choice}, or one file as SOURCE"
    )


def nothing_read(source: Path, unread: Sequence[MaskDetectorError]) -> MaskDetectorError:
    """The error for a source none of whose annotation files can be read, given what each of them is."""
    if len(unread) == 1:
        return unread[0]
    lines = _lines(unread)
    if len(lines) > _SHOWN:
        lines[_SHOWN:] = [f"and {len(lines) - _SHOWN} more of other kinds"]
    text = "\n  ".join([f"{len(unread)} annotation files, and none that can be read:", *lines])
    damaged = not any(isinstance(error, UnknownFormatError) for error in unread)
    return (AnnotationError if damaged else UnknownFormatError)(source, text)


def _lines(unread: Iterable[MaskDetectorError]) -> list[str]:
    """One line for all files of one kind."""
    groups: dict[tuple[str, str | None], list[str]] = {}
    for error in unread:
        groups.setdefault((error.found, error.expected), []).append(error.subject)
    return [f"{_files(files)}: {found}{f'; expected {way}' if way else ''}" for (found, way), files in groups.items()]


def _files(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def nothing_found(source: Path, names: Mapping[str, int]) -> UnknownFormatError:
    """The error for a source without any annotation, given how many files it has by suffix."""
    few = ", ".join(f"{name} {count}" for name, count in Counter(names).most_common(_SHOWN))
    seen = f" (seen: {few})" if few else " (no files)"
    return UnknownFormatError(
        source, f"no annotations of a known format{seen}", f"annotations of one of {', '.join(FORMATS)}"
    )
