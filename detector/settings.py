"""`DetectorSettings`: every option of the detector, with its default, its documentation and its check.

`Detector`, the command line, `evaluate` and the configuration of a watch take their options from its fields, so an
option is added here and nowhere else.
"""

from dataclasses import Field, dataclass, field, fields
from numbers import Integral, Real
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from detector.errors import OptionError, check_range

BACKENDS = ("auto", "torch", "openvino", "onnx")
"""The names of the backends, and "auto"."""

MULTISCALE = ("auto", "off")
"""Whether images are seen at several scales."""

_KINDS: dict[type, tuple[type, str]] = {
    float: (Real, "a number"),
    int: (Integral, "a whole number"),
    bool: (bool, "True or False"),
    str: (str, "text"),
    Path: (Path, "a path"),
    NoneType: (NoneType, "None"),
}
"""What values of each type of a field may be, NumPy's numbers included, and what an error calls them."""

_HELP, _METAVAR, _RANGE = "help", "metavar", "range"


def _option(
    default: Any, help: str, *, metavar: str | None = None, limits: tuple[float, float] | None = None
) -> Any:  # Any: a dataclass field stands for a value of the annotated type
    """A field with its documentation.

    Args:
        default: Its default.
        help: One or two sentences for the user, also shown by `--help`.
        metavar: What values look like on the command line; None where the type says it.
        limits: The smallest and the largest number that are accepted.
    """
    return field(default=default, metadata={_HELP: help, _METAVAR: metavar, _RANGE: limits})


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings:
    """What a detector runs, and how. Each field's documentation is `help_of(field)`.

    Raises:
        UsageError: A value is out of range or of another type; the message names the field.
    """

    weights: str | Path | None = _option(
        None,
        "A .pt file, or an export of one: an OpenVINO folder or an .onnx file; or the name of an ultralytics release. "
        "Default: the shipped weights.",
        metavar="PATH",
    )
    conf: float = _option(0.25, "Leave out faces with a score up to this, 0 to 1.", limits=(0, 1))
    iou: float = _option(
        0.6,
        "Of two boxes of one class that overlap by more than this (IoU), leave out the weaker one, 0 to 1.",
        limits=(0, 1),
    )
    imgsz: int | None = _option(
        None,
        "Scale images to this longer side in pixels, rounded up to a multiple of 32; 32 to 8192. "
        "Default: what the weights were made for.",
        metavar="PIXELS",
        limits=(32, 8192),
    )
    device: str | int = _option("auto", "auto, cpu, mps, cuda, or a CUDA index such as 0.")
    backend: str = _option(
        "auto",
        "What runs the network. auto, on a CPU: the OpenVINO export beside the weights, or else torch.",
        metavar="|".join(BACKENDS),
    )
    max_det: int = _option(300, "At most this many faces in one image, 1 to 30000.", limits=(1, 30_000))
    tile: str | int | None = _option(
        None,
        "Look at large images in overlapping tiles of so many pixels too, so that small faces are found. "
        "auto: where that is worth its time. Default: off.",
        metavar="off|auto|PIXELS",
    )
    multiscale: str = _option(
        "auto",
        "auto: also look at the whole image small, so that faces are found that fill it. off: at one scale only.",
        metavar="|".join(MULTISCALE),
    )
    gamma: float | None = _option(
        None,
        "Brighten (above 1) or darken (below 1) what the network sees: 255 * (value / 255) ** (1 / gamma), 0.1 to 10.",
        limits=(0.1, 10),
    )
    trust_weights: bool = _option(False, "Load weights even if that runs code from the file.")
    agnostic_nms: bool = _option(
        True, "Let boxes of different classes suppress each other: one face, one label. Off: ultralytics' own boxes."
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            if limits := option.metadata[_RANGE]:
                check_range(option.name, getattr(self, option.name), *limits)
        if self.backend not in BACKENDS:
            raise OptionError("backend", f"{self.backend!r}", " or ".join(BACKENDS))
        if self.multiscale not in MULTISCALE:
            raise OptionError("multiscale", f"{self.multiscale!r}", " or ".join(MULTISCALE))
        object.__setattr__(self, "tile", parse_tile(self.tile))  # the usual way to normalise a frozen dataclass
        object.__setattr__(self, "device", parse_device(self.device))
        for option in fields(self):
            _check_type(option, getattr(self, option.name))


def _check_type(option: "Field[Any]", value: object) -> None:
    kinds = get_args(option.type) or (option.type,)
    is_stray = isinstance(value, bool) and bool not in kinds  # for Python, True is a number too
    if is_stray or not isinstance(value, tuple(_KINDS[kind][0] for kind in kinds)):
        raise OptionError(option.name, repr(value), " or ".join(_KINDS[kind][1] for kind in kinds))


def help_of(option: "Field[Any]") -> str:
    """The documentation of a field of `DetectorSettings`."""
    return str(option.metadata[_HELP])


def metavar_of(option: "Field[Any]") -> str | None:
    """What values of a field look like on the command line; None where the type says it."""
    metavar: str | None = option.metadata[_METAVAR]
    return metavar


def limits_of(option: "Field[Any]") -> tuple[float, float] | None:
    """The smallest and the largest number that a field accepts; None where it has no such limits."""
    limits: tuple[float, float] | None = option.metadata[_RANGE]
    return limits


def parse_device(device: str | int) -> str:
    """The setting `device` as text: a CUDA index may be a number.

    Raises:
        UsageError: It is neither text nor a number from 0.
    """
    if isinstance(device, Integral) and not isinstance(device, bool) and device >= 0:
        return str(device)
    if not isinstance(device, str):
        raise OptionError("device", repr(device), "auto, cpu, mps, cuda, or a CUDA index such as 0")
    return device


def parse_tile(tile: str | int | None) -> int | str | None:
    """The setting `tile` as a number of pixels, "auto" or None.

    Args:
        tile: None or "off"; "auto"; or a side in pixels, 32 to 8192, also as text.

    Raises:
        UsageError: It is something else.
    """
    if tile in (None, "off"):
        return None
    if tile == "auto":
        return "auto"
    if isinstance(tile, str) and tile.isdecimal():
        tile = int(tile)
    if not isinstance(tile, int) or isinstance(tile, bool):
        raise OptionError("tile", f"{tile!r}", "off, auto or a number of pixels")
    check_range("tile", tile, 32, 8192)
    return tile
