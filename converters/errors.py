"""The base of all exceptions, and those of `converters`; `detector.errors` has the whole tree."""

from pathlib import Path


class MaskDetectorError(Exception):
    """Something outside the program is not as it should be: a file, a folder, a setting.

    It can be pickled and copied, so that it reaches the caller from another process.

    Args:
        subject: What it is about, normally the path of the offending file.
        found: What was found there.
        expected: What should have been there, or what to do about it.
    """

    def __init__(self, subject: str | Path, found: str, expected: str | None = None) -> None:
        self.subject = str(subject)
        self.found = found
        self.expected = expected
        super().__init__(self.subject, found, expected)  # unpickling calls the class with these

    def __str__(self) -> str:
        return f"{self.subject}: {self.found}" + (f"; expected {self.expected}" if self.expected else "")


class UsageError(MaskDetectorError):
    """The command or call itself cannot be carried out as given (exit status 2)."""


class OptionError(UsageError):
    """An option or argument has a value that it cannot have.

    `subject` is its name in Python. Other parameters stand in backticks in `found` and `expected`. The command line
    replaces both by the names of its options.
    """


class UnlistedLabelsError(UsageError):
    """The source has labels that are neither mapped to a class nor ignored."""


class UnknownFormatError(UsageError):
    """A source holds annotations of several formats, of none that is read, or no annotations at all."""


class PictureError(MaskDetectorError):
    """A picture is missing or cannot be read."""


class AmbiguousPictureError(PictureError):
    """A name fits several pictures."""


class FolderError(MaskDetectorError):
    """A folder cannot be listed."""


class AnnotationError(MaskDetectorError):
    """An annotation file cannot be read or understood."""


class OtherFormatError(AnnotationError):
    """A file is no annotation of the format that is read."""


class DatasetError(MaskDetectorError):
    """A data.yaml or what it points at is not as it should be."""


class RegistryError(MaskDetectorError):
    """datasets.yaml is not as it should be."""


class InputError(MaskDetectorError):
    """A picture or an annotation file cannot be used, and the caller asked to stop at the first such file."""


class ConversionError(MaskDetectorError):
    """A source has nothing that could be converted."""


class OutputError(MaskDetectorError):
    """Results could not be written."""
