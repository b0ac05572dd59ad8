"""What exports say about themselves, those of `detector export` and those of ultralytics."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from detector.errors import WeightsError
from detector.model.export_metadata import ExportedModel, exported_from_metadata, read_exported

METADATA: dict[str, Any] = {
    "description": "Ultralytics YOLOv8n model",
    "date": "2026-01-01T00:00:00+00:00",
    "stride": 32,
    "task": "detect",
    "head": "Detect",
    "batch": 1,
    "imgsz": [640, 640],
    "names": {0: "with_mask", 1: "without_mask"},
    "args": {"batch": 1, "quantize": None, "nms": None, "dynamic": True},
    "channels": 3,
    "end2end": False,
}
X = Path("x.onnx")


def folder(path: Path, **changes: Any) -> Path:
    path.mkdir()
    (path / "x.xml").write_text("<net/>")
    (path / "x.bin").touch()
    (path / "metadata.yaml").write_text(yaml.safe_dump(METADATA | changes))
    return path


def onnx_file(path: Path, metadata: dict[str, Any]) -> Path:
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, [1])
    output = onnx.helper.make_tensor_value_info("output0", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["images"], ["output0"])], "x", [value], [output])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
    onnx.helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.save(model, path)
    return path


def test_a_folder_and_its_xml_are_the_same_model(tmp_path: Path) -> None:
    path = folder(tmp_path / "x_openvino_model")
    expected = ExportedModel(path / "x.xml", ("with_mask", "without_mask"), 640, 32, True, None, "fp32")
    assert read_exported(path) == expected
    assert read_exported(path / "x.xml") == expected


def test_our_own_keys_are_read(tmp_path: Path) -> None:
    path = folder(tmp_path / "x", source="x.pt", source_sha256="ab" * 32, precision="int8")
    model = read_exported(path)
    assert (model.source_sha256, model.precision) == ("ab" * 32, "int8")


def test_an_onnx_file_holds_the_same_as_text(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = onnx_file(tmp_path / "x.onnx", METADATA | {"source_sha256": "0" * 64})
    assert read_exported(path) == exported_from_metadata(path, METADATA | {"source_sha256": "0" * 64})
    with pytest.raises(WeightsError, match=r"bare\.onnx: no metadata about its task"):
        read_exported(onnx_file(tmp_path / "bare.onnx", {}))


@pytest.mark.parametrize(
    ("arguments", "precision"),
    [
        ({"quantize": 8}, "int8"),
        ({"int8": True}, "int8"),
        ({"quantize": 16}, "fp16"),
        ({"half": True}, "fp16"),
        ({"int8": False, "half": False}, "fp32"),
    ],
)
def test_precision_of_ultralytics_exports(arguments: dict[str, Any], precision: str) -> None:
    assert exported_from_metadata(X, METADATA | {"args": arguments}).precision == precision


def test_static_exports_are_known_as_such() -> None:
    for arguments in ({"dynamic": False}, {}, None):
        model = exported_from_metadata(X, METADATA | {"args": arguments, "imgsz": [64, 64]})
        assert (model.dynamic, model.imgsz) == (False, 64)
    assert exported_from_metadata(X, METADATA | {"imgsz": [480, 640]}).imgsz == 640
    assert exported_from_metadata(X, METADATA | {"imgsz": 416}).imgsz == 416


def test_names_come_in_the_order_of_their_ids() -> None:
    names = {10: "k", **{i: str(i) for i in range(9, -1, -1)}}
    assert exported_from_metadata(X, METADATA | {"names": names}).names == (*map(str, range(10)), "k")
    assert exported_from_metadata(X, METADATA | {"names": str(names)}).names[10] == "k"
    assert exported_from_metadata(X, METADATA | {"names": ["a", "b"]}).names == ("a", "b")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"task": "segment"}, "task 'segment'"),
        ({"task": None}, "no metadata about its task"),
        ({"end2end": True}, "end-to-end"),
        ({"end2end": "True"}, "end-to-end"),
        ({"args": {"nms": True}}, "NMS inside"),
        ({"args": "dynamic"}, "args: 'dynamic'"),
        ({"args": [1]}, r"args: \[1\]"),
        ({"head": "RTDETRDecoder"}, "RT-DETR"),
        ({"channels": 1}, "1 channels"),
        ({"names": {}}, "names: "),
        ({"names": {1: "a", 2: "b"}}, "names: "),
        ({"names": "{0: "}, "names: '{0: '"),
        ({"names": None}, "names: None"),
        ({"stride": None}, "stride: None"),
        ({"stride": 0}, "stride: 0"),
        ({"imgsz": None}, "imgsz: None"),
        ({"imgsz": []}, "imgsz: None|imgsz: \\[\\]"),
        ({"imgsz": ["a", "b"]}, "imgsz: a"),
        ({"imgsz": [480, 640], "args": {}}, "fixed input of 480 x 640"),
        ({"batch": 8, "args": {"dynamic": False}}, "fixed batch of 8"),
    ],
)
def test_what_cannot_be_run_is_refused(changes: dict[str, Any], found: str) -> None:
    with pytest.raises(WeightsError, match=rf"x\.onnx: .*({found}).*; expected "):
        exported_from_metadata(X, METADATA | changes)


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    path = folder(tmp_path / "x")
    (path / "metadata.yaml").write_text("a: [")
    with pytest.raises(WeightsError, match=r"metadata\.yaml: not valid YAML"):
        read_exported(path)
    (path / "metadata.yaml").write_text("- a")
    with pytest.raises(WeightsError, match=r"metadata\.yaml: a YAML list"):
        read_exported(path)
    (path / "metadata.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WeightsError, match=r"metadata\.yaml: "):
        read_exported(path)
    (path / "metadata.yaml").unlink()
    with pytest.raises(WeightsError, match=r"metadata\.yaml: no such file"):
        read_exported(path)
    (path / "x.bin").unlink()
    with pytest.raises(WeightsError, match=r"x\.bin: no such file; expected the weights of x\.xml"):
        read_exported(path)
    (path / "y.xml").touch()
    with pytest.raises(WeightsError, match=r"several networks \(x\.xml, y\.xml\)"):
        read_exported(path)
    with pytest.raises(WeightsError, match=r"a folder without an \.xml"):
        read_exported(tmp_path)
    with pytest.raises(WeightsError, match="no such file"):
        read_exported(tmp_path / "none.onnx")
    (tmp_path / "x.pt").touch()
    with pytest.raises(WeightsError, match=r"a \.pt file"):
        read_exported(tmp_path / "x.pt")


@pytest.mark.parametrize("key", ["args", "names", "source_sha256", "task"])
def test_aliases_that_stand_for_millions_of_values_are_refused_at_once(tmp_path: Path, key: str) -> None:
    path = folder(tmp_path / "x")
    lines = ["a0: &a0 [1, 2]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    content = [f"{name}: {value!r}" for name, value in METADATA.items() if name in ("task", "imgsz") and name != key]
    (path / "metadata.yaml").write_text("\n".join([*lines, *content, f"{key}: *a11"]))
    started = time.monotonic()
    with pytest.raises(WeightsError, match=r"metadata\.yaml: not valid YAML.*aliases that stand for more than"):
        read_exported(path)
    assert time.monotonic() - started < 5


def test_a_list_as_a_key_is_named(tmp_path: Path) -> None:
    path = folder(tmp_path / "x")
    (path / "metadata.yaml").write_text("task: detect\n? [1, 2]\n: 3\n")
    with pytest.raises(WeightsError, match=r"metadata\.yaml: not valid YAML in line 2.*a list as a key"):
        read_exported(path)


def test_a_damaged_onnx_file_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "x.onnx").write_bytes(b"not a network")
    with pytest.raises(WeightsError, match=r"x\.onnx: not loadable"):
        read_exported(tmp_path / "x.onnx")
    assert capfd.readouterr() == ("", "")


def test_a_missing_onnxruntime_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.onnx").touch()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(WeightsError, match=r"pip install 'mask-detector\[onnx\]'"):
        read_exported(tmp_path / "x.onnx")


def test_reading_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from detector.model.export_metadata import read_exported; read_exported(pathlib.Path(sys.argv[1]));"
        "print(*{'torch', 'ultralytics', 'onnx', 'openvino', 'cv2', 'numpy'} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, folder(tmp_path / "x")], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "\n"
