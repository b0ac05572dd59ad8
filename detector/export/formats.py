"""The formats of an export, and the packages that write them."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from packaging.requirements import Requirement

from detector.errors import OptionError


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format that weights are exported to.

    Attributes:
        name: The value of the option `format`.
        suffix: What follows the name of the weights in that of the export; ultralytics recognises formats by it.
        is_folder: The export is a folder.
        extra: The extra of mask-detector that installs what is needed; empty where nothing is.
        needs: What must be installed: a module, and the requirement that installs it.
        ultralytics: The name that ultralytics' exporter has for it; empty for those that are converted here.
    """

    name: str
    suffix: str
    is_folder: bool
    extra: str = ""
    needs: tuple[tuple[str, str], ...] = ()
    ultralytics: str = ""

    def check_packages(self) -> None:
        """Refuse a format whose packages are missing.

        Raises:
            OptionError: One is not installed, or has a version that does not work.
        """
        for module, requirement in self.needs:
            if found := _lack(module, Requirement(requirement)):
                install = f"pip install 'mask-detector[{self.extra}]'"
                raise OptionError("format", f"{self.name!r} needs {requirement}, {found}", install)


FORMATS = {
    kind.name: kind
    for kind in (
        ExportFormat("openvino", "_openvino_model", True),
        ExportFormat("onnx", ".onnx", False, "export", (("onnx", "onnx>=1.17"),)),
        ExportFormat(
            "tensorrt",
            ".engine",
            False,
            "tensorrt",
            (("tensorrt", "tensorrt>=10.15"), ("onnx", "onnx>=1.17"), ("onnxslim", "onnxslim>=0.1.82")),
            "engine",
        ),
        # ultralytics names the version: networks that later ones convert crash ncnn.
        ExportFormat("ncnn", "_ncnn_model", True, "ncnn", (("ncnn", "ncnn>=1.0"), ("pnnx", "pnnx==20260526")), "ncnn"),
        ExportFormat(
            "litert",
            ".tflite",
            False,
            "litert",
            (("litert_torch", "litert-torch>=0.10.0"), ("ai_edge_litert", "ai-edge-litert>=2.3.0")),
            "litert",
        ),
        ExportFormat("coreml", ".mlpackage", True, "coreml", (("coremltools", "coremltools>=9.0"),), "coreml"),
    )
}

# Names that people know from ultralytics and TensorFlow.
ALIASES = {"engine": "tensorrt", "tflite": "litert", "mlpackage": "coreml"}


def _lack(module: str, requirement: Requirement) -> str:
    """What is wrong with a required package; empty where it is as required."""
    if find_spec(module) is None:
        return "which is not installed"
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:  # it was installed under another name, as NVIDIA's packages often are
        return ""
    fits = requirement.specifier.contains(installed, prereleases=True)
    return "" if fits else f"and {installed} is installed"
