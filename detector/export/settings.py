"""The settings of an export, checked when they are made."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from detector.errors import OptionError, check_range
from detector.export.formats import ALIASES, FORMATS, ExportFormat

OPSET = 17
"""The version of ONNX's operators that every ONNX Runtime since 1.12 reads."""

_INSTALL = "pip install 'mask-detector[export]'"


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What to export, and where to.

    Attributes:
        format: One of `detector.export.formats.FORMATS`: "openvino", "onnx", "tensorrt", "ncnn", "litert", "coreml".
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
        static: ONNX only: fix the input to `batch` pictures of `imgsz` x `imgsz`. The formats after ONNX always are.
        batch: How many pictures a network with a fixed input takes at once.
        opset: ONNX only: the version of its operators.
        nms: ONNX only: the network gives boxes, scores and classes, one box for each face.
        conf: For `nms`: boxes at or below this score are dropped.
        iou: For `nms`: of two boxes that overlap by more than this, the weaker is dropped.
        max_det: For `nms`: so many boxes are given for each picture.

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
    static: bool = False
    batch: int = 1
    opset: int = OPSET
    nms: bool = False
    conf: float = 0.25
    iou: float = 0.6
    max_det: int = 300

    @property
    def kind(self) -> ExportFormat:
        """The format."""
        return FORMATS[ALIASES.get(self.format, self.format)]

    def __post_init__(self) -> None:
        if ALIASES.get(self.format, self.format) not in FORMATS:
            raise OptionError("format", f"{self.format!r}", " or ".join(FORMATS))
        self._check_int8()
        self._check_onnx()
        self.kind.check_packages()
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

        if self.int8 and find_spec("nncf") is None:
            raise OptionError("int8", "needs nncf, which is not installed", _INSTALL)

    def _check_onnx(self) -> None:
        onnx = self.kind.name == "onnx"
        for name, given in (("static", self.static), ("nms", self.nms), ("opset", self.opset != OPSET)):
            if given and not onnx:
                raise OptionError(name, f"given with {self.kind.name}", "ONNX, which alone has it")
        if self.batch != 1 and not self.static and (onnx or self.kind.name == "openvino"):
            raise OptionError(
                "batch", f"{self.batch} for an input that takes any number", "`static` beside it, with ONNX"
            )
        check_range("batch", self.batch, 1, 1024)
        check_range("opset", self.opset, 11, 20)
        check_range("conf", self.conf, 0, 1)
        check_range("iou", self.iou, 0, 1)
        check_range("max_det", self.max_det, 1, 10_000)
