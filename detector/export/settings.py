"""The settings of an export, checked when they are made."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from detector.errors import OptionError, check_range

FORMATS = ("openvino", "onnx")

_INSTALL = "pip install 'mask-detector[export]'"


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What to export, and where to.

    Attributes:
        format: "openvino" or "onnx".
        int8: Compute with 8-bit integers, which is faster on a CPU; OpenVINO only.
        data: For INT8, the yaml of a dataset with the classes of the weights. Value ranges are taken from its training
            pictures, and the loss is measured on its validation pictures.
        imgsz: The longer side that pictures are scaled to by default, rounded up to a multiple of the stride.
            None: the size that the weights were trained at.
        out: The folder to write to; None: beside the weights, where `Detector` finds it.
        overwrite: Replace an existing export. An export beside the weights that was made from other weights is always
            replaced.
        trust_weights: Load a file that runs code when loaded.
        calibration_images: At most so many training pictures are used, drawn with a fixed seed.
        max_drop: The loss of AP50 on the validation pictures that is accepted; while it is larger, more of the network
            stays in floating point.

    Raises:
        OptionError: A value is out of range, two do not go together, or a package is missing.
    """

    format: str
    int8: bool = False
    data: str | Path | None = None
    imgsz: int | None = None
    out: str | Path | None = None
    overwrite: bool = False
    trust_weights: bool = False
    calibration_images: int = 300
    max_drop: float = 0.005

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise OptionError("format", f"{self.format!r}", " or ".join(FORMATS))
        self._check_int8()
        self._check_packages()
        check_range("imgsz", self.imgsz, 32, 8192)
        check_range("calibration_images", self.calibration_images, 1, 100_000)
        check_range("max_drop", self.max_drop, 0, 1)

    def _check_int8(self) -> None:
        if self.int8 and self.format != "openvino":
            raise OptionError("int8", f"with {self.format}", "OpenVINO, where INT8 is faster")
        if self.int8 and self.data is None:
            raise OptionError("int8", "no data", "the data.yaml of a dataset with the classes of the weights")
        if self.data is not None and not self.int8:
            raise OptionError("data", "given without `int8`", "both or neither: FP32 needs no pictures")

    def _check_packages(self) -> None:
        if self.int8 and find_spec("nncf") is None:
            raise OptionError("int8", "needs nncf, which is not installed", _INSTALL)
        if self.format == "onnx" and find_spec("onnx") is None:
            raise OptionError("format", "'onnx' needs onnx, which is not installed", _INSTALL)
