"""Reads and decodes pictures, in tasks beside those that run the network."""

import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.cluster.storage import is_address, read_all, reason_of
from detector.errors import SourceError
from detector.media.images import read_image, to_image
from detector.media.media_kinds import VIDEO_SUFFIXES
from detector.media.sources import unreadable

if TYPE_CHECKING:
    import pyarrow as pa

PIXELS = ("_pixels", "_height", "_width", "_reason", "_milliseconds")
"""The columns between reading and the network: BGR bytes and their shape, or why there are none; the time it took."""

# Decoded pictures that go to the network together; a larger one goes alone.
_BLOCK_BYTES = 32_000_000

_Loaded: TypeAlias = tuple[NDArray[np.uint8] | None, str | None, float]
"""BGR uint8 (H, W, 3), or the reason why there is none (neither for a video); milliseconds."""


def load_pictures(table: "pa.Table") -> "Iterator[pa.Table]":
    """Add the pixels to rows that name a picture.

    Args:
        table: With one of the columns `path` (a path or an address), `bytes` (the content of a picture file) or `image`
            (RGB uint8, as `ray.data.read_images` gives it); beside it, if at all, `kind` ("image" or "video") and
            `reason` (why there is nothing to read). All columns are kept.

    Yields:
        Tables of some rows each, with the columns `PIXELS` too. Videos have no pixels.
    """
    start, size = 0, 0
    loaded: list[_Loaded] = []
    for each in _load(table):
        loaded.append(each)
        size += 0 if each[0] is None else each[0].nbytes
        if size >= _BLOCK_BYTES:
            yield _with_pixels(table.slice(start, len(loaded)), loaded)
            start, size, loaded = start + len(loaded), 0, []
    if loaded:
        yield _with_pixels(table.slice(start, len(loaded)), loaded)


def is_video(row: dict[str, Any]) -> bool:
    """Whether a row stands for a video: it says so, or the suffix of its path does."""
    kind = row.get("kind")
    if kind is not None:
        return bool(kind == "video")
    path = row.get("path")
    return isinstance(path, str) and Path(path.partition("?")[0]).suffix.lower() in VIDEO_SUFFIXES


def _load(table: "pa.Table") -> Iterator[_Loaded]:
    given = next((name for name in ("image", "bytes", "path") if name in table.column_names), None)
    if given is None:
        found = ", ".join(table.column_names)
        raise SourceError("dataset", f"the columns {found}", "a column `path`, `bytes` or `image`")
    rows = table.drop_columns(["image"]).to_pylist() if given == "image" else table.to_pylist()
    pictures: Sequence[Any] = table.column("image") if given == "image" else [row[given] for row in rows]
    wanted = [row.get("reason") is None and not is_video(row) for row in rows]
    contents = iter(_contents(pictures, wanted)) if given == "path" else iter(pictures)
    for row, want, content in zip(rows, wanted, contents, strict=True):
        yield _decode(content, given) if want else (None, row.get("reason"), 0.0)


def _contents(paths: Sequence[str], wanted: Sequence[bool]) -> Iterator[Any]:
    """Paths of this machine as they are; in place of addresses what lies there, or the error."""
    stored = [want and path is not None and is_address(path) for path, want in zip(paths, wanted, strict=True)]
    addresses = [path for path, is_stored in zip(paths, stored, strict=True) if is_stored]
    began = time.perf_counter()
    read = iter(read_all(addresses)) if addresses else iter(())
    share = (time.perf_counter() - began) / max(len(addresses), 1)
    for path, is_stored in zip(paths, stored, strict=True):
        yield (next(read), share) if is_stored else path


def _decode(content: Any, given: str) -> _Loaded:
    began = time.perf_counter()
    if isinstance(content, tuple):
        content, share = content
        began -= share
    pixels, reason = _pixels(content, given)
    return pixels, reason, 1000 * (time.perf_counter() - began)


def _pixels(content: Any, given: str) -> tuple[NDArray[np.uint8] | None, str | None]:
    if isinstance(content, Exception):
        return None, reason_of(content)
    try:
        if given == "image":
            return to_image(np.ascontiguousarray(_array(content)[..., ::-1])), None
        if isinstance(content, bytes):
            return read_image(BytesIO(content), "picture"), None
        if content is None:
            return None, "no path"
        return read_image(Path(content)), None
    except SourceError as error:
        return None, error.found
    except OSError as error:
        return None, unreadable(str(content)[:300], error).found


def _array(scalar: Any) -> NDArray[Any]:
    """A value of a column `image` as RGB (H, W, 3)."""
    array = np.asarray(scalar.as_py() if hasattr(scalar, "as_py") else scalar)
    return np.dstack([array] * 3) if array.ndim == 2 else array


def _with_pixels(table: "pa.Table", loaded: Sequence[_Loaded]) -> "pa.Table":
    import pyarrow as pa

    arrays = [pixels for pixels, _, _ in loaded]
    columns = [
        pa.array([None if each is None else each.tobytes() for each in arrays], pa.large_binary()),
        pa.array([None if each is None else each.shape[0] for each in arrays], pa.int32()),
        pa.array([None if each is None else each.shape[1] for each in arrays], pa.int32()),
        pa.array([reason for _, reason, _ in loaded], pa.string()),
        pa.array([milliseconds for _, _, milliseconds in loaded], pa.float32()),
    ]
    for name, column in zip(PIXELS, columns, strict=True):
        table = table.append_column(name, column)
    dropped = [name for name in ("image", "bytes") if name in table.column_names]  # the pixels take their place
    return table.drop_columns(dropped)


def pixels_of(row: Any) -> NDArray[np.uint8]:
    """The picture of a row: BGR uint8 (H, W, 3), a view of the row's bytes that cannot be written to.

    Args:
        row: Of the columns `PIXELS`, the first three, as Arrow's scalars.
    """
    pixels, height, width = row
    flat = np.frombuffer(pixels.as_buffer(), np.uint8)
    return flat.reshape(height.as_py(), width.as_py(), 3)
