"""ONNX files, run by ONNX Runtime, OpenVINO and OpenCV alone: without torch, ultralytics and this package."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.errors import WeightsError
from detector.export.run import export
from detector.export.settings import ExportSettings
from detector.model.backends import load_backend
from detector.model.nms import non_max_suppression
from detector.model.weights import shipped_weights
from support.tiny_weights import NAMES, save_tiny

pytestmark = pytest.mark.slow

pytest.importorskip("onnx")

RUNS = {
    "onnxruntime": """
import onnxruntime
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
outputs = dict(zip([output.name for output in session.get_outputs()], session.run(None, {"images": images})))
""",
    "openvino": """
import openvino
compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
outputs = {output.any_name: value for output, value in compiled(images).items()}
""",
    "cv2": """
import cv2
network = cv2.dnn.readNetFromONNX(path)
network.setInput(images)
names = network.getUnconnectedOutLayersNames()
outputs = dict(zip(names, network.forward(names)))
""",
}
OTHERS = ("torch", "ultralytics", "detector")


def run_alone(tool: str, path: Path, images: np.ndarray, python: str = sys.executable) -> dict[str, np.ndarray]:
    """Run a network in a process that imports this tool and numpy only."""
    folder = path.parent
    np.save(folder / "images.npy", images)
    source = f"""
