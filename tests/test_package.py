import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {
    "torch", "ultralytics", "openvino", "numpy", "cv2", "pandas", "matplotlib", "pycocotools", "av", "lxml", "pydantic",
    "sqlalchemy", "jinja2",
}  # fmt: skip

_PROGRAM = """
import io
from pathlib import Path

import numpy as np

import detector
from detector import Detection, Detections, Detector, DetectorSettings, Frame, MaskDetectorError, SourceError

detector_ = Detector(conf=0.5)
reveal_type(detector_)
reveal_type(detector_.predict("street.jpg"))
reveal_type(detector_.predict(["a.jpg", "b.jpg"]))
reveal_type(detector_.predict(b"content", conf=0.5, classes="without_mask", errors="skip"))
reveal_type(detector_.predict([b"", io.BytesIO(), Path()], classes=["x", 2], progress=lambda done, total: None))
reveal_type(detector_.predict(np.zeros((4, 4), np.uint16)).error)
reveal_type(Detector(device=0).settings.device)
reveal_type(detector_.settings)
for frame, faces in detector_.stream("clip.mp4", track=True):
    reveal_type(frame)
    reveal_type(faces)
    reveal_type(faces.confidence)
    reveal_type(faces[0])
    reveal_type(faces[1:])
    reveal_type(faces.crop(frame.image))
try:
    Detector.from_settings(DetectorSettings())
except SourceError as error:
    reveal_type(error.subject)
reveal_type(detector.__version__)
"""
_TYPES = [
    "detector.inference.detector.Detector",
    "detector.detections.Detections",
    "list[detector.detections.Detections]",
    "detector.detections.Detections",
    "list[detector.detections.Detections]",
    "detector.errors.SourceError | None",
    "str | int",
    "detector.settings.DetectorSettings",
    "detector.media.sources.Frame",
    "detector.detections.Detections",
    "numpy.ndarray[tuple[Any, ...], numpy.dtype[numpy.floating[numpy._typing._nbit_base._32Bit]]]",
    "detector.detections.Detection",
    "detector.detections.Detections",
    "list[numpy.ndarray[tuple[Any, ...], numpy.dtype[numpy.unsignedinteger[numpy._typing._nbit_base._8Bit]]]]",
    "str",
    "str",
]
_WRONG = """
from detector import Detections, Detector

Detector(confidence=0.5)
Detector(conf="high")
count: int = Detector().predict("street.jpg")
Detector().predict("street.jpg", errors="ignore")
"""
# Packages that the types of ours do not rest on; reading them takes a minute.
_CONFIG = """
[mypy]
strict = true
[mypy-torch.*,ultralytics.*,pandas.*,cv2.*,av.*,supervision.*,scipy.*]
follow_imports = skip
ignore_missing_imports = true
"""


def python(code: str, cwd: Path, **environment: str) -> str:
    """What a fresh interpreter prints."""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False, env=environment or None
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def unpacked_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    result = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_a_wheel_carries_weights_and_registry(unpacked_wheel: Path, tmp_path: Path) -> None:
    code = (
        "import detector, converters.registry as registry, detector.model.weights as weights\n"
        "path = weights.shipped_weights(); assert weights.find_export(path, 'openvino').parent == path.parent\n"
        "print(detector.__file__); print(path); print(*registry.load_registry())"
    )
    where, path, *names = python(code, tmp_path, PYTHONPATH=str(unpacked_wheel)).split()
    assert Path(where).is_relative_to(unpacked_wheel)
    assert Path(path).is_relative_to(unpacked_wheel)
    assert {"face-mask-detection", "medical-mask", "medical-mask-csv", "face-mask-12k", "face-mask-7553"} <= set(names)


def test_a_wheel_holds_nothing_but_the_two_packages(unpacked_wheel: Path) -> None:
    top = {path.name for path in unpacked_wheel.iterdir() if not path.name.endswith(".dist-info")}
    assert top == {"detector", "converters"}


def test_importing_the_package_or_its_command_line_is_light(tmp_path: Path) -> None:
    code = f"import sys, detector, detector.cli.app\nprint(*sorted({HEAVY!r} & set(sys.modules)))"
    assert python(code, tmp_path).split() == []


@pytest.mark.parametrize("command", ["convert", "train", "eval", "infer", "export", "watch", "report"])
def test_every_command_explains_itself_with_an_example(command: str, tmp_path: Path) -> None:
    code = f"import sys; sys.argv = ['detector', {command!r}, '--help']\nfrom detector.cli.app import main; main()"
    assert f"detector {command} " in python(code, tmp_path).split("Example")[1]


def test_a_wheel_says_that_both_packages_have_types(unpacked_wheel: Path) -> None:
    assert (unpacked_wheel / "detector" / "py.typed").is_file()
    assert (unpacked_wheel / "converters" / "py.typed").is_file()


def test_public_names_are_imported_when_used_and_kept(tmp_path: Path) -> None:
    code = (
        "import sys, detector\n"
        "assert 'Detections' in dir(detector) and 'Detections' not in vars(detector)\n"
        "from detector import Detections\n"
        "assert vars(detector)['Detections'] is Detections\n"
        "from detector import *\n"
        "for name in detector.__all__: assert vars(detector)[name] is globals()[name], name\n"
        "try: detector.Detectoor\n"
        "except AttributeError as error: print(error)"
    )
    assert python(code, tmp_path) == "module 'detector' has no attribute 'Detectoor'\n"


def test_the_package_is_run_as_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "detector", "--version"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("mask-detector ")


@pytest.fixture(scope="module")
def installed(unpacked_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that the wheel is installed in, beside the packages of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip())
    for package in unpacked_wheel.iterdir():
        (site / package.name).symlink_to(package)
    for name in ("numpy", "PIL"):
        (site / name).symlink_to(Path(sysconfig.get_path("purelib")) / name)
    return python


def check(program: str, python: Path, folder: Path) -> str:
    """What mypy says about a user's file."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    (folder / "mypy.ini").write_text(_CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--python-executable", str(python), "program.py"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert not ran.stderr, ran.stderr
    return ran.stdout


@pytest.mark.slow
def test_a_users_file_sees_real_types(installed: Path, tmp_path: Path) -> None:
    said = check(_PROGRAM, installed, tmp_path)
    revealed = [line.split('"')[1] for line in said.splitlines() if "Revealed type" in line]
    assert revealed == _TYPES, said
    assert "Success" in said, said


@pytest.mark.slow
def test_a_users_mistakes_are_found(installed: Path, tmp_path: Path) -> None:
    said = check(_WRONG, installed, tmp_path)
    assert 'Unexpected keyword argument "confidence"' in said
    assert 'Argument "conf" to "Detector" has incompatible type "str"' in said
    assert "Incompatible types in assignment" in said
    assert 'Literal["raise", "skip"]' in said or "Literal['raise', 'skip']" in said
