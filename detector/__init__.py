"""Finds every face in an image or video and says whether its mask is worn, missing or worn incorrectly."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detector.detections import Detections as Detections
    from detector.inference.detector import Detector as Detector

__version__ = "0.1.0"
__all__ = ["Detections", "Detector", "__version__"]

_LAZY = {"Detections": "detector.detections", "Detector": "detector.inference.detector"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import detector` stays instant."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