import json, sys
import numpy as np
sys.modules["openvino_telemetry"] = None
path, images = {str(path)!r}, np.load({str(folder / "images.npy")!r})
{RUNS[tool]}
np.savez({str(folder / "outputs.npz")!r}, **outputs)
print(json.dumps([name for name in {OTHERS} if name in sys.modules]))
"""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    ended = subprocess.run([python, "-c", source], capture_output=True, text=True, cwd=folder, env=environment)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert json.loads(ended.stdout.splitlines()[-1]) == []
    with np.load(folder / "outputs.npz") as outputs:
        return dict(outputs)


def sizes(path: Path) -> dict[str, list[int | str]]:
    import onnx

    graph = onnx.load(path).graph
    return {
        value.name: [size.dim_value or size.dim_param for size in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny") / "tiny.pt", imgsz=96)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (2, 96, 96, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def expected(tiny: Path, images: np.ndarray) -> np.ndarray:
    return load_backend(tiny, backend="torch", device="cpu", trust=False)(images)


def as_input(images: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(images[..., ::-1].transpose(0, 3, 1, 2) / np.float32(255))


def test_shapes_are_fixed_where_they_always_are_the_same(tiny: Path, tmp_path: Path) -> None:
    def shapes(**settings: object) -> dict[str, list[int | str]]:
        return sizes(export(tiny, ExportSettings("onnx", out=tmp_path, overwrite=True, **settings)))

    anchors = 96 * 96 * 21 // 1024
    assert shapes() == {"images": ["batch", 3, "height", "width"], "output0": ["batch", 7, "anchors"]}
    assert shapes(static=True) == {"images": [1, 3, 96, 96], "output0": [1, 7, anchors]}
    assert shapes(static=True, batch=4, imgsz=64)["images"] == [4, 3, 64, 64]
    assert shapes(nms=True, max_det=5) == {
        "images": ["batch", 3, "height", "width"],
        "boxes": ["batch", 5, 4],
        "scores": ["batch", 5],
        "classes": ["batch", 5],
    }
    assert shapes(nms=True, static=True, batch=2)["boxes"] == [2, 300, 4]


@pytest.mark.parametrize("opset", [11, 17, 20])
@pytest.mark.parametrize("tool", RUNS)
def test_a_static_file_gives_the_output_of_torch(
    tiny: Path, images: np.ndarray, expected: np.ndarray, tmp_path: Path, tool: str, opset: int
) -> None:
    if tool != "cv2":
        pytest.importorskip(tool)
    path = export(tiny, ExportSettings("onnx", out=tmp_path, static=True, batch=2, opset=opset))
    found = run_alone(tool, path, as_input(images))
    np.testing.assert_allclose(found["output0"], expected, atol=0.01)


def test_a_static_file_loads_in_the_oldest_opencv_that_is_supported(
    tiny: Path, images: np.ndarray, expected: np.ndarray, tmp_path: Path
) -> None:
    """MASK_DETECTOR_OLD_OPENCV names a Python that has the oldest opencv-python of pyproject.toml, and numpy."""
    python = os.environ.get("MASK_DETECTOR_OLD_OPENCV")
    if not python:
        pytest.skip("no Python with opencv-python 4.10 (set MASK_DETECTOR_OLD_OPENCV)")
    path = export(tiny, ExportSettings("onnx", out=tmp_path, static=True))
    found = run_alone("cv2", path, as_input(images[:1]), python)
    np.testing.assert_allclose(found["output0"], expected[:1], atol=0.01)


def test_the_detector_runs_a_static_file(tiny: Path, images: np.ndarray, expected: np.ndarray, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = export(tiny, ExportSettings("onnx", out=tmp_path, static=True))
    backend = load_backend(path, backend="auto", device="cpu", trust=False)
    assert backend.square
    np.testing.assert_allclose(backend(images[:1]), expected[:1], atol=0.01)


@pytest.mark.parametrize("tool", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("settings", [{}, {"static": True, "batch": 2}, {"opset": 11}])
def test_with_nms_a_file_gives_boxes_scores_and_classes(
    tiny: Path, images: np.ndarray, expected: np.ndarray, tmp_path: Path, tool: str, settings: dict[str, int]
) -> None:
    pytest.importorskip(tool)
    path = export(tiny, ExportSettings("onnx", out=tmp_path, nms=True, conf=0.51, iou=0.5, max_det=8, **settings))
    assert path.name == "tiny_nms.onnx"
    found = run_alone(tool, path, as_input(images))
    for prediction, boxes, scores, classes in zip(
        expected, found["boxes"], found["scores"], found["classes"], strict=True
    ):
        xyxy, confidence, class_id = non_max_suppression(prediction, 0.51, 0.5, 8, agnostic=True)
        count = len(confidence)
        assert count > 3
        np.testing.assert_allclose(boxes[:count], xyxy, atol=0.01)
        np.testing.assert_allclose(scores[:count], confidence, atol=1e-4)
        assert classes[:count].tolist() == class_id.tolist()
        assert (classes[count:] == -1).all()
        assert not scores[count:].any()
        assert not boxes[count:].any()


@pytest.mark.parametrize("tool", ["onnxruntime", "openvino"])
def test_with_nms_pictures_of_a_batch_do_not_mix(assets: Path, tmp_path: Path, tool: str) -> None:
    pytest.importorskip(tool)
    path = export(shipped_weights(), ExportSettings("onnx", out=tmp_path, nms=True, imgsz=320))
    pictures = [cv2.imread(str(assets / name)) for name in ("bus.jpg", "zidane.jpg")]
    squares = [cv2.resize(picture, (320, 320)) for picture in pictures]
    grey = np.full((320, 320, 3), 114, np.uint8)
    apart = [run_alone(tool, path, as_input(np.stack([square]))) for square in squares]
    together = run_alone(tool, path, as_input(np.stack([squares[1], grey, squares[0]])))
    for place, alone in ((0, apart[1]), (2, apart[0])):
        assert (alone["classes"] >= 0).any()
        np.testing.assert_array_equal(together["classes"][place], alone["classes"][0])
        np.testing.assert_allclose(together["boxes"][place], alone["boxes"][0], atol=0.1)
    assert (together["classes"][1] == -1).all()


def test_the_detector_says_that_it_does_nms_itself(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = export(tiny, ExportSettings("onnx", out=tmp_path, nms=True))
    with pytest.raises(WeightsError, match="one with NMS inside; expected an export without NMS"):
        load_backend(path, backend="auto", device="cpu", trust=False)


def test_names_are_in_the_file(tiny: Path, tmp_path: Path) -> None:
    import onnx

    path = export(tiny, ExportSettings("onnx", out=tmp_path, nms=True, static=True, batch=3))
    about = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert about["names"] == str(dict(enumerate(NAMES)))
    assert about["args"] == "{'batch': 3, 'dynamic': False, 'nms': True}"
