"""Every exception of both packages.

    MaskDetectorError               something outside the program is not as it should be
    ├── UsageError                  the command or call cannot be carried out as given
    │   ├── OptionError             an option or argument has a value that it cannot have
    │   ├── ConfigError             the configuration of a watch is not as it should be
    │   ├── UnlistedLabelsError     labels that are neither mapped to a class nor ignored
    │   └── UnknownFormatError      annotations of several formats, of none that is read, or none at all
    ├── SourceError                 an image, video or camera could not be read
    │   └── DamagedVideoError       a video was read as far as it could be, and parts of it are missing
    ├── OutputError                 results could not be written
    ├── WeightsError                weights could not be found, trusted or loaded
    ├── AnnotationError             an annotation file cannot be read or understood
    │   └── OtherFormatError        a file is no annotation of the format that is read
    ├── DatasetError                a data.yaml, or what it points at, is not as it should be
    ├── RegistryError               datasets.yaml is not as it should be
    ├── PictureError                a picture of a dataset is missing or cannot be read
    │   └── AmbiguousPictureError   a name fits several pictures
    ├── FolderError                 a folder cannot be listed
    ├── InputError                  a strict conversion met a file that it would leave out
    ├── ConversionError             a source has nothing that could be converted
    ├── TrainingError               a training could not be started, continued or finished
    ├── EvaluationError             there is nothing to evaluate on
    ├── PredictionsError            a file of predictions does not fit the dataset
    ├── CalibrationError            a dataset has no pictures to calibrate an INT8 network with
    ├── ClusterError                a Ray cluster cannot do the work
    ├── StoreError                  the store of events could not be opened, read or written
    └── DeliveryError               an alert could not be delivered

Those that `converters` raises are defined in `converters.errors`.
"""

from numbers import Real

from converters.errors import (
    AmbiguousPictureError,
    AnnotationError,
    ConversionError,
    DatasetError,
    FolderError,
    InputError,
    MaskDetectorError,
    OptionError,
    OtherFormatError,
    OutputError,
    PictureError,
    RegistryError,
    UnknownFormatError,
    UnlistedLabelsError,
    UsageError,
)

__all__ = [
    "AmbiguousPictureError",
    "AnnotationError",
    "CalibrationError",
    "ClusterError",
    "ConfigError",
    "ConversionError",
    "DamagedVideoError",
    "DatasetError",
    "DeliveryError",
    "EvaluationError",
    "FolderError",
    "InputError",
    "MaskDetectorError",
    "OptionError",
    "OtherFormatError",
    "OutputError",
    "PictureError",
    "PredictionsError",
    "RegistryError",
    "SourceError",
    "StoreError",
    "TrainingError",
    "UnknownFormatError",
    "UnlistedLabelsError",
    "UsageError",
    "WeightsError",
    "check_range",
]


class SourceError(MaskDetectorError):
    """An image, video or camera could not be read."""


class DamagedVideoError(SourceError):
    """A video was read as far as it could be, and parts of it are missing."""


class WeightsError(MaskDetectorError):
    """Weights could not be found, trusted or loaded."""


class TrainingError(MaskDetectorError):
    """Training could not be started, continued or finished."""


class EvaluationError(MaskDetectorError):
    """There is nothing to evaluate on."""


class PredictionsError(MaskDetectorError):
    """A file of predictions does not fit the dataset."""


class CalibrationError(MaskDetectorError):
    """A dataset has no pictures to calibrate an INT8 network with."""


class ClusterError(MaskDetectorError):
    """A Ray cluster cannot do the work."""


class ConfigError(UsageError):
    """The configuration is not as it should be."""


class StoreError(MaskDetectorError):
    """The store of events could not be opened, read or written."""


class DeliveryError(MaskDetectorError):
    """A sink did not take an alert.

    Args:
        sink: Name of the sink.
        found: What happened; without secrets.
        expected: What to do about it.
        permanent: Trying again is of no use.
        retry_after: The sink asks for no alert in the next so many seconds.
    """

    def __init__(
        self,
        sink: str,
        found: str,
        expected: str | None = None,
        *,
        permanent: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(sink, found, expected)
        self.permanent, self.retry_after = permanent, retry_after


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    """Refuse a number that is not from `low` to `high`; None passes.

    Args:
        name: The option that the number was given for.
        value: The number.
        low: The lowest that is taken.
        high: The highest.

    Raises:
        OptionError: It is outside, or no number.
    """
    if value is None:
        return
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise OptionError(name, f"{value}" if is_number else repr(value), f"a number from {low} to {high}")
