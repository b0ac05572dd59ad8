"""Object stores and folders behind one address, through fsspec; what fails for a moment is tried again."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from detector.errors import OutputError, UsageError
from detector.files import writing

_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds between attempts
# A key that is not there may have been listed by a store that is behind; one more look is enough.
_MISSING_WAITS = (0.5,)

T = TypeVar("T")


def is_address(text: str) -> bool:
    """Whether a text is an address such as s3://bucket/key, and no path."""
    return "://" in text


def open_filesystem(address: str) -> tuple[Any, str]:
    """The fsspec filesystem of an address, and the path in it.

    Raises:
        UsageError: No package for such addresses is installed.
    """
    import fsspec

    # Listings change while a run goes on, and a million of them fill the memory.
    options = {"use_listings_cache": False} if address.startswith(("s3://", "gs://")) else {}
    try:
        filesystem, path = fsspec.core.url_to_fs(address, **options)
    except (ImportError, ValueError) as error:
        raise UsageError(address, str(error), "the address of a store whose fsspec package is installed") from error
    return filesystem, path


def reason_of(error: BaseException) -> str:
    """Why an attempt failed, in few words."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
    return text.splitlines()[0][:300]


def attempts(action: Callable[[], T], waits: Sequence[float] = _WAITS) -> T:
    """Do something, and again after each wait while it fails for a reason that may pass.

    Raises:
        Exception: That of the last attempt.
    """
    for number in range(len(waits) + 1):
        try:
            return action()
        except Exception as error:
            if number >= len(_waits(error, waits)):
                raise
            time.sleep(waits[number])
    raise AssertionError("the last attempt returns or raises")


def _waits(error: Exception, waits: Sequence[float]) -> Sequence[float]:
    """The waits that an error is worth."""
    if isinstance(error, PermissionError):
        return ()
    return waits[: len(_MISSING_WAITS)] if isinstance(error, FileNotFoundError) else waits


def read_all(addresses: Sequence[str], waits: Sequence[float] = _WAITS) -> list[bytes | Exception]:
    """The contents of the files at addresses of one store, read at the same time.

    Returns:
        For each the content, or the error of the last attempt.
    """
    filesystem, _ = open_filesystem(addresses[0])
    paths = [filesystem._strip_protocol(address) for address in addresses]
    found: dict[str, bytes | Exception] = {}
    missing = list(dict.fromkeys(paths))
    for number in range(len(waits) + 1):
        found |= _cat(filesystem, missing)
        missing = [path for path in missing if _may_pass(found[path], number, waits)]
        if not missing:
            break
        time.sleep(waits[number])
    return [found[path] for path in paths]


def _may_pass(content: bytes | Exception, number: int, waits: Sequence[float]) -> bool:
    return isinstance(content, Exception) and number < len(_waits(content, waits))


def _cat(filesystem: Any, paths: list[str]) -> dict[str, bytes | Exception]:
    try:
        contents = filesystem.cat(paths, on_error="return")
    except Exception as error:  # the store itself cannot be reached
        return dict.fromkeys(paths, error)
    return contents if isinstance(contents, dict) else {paths[0]: contents}


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder for results: of this machine, or in an object store.

    Attributes:
        address: A path, or an address such as s3://bucket/results.
    """

    address: str

    @property
    def local(self) -> Path | None:
        """Its path, if it is on this machine."""
        if self.address.startswith("file://"):
            return Path(open_filesystem(self.address)[1])
        return None if is_address(self.address) else Path(self.address)

    def at(self, name: str) -> str:
        """The address of a file in it."""
        return f"{self.address.rstrip('/')}/{name}"

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is none.

        Raises:
            OutputError: It cannot be read.
        """
        filesystem, path = open_filesystem(self.at(name))
        try:
            content: bytes = attempts(lambda: filesystem.cat_file(path), _WAITS)
        except FileNotFoundError:
            return None
        except Exception as error:
            raise OutputError(self.at(name), reason_of(error), "results that can be read") from error
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a file. It appears when it is whole.

        Raises:
            OutputError: It cannot be written.
        """
        if (local := self.local) is not None:
            with writing(local / name) as temporary:
                temporary.write_bytes(content)
            return
        filesystem, path = open_filesystem(self.at(name))
        try:
            attempts(lambda: filesystem.pipe_file(path, content))  # an object appears when its upload is complete
        except Exception as error:
            raise OutputError(self.at(name), f"not writable ({reason_of(error)})") from error

    def names(self, below: str = "") -> list[str]:
        """The names of the files in it, or in a folder below; none if it is not there.

        Raises:
            OutputError: It cannot be listed.
        """
        filesystem, path = open_filesystem(self.at(below) if below else self.address)
        try:
            found = attempts(lambda: filesystem.ls(path, detail=False))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except Exception as error:
            raise OutputError(self.address, f"cannot be listed ({reason_of(error)})") from error
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found if name.rstrip("/") != path.rstrip("/"))

    def remove(self, name: str) -> None:
        """Remove a file or a folder, if it is there.

        Raises:
            OutputError: It cannot be removed.
        """
        filesystem, path = open_filesystem(self.at(name))
        try:
            attempts(lambda: filesystem.rm(path, recursive=True))
        except FileNotFoundError:
            return
        except Exception as error:
            raise OutputError(self.at(name), f"cannot be removed ({reason_of(error)})") from error


def list_files(address: str) -> Iterator[str]:
    """The addresses of all files below a folder or prefix of a store, or that a glob matches, in their order.

    Raises:
        OSError: The store cannot be reached, or has no such file or folder.
    """
    filesystem, path = open_filesystem(address)
    if any(mark in path for mark in "*?["):
        found: Iterable[str] = sorted(attempts(lambda: filesystem.glob(path)))
    elif "s3" in filesystem.protocol:
        found = _s3_keys(filesystem, path)
    else:
        found = sorted(attempts(lambda: filesystem.find(path)))
    yield from (filesystem.unstrip_protocol(each) for each in found)


def _s3_keys(filesystem: Any, path: str) -> Iterator[str]:
    """The keys below a prefix, page by page: a million of them at once take gigabytes. S3 gives them in their order."""
    bucket, prefix, _ = filesystem.split_path(path)
    lister = _without_dates(filesystem)
    asked = {"Bucket": bucket, "Prefix": f"{prefix.rstrip('/')}/" if prefix else "", **filesystem.req_kw}
    empty = True
    while True:
        page = attempts(lambda: lister.call_s3("list_objects_v2", **asked))
        for key in (each["Key"] for each in page.get("Contents", ())):
            if not key.endswith("/"):  # which stands for a folder
                empty = False
                yield f"{bucket}/{key}"
        if not page.get("IsTruncated"):
            break
        asked["ContinuationToken"] = page["NextContinuationToken"]
    if empty and prefix and attempts(lambda: filesystem.exists(path)):
        yield path  # one key, and no prefix


def _without_dates(filesystem: Any) -> Any:
    """The same store, which leaves dates in its answers as texts: to parse them takes half the time of a listing."""
    from aiobotocore.session import AioSession

    session = AioSession(**filesystem.kwargs)
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    return type(filesystem)(**{**filesystem.storage_options, "session": session}, skip_instance_cache=True)
