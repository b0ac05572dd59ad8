"""Exceptions of the detector; the base class is shared with `converters`."""

from converters.errors import MaskDetectorError, UsageError

__all__ = [
    "MaskDetectorError",
    "OutputError",
    "SourceError",
    "TrainingError",
    "UsageError",
    "WeightsError",
    "check_range",
]


class SourceError(MaskDetectorError):
    """A picture, video or camera could not be read."""


class WeightsError(MaskDetectorError):
    """Weights could not be found, trusted or loaded."""


class TrainingError(MaskDetectorError):
    """Training could not be started, continued or finished."""


class OutputError(MaskDetectorError):
    """Results could not be written."""


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    """Refuse a number that is not from `low` to `high`; None passes.

    Raises:
        UsageError: It is outside, or not a number (NaN).
    """
    if value is not None and not low <= value <= high:
        raise UsageError(name, f"{value}", f"a number from {low} to {high}")
