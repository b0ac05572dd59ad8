"""Reads the body of a request, within the limits on its size and time."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from detector.server.problems import ProblemError
from detector.server.settings import ServerSettings

FIELD = "file"
"""The field of a multipart body that holds files."""

# Of all uploads together, held in memory until their pictures are decoded; one larger upload is let through alone.
_MOST_MEMORY = 512_000_000
_IDLE_SECONDS = 15.0  # without a byte
_MOST_FIELDS = 20
_LONGEST_NAME = 100
# What curl --data-binary, browsers and scripts send for a file when nobody says what it is.
_ANYTHING = ("", "application/octet-stream", "application/x-www-form-urlencoded", "binary/octet-stream")


@dataclass(slots=True)
class UploadMemory:
    """How many bytes of uploads are in memory."""

    held: int = 0
    most: int = _MOST_MEMORY

    @contextmanager
    def counted(self) -> Iterator[Callable[[int], None]]:
        """Give a function that counts bytes as held until the end of the block, or raises 503 where they are too many.

        They are counted as they come, so that slow uploads keep no memory from others.
        """
        own = 0

        def add(size: int) -> None:
            nonlocal own
            if self.held > own and self.held + size > self.most:
                raise busy("uploads", f"{self.held} bytes of uploads in memory")
            own += size
            self.held += size

        try:
            yield add
        finally:
            self.held -= own


@dataclass(slots=True)
class Upload:
    """What a request brought.

    Attributes:
        files: The name and the content of each file.
        fields: The other fields of a multipart body.
        is_multipart: It was such a body, which may have several files.
    """

    files: list[tuple[str, bytes]]
    fields: dict[str, str] = field(default_factory=dict)
    is_multipart: bool = False


def busy(subject: str, found: str, seconds: int = 1) -> ProblemError:
    """The problem of a server that has no room now."""
    headers = {"Retry-After": str(seconds)}
    return ProblemError(503, subject, found, f"another attempt after {seconds} s", headers=headers)


async def read_pictures(request: Request, settings: ServerSettings, count: Callable[[int], None]) -> Upload:
    """Read a picture, or the pictures of a multipart body, into memory.

    Args:
        request: The request.
        settings: The limits.
        count: Is told the size of each part of the body.

    Raises:
        ProblemError: 400, 408, 413, 415 or 503.
    """
    kind = _kind(request)
    body = limited_body(request, settings, count)
    if kind == "multipart/form-data":
        return await _read_multipart(request, body, most_files=settings.queue)
    if kind not in _ANYTHING and not kind.startswith("image/"):
        hint = "; videos belong to /v1/videos" if kind.startswith("video/") else ""
        raise ProblemError(415, "Content-Type", kind, f"image/..., or multipart/form-data with `{FIELD}`{hint}")
    content = b"".join([chunk async for chunk in body])
    if not content:
        raise ProblemError(400, "picture", "an empty body", "the bytes of a picture, or multipart/form-data")
    return Upload([("picture", content)])


async def save_file(request: Request, settings: ServerSettings, path: Path) -> str:
    """Write a file that was sent as the body, or in the field `file` of a multipart body, to disk.

    Returns:
        The name that the client gave it.

    Raises:
        ProblemError: 400, 408, 413 or 415.
    """
    kind = _kind(request)
    body = limited_body(request, settings)
    if kind == "multipart/form-data":
        name, source = await _one_file(request, body, path.parent)
        with source, path.open("wb") as file:
            while chunk := await asyncio.to_thread(source.read, 1 << 20):
                file.write(chunk)
        return name
    if kind not in _ANYTHING and not kind.startswith(("video/", "image/gif")):
        raise ProblemError(415, "Content-Type", kind, f"video/..., or multipart/form-data with one `{FIELD}`")
    with path.open("wb") as file:
        async for chunk in body:
            file.write(chunk)
    return "video"


def safe_name(given: str) -> str:
    """A client's name for a file, without folders and without what a file system or a terminal minds."""
    name = PureWindowsPath(PurePosixPath(given).name).name
    name = re.sub(r"[^\w.()+ -]", "_", unicodedata.normalize("NFC", name)).strip(" .")
    return name[-_LONGEST_NAME:].strip(" .") or "file"


