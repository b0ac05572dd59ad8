"""Standard output and error streams that never raise an exception when a command prints.

A command that has written its results must not fail because the reader of a pipe has gone, or because the terminal's
encoding lacks a letter of a file name.
"""

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast

_STDIN, _STDOUT, _STDERR = 0, 1, 2


class Output:
    """A text stream that drops what cannot be written.

    Attributes:
        error: Why writing failed; None while it works.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or drop the text if an earlier one could not be written."""
        if self.error is None:
            try:
                return self._stream.write(text)
            except OSError as error:
                self._fail(error)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Flush, unless writing has failed."""
        if self.error is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.error = error
        # Python flushes its buffer once more when it ends, and would complain about the same error.
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextmanager
def standard_streams() -> Iterator[Output]:
    """Put streams in place of `sys.stdout` and `sys.stderr` to which printing always succeeds.

    Yields:
        The stream for standard output. A pipe that its reader closes is not an error: `detector ... | head`.
    """
    _open_closed()
    before = sys.stdout, sys.stderr
    strict = [(stream, stream.errors) for stream in before if hasattr(stream, "reconfigure")]
    for stream, _ in strict:
        cast(Any, stream).reconfigure(errors="backslashreplace")
    output, errors = Output(sys.stdout), Output(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, output), cast(TextIO, errors)
    try:
        yield output
    finally:
        output.flush()
        errors.flush()
        if output.error is not None and output.error.errno == errno.EPIPE:
            output.error = None
        sys.stdout, sys.stderr = before
        for stream, how in strict:
            with suppress(ValueError):  # closed meanwhile
                cast(Any, stream).reconfigure(errors=how)


def _open_closed() -> None:
    """Connect closed streams to the null device: otherwise a file of results gets their number, and printed text."""
    for number in (_STDIN, _STDOUT, _STDERR):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest free number
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # stays open
