import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {
    "torch", "ultralytics", "openvino", "numpy", "cv2", "pandas", "matplotlib", "pycocotools", "av", "lxml", "pydantic",
    "sqlalchemy", "jinja2",
}  # fmt: skip


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
