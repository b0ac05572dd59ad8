"""Exceptions of the detector; the base class is shared with `converters`."""

from converters.errors import MaskDetectorError, UsageError

__all__ = ["MaskDetectorError", "OutputError", "SourceError", "TrainingError", "UsageError", "WeightsError"]


class SourceError(MaskDetectorError):
    """A picture, video or camera could not be read."""


class WeightsError(MaskDetectorError):
    """Weights could not be found, trusted or loaded."""


class TrainingError(MaskDetectorError):
    """Training could not be started, continued or finished."""


class OutputError(MaskDetectorError):
    """Results could not be written."""
