"""Finds every face in an image or video and says whether its mask is worn, missing or worn incorrectly."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detector.detections import Detection, Detections
    from detector.errors import (
        AmbiguousPictureError,
        AnnotationError,
        CalibrationError,
        ClusterError,
        ConfigError,
        ConversionError,
        DamagedVideoError,
        DatasetError,
        DeliveryError,
        EvaluationError,
        FolderError,
        InputError,
        MaskDetectorError,
        OptionError,
        OtherFormatError,
        OutputError,
        PictureError,
        PredictionsError,
        RegistryError,
        SourceError,
        StoreError,
        TrainingError,
        UnknownFormatError,
        UnlistedLabelsError,
        UsageError,
        WeightsError,
    )
    from detector.inference.detector import Detector
    from detector.media.sources import Frame
    from detector.settings import DetectorSettings

__version__ = "0.2.0"
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
    "Detection",
    "Detections",
    "Detector",
    "DetectorSettings",
    "EvaluationError",
    "FolderError",
    "Frame",
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
    "__version__",
]

_ELSEWHERE = {
    "Detection": "detector.detections",
    "Detections": "detector.detections",
    "Detector": "detector.inference.detector",
    "DetectorSettings": "detector.settings",
    "Frame": "detector.media.sources",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import detector` stays fast."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_ELSEWHERE.get(name, "detector.errors")), name)
    globals()[name] = value  # found there from now on, without this function
    return value


def __dir__() -> list[str]:
    return sorted(globals().keys() | __all__)
