"""Exports: the same answers as torch, whole files, and nothing replaced that was not asked for."""

import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from detector import Detector
from detector.errors import OptionError, OutputError, UsageError, WeightsError
from detector.export.run import export
from detector.export.settings import ExportSettings
from detector.libraries import import_openvino, import_ultralytics
from detector.model.backends import load_backend
from detector.model.export_metadata import read_exported
from detector.model.weights import sha256, shipped_weights
from support.datasets import hashes, make_dataset
from support.sample_pictures import picture, save
from support.tiny_weights import NAMES, save_tiny

pytestmark = pytest.mark.slow

FORMATS = [
    "openvino",
    pytest.param("onnx", marks=pytest.mark.skipif("not __import__('importlib.util').util.find_spec('onnx')")),
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny") / "tiny.pt", imgsz=96)


def raw(weights: Path, batch: np.ndarray, backend: str = "auto") -> np.ndarray:
    return load_backend(weights, backend=backend, device="cpu", trust=False)(batch)


@pytest.mark.parametrize("format", FORMATS)
def test_the_output_is_that_of_torch_for_any_number_and_size(tiny: Path, tmp_path: Path, format: str) -> None:
    path = export(tiny, ExportSettings(format=format, out=tmp_path))
    for shape in ((1, 64, 96, 3), (3, 160, 32, 3)):
        batch = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
        expected, found = raw(tiny, batch, "torch"), raw(path, batch)
        assert found.dtype == np.float32
        assert found.shape == expected.shape == (shape[0], 4 + len(NAMES), shape[1] * shape[2] * 21 // 1024)
        np.testing.assert_allclose(found[:, :4], expected[:, :4], atol=0.01)
        np.testing.assert_allclose(found[:, 4:], expected[:, 4:], atol=1e-5)
        assert np.ptp(expected[:, 4:]) > 0.05  # the network tells places apart


@pytest.mark.parametrize("format", FORMATS)
def test_what_the_export_says_of_itself(tiny: Path, tmp_path: Path, format: str) -> None:
    path = export(tiny, ExportSettings(format=format, out=tmp_path / "new" / "folder"))
    name = "tiny.onnx" if format == "onnx" else "tiny_openvino_model"
    assert path == tmp_path / "new" / "folder" / name
    model = read_exported(path)
    assert (model.names, model.imgsz, model.stride, model.dynamic) == (NAMES, 96, 32, True)
    assert (model.source_sha256, model.precision) == (sha256(tiny), "fp32")
    other = read_exported(export(tiny, ExportSettings(format=format, out=tmp_path, imgsz=100)))
    assert other.imgsz == 128
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["new", name])


@pytest.mark.parametrize("format", FORMATS)
def test_two_exports_of_the_same_weights_are_the_same_bytes(tiny: Path, tmp_path: Path, format: str) -> None:
    first, second = (export(tiny, ExportSettings(format=format, out=tmp_path / name)) for name in "ab")
    assert hashes(first) == hashes(second)
    holds = b"".join(file.read_bytes() for file in (first.iterdir() if first.is_dir() else [first]))
    assert str(tmp_path).encode() not in holds
    assert str(tiny.parent).encode() not in holds


@pytest.mark.parametrize("format", FORMATS)
def test_ultralytics_finds_the_same_faces_with_the_export(
    assets: Path, tmp_path: Path, format: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = export(shipped_weights(), ExportSettings(format=format, out=tmp_path, imgsz=320))
    capfd.readouterr()
    expected = Detector(shipped_weights(), backend="torch", device="cpu", imgsz=320).predict(assets / "bus.jpg")
    import_ultralytics()
    from ultralytics import YOLO

    found = YOLO(path).predict(assets / "bus.jpg", imgsz=320, conf=0.25, iou=0.6, verbose=False)[0]
    assert found.names == dict(enumerate(expected.names))
    assert len(expected)
    assert found.boxes.cls.int().tolist() == expected.class_id.tolist()
    # It lets OpenVINO compute in bfloat16 where the processor can.
    np.testing.assert_allclose(found.boxes.xyxy.numpy(), expected.xyxy, atol=3)
    np.testing.assert_allclose(found.boxes.conf.numpy(), expected.confidence, atol=0.05)


def test_yolo11_is_exported_too(tmp_path: Path) -> None:
    weights = save_tiny(tmp_path / "eleven.pt", ("face",), network="yolo11n.yaml")
    batch = np.random.default_rng(0).integers(0, 255, (1, 64, 96, 3), dtype=np.uint8)
    found = raw(export(weights, ExportSettings(format="openvino")), batch)
    np.testing.assert_allclose(found, raw(weights, batch, "torch"), atol=0.01)


def test_an_export_beside_the_weights_is_what_the_detector_runs(tmp_path: Path) -> None:
    weights = save_tiny(tmp_path / "tiny.pt")
    assert export(weights, ExportSettings("openvino")) == tmp_path / "tiny_openvino_model"
    assert load_backend(weights, backend="openvino", device="cpu", trust=False).names == NAMES


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_is_replaced_when_asked_or_outdated(tmp_path: Path, format: str) -> None:
    weights = save_tiny(tmp_path / "tiny.pt")
    path = export(weights, ExportSettings(format=format))
    before = hashes(path)
    with pytest.raises(UsageError, match=r"tiny.*: exists already; expected `overwrite` to replace it"):
        export(weights, ExportSettings(format=format))
    assert hashes(path) == before
    export(weights, ExportSettings(format=format, imgsz=128, overwrite=True))
    assert read_exported(path).imgsz == 128

    save_tiny(weights, seed=1)
    export(weights, ExportSettings(format=format))
    assert read_exported(path).source_sha256 == sha256(weights)
    elsewhere = export(weights, ExportSettings(format=format, out=tmp_path / "out"))
    save_tiny(weights, seed=2)
    with pytest.raises(UsageError, match="exists already"):  # the other tiny.pt may be another training's
        export(weights, ExportSettings(format=format, out=tmp_path / "out"))
    assert read_exported(elsewhere).source_sha256 != sha256(weights)


def test_other_files_are_never_lost(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny_openvino_model"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"other files in it \(notes\.txt\)"):
        export(tiny, ExportSettings(format="openvino", out=tmp_path, overwrite=True))
    (folder / "notes.txt").rename(tmp_path / "notes.txt")
    folder.rmdir()
    folder.write_text("a file")
    with pytest.raises(UsageError, match="tiny_openvino_model: a file"):
        export(tiny, ExportSettings(format="openvino", out=tmp_path, overwrite=True))
    assert folder.read_text() == "a file"


@pytest.mark.parametrize("format", FORMATS)
def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    weights = save_tiny(tmp_path / "tiny.pt")
    path = export(weights, ExportSettings(format=format))
    before = hashes(path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for action, error in ((full, OutputError), (stop, KeyboardInterrupt)):
        with monkeypatch.context() as patch:
            patch.setattr("onnx.save" if format == "onnx" else "yaml.safe_dump", action)
            with pytest.raises(error):
                export(weights, ExportSettings(format=format, overwrite=True))
        assert hashes(path) == before
        assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["tiny.pt", path.name])


def test_arguments_that_make_no_sense(tiny: Path, tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    for arguments, message in (
        ({"format": "caffe"}, "format: 'caffe'; expected openvino or onnx or tensorrt or ncnn or litert or coreml"),
        ({"format": "openvino", "static": True}, "static: given with openvino; expected ONNX"),
        ({"format": "openvino", "nms": True}, "nms: given with openvino"),
        ({"format": "openvino", "opset": 12}, "opset: given with openvino"),
        ({"format": "onnx", "opset": 10}, "opset: 10; expected a number from 11 to 20"),
        ({"format": "onnx", "batch": 4}, "batch: 4 for an input that takes any number; expected `static`"),
        ({"format": "onnx", "static": True, "batch": 0}, "batch: 0"),
        ({"format": "onnx", "nms": True, "conf": 2}, "conf: 2"),
        ({"format": "onnx", "nms": True, "max_det": 0}, "max_det: 0"),
        ({"format": "onnx", "int8": True, "data": data}, "int8: with onnx; expected OpenVINO"),
        ({"format": "openvino", "int8": True}, "int8: no data"),
        ({"format": "openvino", "data": data}, "data: given without `int8`"),
        ({"format": "openvino", "imgsz": 8}, "imgsz: 8"),
        ({"format": "openvino", "int8": True, "data": data, "max_drop": 2}, "max_drop: 2"),
    ):
        with pytest.raises(UsageError, match=message):
            export(tiny, ExportSettings(out=tmp_path / "out", **arguments))
    assert not (tmp_path / "out").exists()


def test_out_is_a_folder(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    for out in (tmp_path / "new.onnx", tmp_path / "new.XML", tmp_path / "there"):
        with pytest.raises(OptionError, match=rf"out: '.*{out.name}', a file; expected a folder"):
            export(tiny, ExportSettings("openvino", out=out))
    assert [file.name for file in tmp_path.iterdir()] == ["there"]


def test_an_installed_package_is_not_written_to(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "detector"
    weights = package / "shipped" / "tiny.pt"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(tiny.read_bytes())
    monkeypatch.setattr("detector.export.target._PACKAGE", package)
    monkeypatch.chdir(tmp_path)
    assert export(weights, ExportSettings("openvino")) == Path("tiny_openvino_model")
    assert [file.name for file in weights.parent.iterdir()] == ["tiny.pt"]
    assert read_exported(tmp_path / "tiny_openvino_model").source_sha256 == sha256(weights)


def test_openvino_files_say_how_to_run_them_as_those_of_ultralytics_do(tmp_path: Path) -> None:
    """The keys are read by OpenVINO's Model API and by DL Streamer."""
    openvino = import_openvino()
    weights = save_tiny(tmp_path / "tiny.pt", ("a face", "other"))
    network = openvino.Core().read_model(export(weights, ExportSettings("openvino")) / "tiny.xml")
    found = {key: value.value for key, value in network.get_rt_info(["model_info"]).astype(dict).items()}
    assert found == {
        "model_type": "YOLO",
        "reverse_input_channels": "YES",
        "pad_value": "114",
        "scale_values": "255",
        "resize_type": "fit_to_window_letterbox",
        "iou_threshold": "0.6",
        "labels": "a_face other",
    }


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    weights = save_tiny(tmp_path / "ten.pt", network="yolov10n.yaml", end2end=True)
    with pytest.raises(WeightsError, match=r"ten\.pt: an end-to-end model"):
        export(weights, ExportSettings(format="openvino"))
    path = export(save_tiny(tmp_path / "tiny.pt"), ExportSettings(format="openvino"))
    with pytest.raises(WeightsError, match="a folder"):
        export(path, ExportSettings(format="openvino"))
    assert not (tmp_path / "ten_openvino_model").exists()


@pytest.mark.parametrize(("package", "arguments"), [("onnx", {"format": "onnx"}), ("nncf", {"format": "openvino"})])
def test_a_missing_package_is_named(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, arguments: dict[str, str]
) -> None:
    if package == "nncf":
        arguments = arguments | {"int8": True, "data": make_dataset(tmp_path / "data")}
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"needs {package}.* not installed; .*pip install 'mask-detector\[export\]'"):
        export(tiny, ExportSettings(out=tmp_path / "out", **arguments))


def test_nothing_is_printed(tiny: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("nncf")
    export(tiny, ExportSettings(format="openvino", int8=True, data=make_dataset(tmp_path / "data"), out=tmp_path))
    assert capfd.readouterr() == ("", "")
    assert yaml.safe_load((tmp_path / "tiny_int8_openvino_model" / "metadata.yaml").read_text())["precision"] == "int8"
    save(tmp_path / "x.png", picture())
    assert Detector(tmp_path / "tiny_int8_openvino_model").predict(tmp_path / "x.png").names == NAMES
