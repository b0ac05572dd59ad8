"""Finds the inputs of a run on a cluster: files, folders and globs, prefixes of object stores, lists of paths."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from converters.file_search import PICTURE_SUFFIXES
from detector.cluster.storage import attempts, is_address, list_files, open_filesystem, reason_of
from detector.errors import SourceError, UsageError
from detector.media.addresses import camera_number
from detector.media.media_kinds import VIDEO_SUFFIXES
from detector.media.sources import Ended, find_sources

# The columns that hold the paths in the lists that people have, best first.
_PATH_COLUMNS = ("path", "file", "filename", "file_name", "filepath", "source", "url", "uri", "key", "image", "name")
_LIST_SUFFIXES = (".parquet", ".csv")


@dataclass(frozen=True, slots=True)
class PlannedInput:
    """One input.

    Attributes:
        source: What it is called in tables.
        path: What is opened: an absolute path or an address.
        kind: "image" or "video"; None where there is nothing to read.
        reason: Why there is nothing to read.
    """

    source: str
    path: str
    kind: str | None
    reason: str | None = None


def find_inputs(inputs: Iterable[str], out: str, left_out: Counter[str]) -> Iterator[PlannedInput]:
    """Expand inputs into single pictures and videos, each once.

    Args:
        inputs: Paths, globs, addresses, and Parquet or CSV files with a column of paths.
        out: Where the results go: left out.
        left_out: Filled with the number of files by suffix that are neither pictures nor videos.

    Raises:
        UsageError: An input is a camera, or a list without paths.
    """
    inputs = list(inputs)
    local = [given for given in inputs if not (is_address(given) or _is_list(given))]
    if camera := next((given for given in local if camera_number(given) is not None), None):
        raise UsageError(camera, "a camera, which other machines do not have", "files, or no --ray")
    seen: set[str] | None = set() if len(inputs) > 1 else None
    for given in inputs:
        for found in _expand(given, out, left_out):
            if seen is not None:
                if found.path in seen:
                    continue
                seen.add(found.path)
            yield found


def _expand(given: str, out: str, left_out: Counter[str]) -> Iterator[PlannedInput]:
    if given.startswith("file://"):
        given = open_filesystem(given)[1]
    if _is_list(given):
        yield from _listed(given)
    elif is_address(given):
        yield from _stored(given, out, left_out)
    else:
        exclude = None if is_address(out) else Path(out)
        for found in find_sources([given], exclude, left_out):
            if isinstance(found, Ended):
                yield _nothing(found.name, found.error)
            else:
                yield PlannedInput(found.name, str(Path(found.name).absolute()), found.kind)


def _nothing(name: str, error: SourceError | None) -> PlannedInput:
    return PlannedInput(name, name, None, "nothing to read" if error is None else error.found)


def _is_list(given: str) -> bool:
    return given.lower().endswith(_LIST_SUFFIXES) and (is_address(given) or not Path(given).is_dir())


def _stored(address: str, out: str, left_out: Counter[str]) -> Iterator[PlannedInput]:
    """The pictures and videos at an address: one key, all below a prefix, or what a glob matches."""
    empty = True
    results = out.rstrip("/") + "/"
    try:
        for found in list_files(address):
            name = found.rpartition("/")[2]
            if found.startswith(results) or name.startswith("."):
                continue
            kind = "image" if found.rstrip("/") == address.rstrip("/") else None
            suffix = _suffix(name)
            kind = "video" if suffix in VIDEO_SUFFIXES else "image" if suffix in PICTURE_SUFFIXES else kind
            if kind is None:
                left_out[suffix or "no suffix"] += 1
                continue
            empty = False
            yield PlannedInput(found, found, kind)
    except UsageError:
        raise
    except Exception as error:
        yield PlannedInput(address, address, None, f"cannot be listed ({reason_of(error)})")
        return
    if empty:
        yield PlannedInput(address, address, None, "no pictures or videos in it")


def _suffix(path: str) -> str:
    """The suffix of a path or an address, in small letters. `pathlib` takes too long for each of millions of keys."""
    stem, _, suffix = path.rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if stem and suffix else ""


def _listed(given: str) -> Iterator[PlannedInput]:
    """The inputs that a Parquet or CSV file names; relative paths are below its folder.

    Raises:
        UsageError: It cannot be read, or has no column of paths.
    """
    base, slash, _ = given.rpartition("/") if is_address(given) else (str(Path(given).absolute().parent), "/", "")
    try:
        for name in _names(given):
            if not name:
                yield PlannedInput(f"{given}: a row without a path", "", None, "no path")
                continue
            path = name if is_address(name) or name.startswith("/") else f"{base}{slash}{name}"
            video = _suffix(path) in VIDEO_SUFFIXES
            yield PlannedInput(name, path, "video" if video else "image")
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(given, f"cannot be read ({reason_of(error)})", "a list of paths: Parquet or CSV") from error


def _names(given: str) -> Iterator[str]:
    filesystem, path = open_filesystem(given)
    with attempts(lambda: filesystem.open(path, "rb")) as file:
        if given.lower().endswith(".csv"):
            rows = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
            column = _path_column(given, list(rows.fieldnames or ()))
            yield from ((row[column] or "").strip() for row in rows)
            return
        import pyarrow.parquet as pq

        parquet = pq.ParquetFile(file)
        column = _path_column(given, parquet.schema_arrow.names)
        for batch in parquet.iter_batches(columns=[column]):
            yield from (str(name or "") for name in batch.column(0).to_pylist())


def _path_column(given: str, columns: list[str]) -> str:
    for name in _PATH_COLUMNS:
        if name in columns:
            return name
    if len(columns) == 1:
        return columns[0]
    raise UsageError(given, f"the columns {', '.join(columns) or 'none'}", "a column `path`")