async def limited_body(
    request: Request, settings: ServerSettings, count: Callable[[int], None] = lambda size: None
) -> AsyncGenerator[bytes, None]:
    """The chunks of a body, until it is too large or too slow.

    Raises:
        ProblemError: 408 or 413.
        ClientDisconnect: The client has left.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > settings.max_bytes:
        raise _too_large(f"{declared} bytes", settings.max_bytes)
    size, chunks = 0, request.stream()
    end = asyncio.get_running_loop().time() + settings.upload_seconds
    while True:
        left = end - asyncio.get_running_loop().time()
        try:
            chunk = await asyncio.wait_for(anext(chunks, None), min(_IDLE_SECONDS, max(left, 0.001)))
        except TimeoutError:
            limit = f"{_IDLE_SECONDS:g} s between two parts, {settings.upload_seconds:g} s for all"
            headers = {"Connection": "close"}
            raise ProblemError(408, "body", f"{size} bytes, and then nothing in time", limit, headers=headers) from None
        if chunk is None:
            return
        size += len(chunk)
        if size > settings.max_bytes:
            raise _too_large(f"more than {settings.max_bytes} bytes", settings.max_bytes)
        count(len(chunk))
        yield chunk


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _too_large(found: str, most: int) -> ProblemError:
    return ProblemError(413, "body", found, f"at most {most} bytes", headers={"Connection": "close"})


class _Parser(MultiPartParser):
    """Starlette's parser, which does not say that a body is cut short."""

    has_ended = False

    def on_end(self) -> None:
        self.has_ended = True


async def _parse(
    request: Request, body: AsyncGenerator[bytes, None], *, most_files: int, spool: int
) -> list[tuple[str, str | UploadFile]]:
    parser = _Parser(request.headers, body, max_files=most_files, max_fields=_MOST_FIELDS)
    parser.spool_max_size = spool
    try:
        form = await parser.parse()
    except (ProblemError, ClientDisconnect):
        raise
    except (MultiPartException, ValueError) as error:
        found = getattr(error, "message", None) or str(error)
        raise ProblemError(400, "body", f"no readable multipart body ({found})", f"files in `{FIELD}`") from error
    if not parser.has_ended:
        await form.close()
        raise ProblemError(400, "body", "a multipart body that is cut short", "its closing boundary")
    return form.multi_items()


async def _read_multipart(request: Request, body: AsyncGenerator[bytes, None], *, most_files: int) -> Upload:
    upload = Upload([], is_multipart=True)
    for name, value in await _parse(request, body, most_files=most_files, spool=1 << 40):  # in memory, which is counted
        if isinstance(value, str):
            upload.fields[name] = value
        elif name != FIELD:
            raise ProblemError(400, name, "a file", f"files in `{FIELD}`")
        else:
            upload.files.append((safe_name(value.filename or ""), await value.read()))
            await value.close()
    if not upload.files:
        raise ProblemError(400, "body", "a multipart body without files", f"files in `{FIELD}`")
    return upload


async def _one_file(request: Request, body: AsyncGenerator[bytes, None], folder: Path) -> tuple[str, BinaryIO]:
    items = await _parse(request, body, most_files=1, spool=1 << 20)
    files = [value for name, value in items if name == FIELD and isinstance(value, UploadFile)]
    if not files:
        raise ProblemError(400, "body", "a multipart body without a file", f"one file in `{FIELD}`")
    return safe_name(files[0].filename or ""), cast("BinaryIO", cast("SpooledTemporaryFile[bytes]", files[0].file))
