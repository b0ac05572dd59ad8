"""The one exception base class of the project."""

from pathlib import Path


class MaskDetectorError(Exception):
    """Something outside the program is not as it should be: a file, a folder, a setting.

    Args:
        subject: What it is about, normally the path of the offending file.
        found: What was found there.
        expected: What should have been there, or what to do about it.
    """

    def __init__(self, subject: str | Path, found: str, expected: str | None = None) -> None:
        self.subject = str(subject)
        self.found = found
        self.expected = expected
        super().__init__(f"{subject}: {found}" + (f"; expected {expected}" if expected else ""))


class UsageError(MaskDetectorError):
    """The command or call itself cannot be carried out as given (exit status 2)."""
