"""Exports through ultralytics' exporter: refused, or run and compared with the original."""

import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement

from detector.errors import OptionError, WeightsError
from detector.export.formats import FORMATS
from detector.export.run import export
from detector.export.settings import ExportSettings
from detector.model.backends import load_backend
from detector.model.weights import sha256
from support.tiny_weights import NAMES, save_tiny

ROOT = Path(__file__).resolve().parents[3]


def have(name: str) -> None:
    """Skip a test where the packages of a format are missing."""
    try:
        FORMATS[name].check_packages()
    except OptionError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("wider") / "wider.pt", imgsz=96, network="yolov8n.yaml")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (1, 96, 96, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def expected(weights: Path, image: np.ndarray) -> np.ndarray:
    return load_backend(weights, backend="torch", device="cpu", trust=False)(image)[0]


def as_input(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[..., ::-1].transpose(0, 3, 1, 2) / np.float32(255))


@pytest.mark.slow
def test_ncnn_gives_the_output_of_torch(
    weights: Path, image: np.ndarray, expected: np.ndarray, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    have("ncnn")
    import ncnn

    path = export(weights, ExportSettings("ncnn", out=tmp_path))
    assert capfd.readouterr() == ("", "")
    assert path == tmp_path / "wider_ncnn_model"
    network = ncnn.Net()
    network.opt.use_fp16_packed = network.opt.use_fp16_storage = network.opt.use_fp16_arithmetic = False
    network.load_param(str(path / "model.ncnn.param"))
    network.load_model(str(path / "model.ncnn.bin"))
    pixels = as_input(image)[0]  # ncnn.Mat does not keep the array that it uses
    with network.create_extractor() as extractor:
        extractor.input("in0", ncnn.Mat(pixels))
        found = np.array(extractor.extract("out0")[1])
    np.testing.assert_allclose(found, expected, atol=0.02)
    about = yaml.safe_load((path / "metadata.yaml").read_text())
    assert (about["names"], about["source_sha256"]) == (dict(enumerate(NAMES)), sha256(weights))
    assert "date" not in about
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.slow
def test_litert_gives_the_output_of_torch(
    weights: Path, image: np.ndarray, expected: np.ndarray, tmp_path: Path
) -> None:
    have("litert")
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(export(weights, ExportSettings("tflite", out=tmp_path))))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], as_input(image))
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
    np.testing.assert_allclose(found[:4] * 96, expected[:4], atol=0.02)  # its boxes are fractions of the input
    np.testing.assert_allclose(found[4:], expected[4:], atol=1e-4)


@pytest.mark.slow
def test_coreml_is_written_whole_and_replaced_when_asked(weights: Path, tmp_path: Path) -> None:
    have("coreml")
    import coremltools

    settings = ExportSettings("coreml", out=tmp_path, overwrite=True)
    for _ in range(2):
        path = export(weights, settings)
    about = coremltools.models.MLModel(str(path), skip_model_load=True).user_defined_metadata
    assert about["names"] == str(dict(enumerate(NAMES)))
    assert about["source_sha256"] == sha256(weights)
    assert [file.name for file in tmp_path.iterdir()] == ["wider.mlpackage"]


@pytest.mark.parametrize("name", ["tensorrt", "ncnn", "litert", "coreml"])
def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module, requirement = FORMATS[name].needs[0]
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"format: '{name}' needs {requirement}, which is not installed; .*pip install 'mask-detector\[{name}\]'"
    with pytest.raises(OptionError, match=message):
        ExportSettings(name)


def test_a_version_that_does_not_work_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.export.formats.find_spec", lambda module: module)
    monkeypatch.setattr("detector.export.formats.version", lambda name: {"ncnn": "1.0", "pnnx": "20261020"}[name])
    with pytest.raises(OptionError, match="'ncnn' needs pnnx==20260526, and 20261020 is installed"):
        ExportSettings("ncnn")


def test_extras_install_what_the_formats_need() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for kind in FORMATS.values():
        if kind.extra:
            listed = {str(Requirement(each)) for each in extras[kind.extra]}
            assert {str(Requirement(requirement)) for _, requirement in kind.needs} <= listed


@pytest.mark.slow
def test_a_converter_that_fails_leaves_what_was_there(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detector.export.formats.ExportFormat.check_packages", lambda self: None)
    (tmp_path / "wider.engine").write_text("mine")
    with pytest.raises(WeightsError, match=r"wider\.pt: not convertible to tensorrt by ultralytics \(.+\)"):
        export(weights, ExportSettings("tensorrt", out=tmp_path, overwrite=True))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("wider.engine", "mine")]
