"""Every backend gives the same faces, and the exports run without torch."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from converters.boxes import iou
from detector import Detector
from detector.errors import UsageError, WeightsError
from detector.export.run import export
from detector.export.settings import ExportSettings
from detector.media.images import read_image
from detector.model.backends import load_backend
from detector.model.export_metadata import read_exported
from detector.model.weights import SHIPPED_NAME, find_export, sha256, shipped_weights
from support.sample_pictures import picture
from support.waiting import HANGS


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped `.pt` file with an OpenVINO FP32 and an ONNX export beside it."""
    folder = tmp_path_factory.mktemp("exported")
    weights = folder / SHIPPED_NAME
    shutil.copyfile(shipped_weights(), weights)
    export(weights, ExportSettings("openvino"))
    export(weights, ExportSettings("onnx"))
    return weights


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["openvino", "onnx"])
@pytest.mark.parametrize("name", ["bus.jpg", "zidane.jpg"])
def test_single_precision_gives_what_torch_gives(exported: Path, assets: Path, backend: str, name: str) -> None:
    expected = Detector(exported, backend="torch", device="cpu", conf=0.01).predict(assets / name)
    found = Detector(exported, backend=backend, conf=0.01).predict(assets / name)
    assert len(found) == len(expected) > 2
    np.testing.assert_allclose(found.xyxy, expected.xyxy, atol=0.5)  # of 810 x 1080 and 1280 x 720 pixels
    np.testing.assert_allclose(found.confidence, expected.confidence, atol=2e-3)
    assert found.class_id.tolist() == expected.class_id.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bus.jpg", "zidane.jpg"])
def test_int8_finds_the_same_sure_faces(assets: Path, name: str) -> None:
    expected = Detector(backend="torch", device="cpu", conf=0.5).predict(assets / name)
    found = Detector(backend="openvino", conf=0.4).predict(assets / name)
    overlap = iou(expected.xyxy, found.xyxy)
    assert len(expected) > 0
    assert (overlap.max(axis=1) > 0.8).all()
    best = overlap.argmax(axis=1)
    assert (found.class_id[best] == expected.class_id).all()
    np.testing.assert_allclose(found.confidence[best], expected.confidence, atol=0.12)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["openvino", "onnx", "torch"])
def test_one_by_one_or_many_at_once_is_the_same(exported: Path, assets: Path, backend: str) -> None:
    detector = Detector(exported, backend=backend, device="cpu", conf=0.05)
    pictures = [read_image(assets / "bus.jpg"), picture(50, 400), read_image(assets / "zidane.jpg"), picture(300, 20)]
    for alone, together in zip(map(detector.predict, pictures), detector.predict(pictures), strict=True):
        np.testing.assert_allclose(together.xyxy, alone.xyxy, atol=0.1)
        np.testing.assert_allclose(together.confidence, alone.confidence, atol=1e-3)


def test_the_shipped_export_was_made_from_the_shipped_weights() -> None:
    export = find_export(shipped_weights(), "openvino")
    assert export is not None
    read = read_exported(export)
    assert (read.precision, read.source_sha256) == ("int8", sha256(shipped_weights()))
    listed = (shipped_weights().parent / "SHA256SUMS").read_text()
    assert all(f"{export.name}/{path.name}" in listed for path in export.iterdir())


def test_on_a_cpu_the_shipped_weights_run_as_their_export() -> None:
    assert Detector(device="cpu").weights.parent.name.endswith("_int8_openvino_model")
    assert Detector(device="cpu", backend="torch").weights == shipped_weights()


@pytest.mark.slow
def test_other_weights_run_on_torch_unless_an_export_lies_beside_them(exported: Path, tmp_path: Path) -> None:
    assert Detector(exported, device="cpu").weights.parent.name.endswith("_openvino_model")
    alone = shutil.copyfile(exported, tmp_path / "alone.pt")
    assert Detector(alone, device="cpu").weights == alone
    for backend in ("openvino", "onnx"):
        with pytest.raises(WeightsError, match=rf"no {backend} export .*detector export"):
            Detector(alone, backend=backend)


@pytest.mark.slow
def test_an_export_of_other_weights_is_refused(exported: Path, tmp_path: Path) -> None:
    weights = tmp_path / exported.name
    weights.write_bytes(exported.read_bytes() + b"trained on")
    folder = f"{exported.stem}_openvino_model"
    shutil.copytree(exported.with_name(folder), tmp_path / folder)
    with pytest.raises(WeightsError, match="made from another"):
        Detector(weights)


@pytest.mark.slow
def test_an_export_can_be_given_itself(exported: Path) -> None:
    folder = exported.with_name(f"{exported.stem}_openvino_model")
    for path in (folder, folder / f"{exported.stem}.xml", exported.with_suffix(".onnx")):
        detector = Detector(path)
        assert detector.names == ("with_mask", "without_mask", "mask_worn_incorrectly")
        assert detector.imgsz == Detector(exported, backend="torch", device="cpu").imgsz
    with pytest.raises(UsageError, match="is for openvino"):
        Detector(folder, backend="onnx")
    with pytest.raises(UsageError, match="is for openvino"):
        Detector(folder, backend="torch")


def test_a_damaged_network_is_refused_with_its_name(exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "x_openvino_model"
    shutil.copytree(exported.with_name(f"{exported.stem}_openvino_model"), folder)
    (xml,) = folder.glob("*.xml")
    xml.write_text(xml.read_text()[:5000])
    with pytest.raises(WeightsError, match=xml.name):
        Detector(folder)
    onnx = tmp_path / "x.onnx"
    onnx.write_bytes(exported.with_suffix(".onnx").read_bytes()[:5000])
    with pytest.raises(WeightsError, match=r"x\.onnx: not loadable"):
        Detector(onnx)


_WITHOUT_TORCH = """
import sys
for name in ("torch", "ultralytics", "torchvision", "pandas", "pycocotools", "lxml"):
    sys.modules[name] = None  # as if it were not installed
from detector import Detector
detector = Detector({weights!r}, backend={backend!r})
photo, clip = sys.argv[1:]
assert len(detector.predict(photo)) > 0
ids = [face.tracker_id for _, faces in detector.stream(clip, track=True) for face in faces]
assert any(number is not None for number in ids), ids
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["auto", "onnx"])
def test_exports_run_without_torch(exported: Path, assets: Path, tmp_path: Path, backend: str) -> None:
    from support.sample_pictures import save_video

    photo = assets / "zidane.jpg"
    clip = save_video(tmp_path / "clip.mp4", [read_image(photo)] * 4)
    weights = None if backend == "auto" else str(exported)
    code = _WITHOUT_TORCH.format(weights=weights, backend=backend)
    ran = subprocess.run(
        [sys.executable, "-c", code, str(photo), str(clip)], capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert ran.returncode == 0, ran.stderr


_ALL_AT_ONCE = """
import threading
import numpy as np
from detector.model.backends import load_backend
backend = load_backend(None, backend="openvino", device="cpu", trust=False).for_many()
barrier = threading.Barrier(8)
def run():
    barrier.wait()
    backend(np.zeros((1, 64, 64, 3), np.uint8))
threads = [threading.Thread(target=run) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@pytest.mark.slow
def test_threads_that_start_together_do_not_wait_for_each_other_for_ever() -> None:
    for _ in range(5):
        subprocess.run([sys.executable, "-c", _ALL_AT_ONCE], timeout=HANGS, check=True)


def test_a_backend_takes_any_size_and_number_of_pictures(exported: Path) -> None:
    kinds = ("openvino", "onnx", "torch")
    backends = [load_backend(exported, backend=kind, device="cpu", trust=False) for kind in kinds]
    random = np.random.default_rng(0)
    for shape in ((1, 32, 64, 3), (3, 96, 32, 3)):
        batch = random.integers(0, 256, shape, np.uint8)
        anchors = sum(shape[1] // stride * (shape[2] // stride) for stride in (8, 16, 32))
        raw = [backend(batch) for backend in backends]
        assert {(found.shape, found.dtype.name) for found in raw} == {((shape[0], 7, anchors), "float32")}
        for found in raw[:2]:
            np.testing.assert_allclose(found[:, :4], raw[2][:, :4], atol=0.05)
            np.testing.assert_allclose(found[:, 4:], raw[2][:, 4:], atol=1e-3)
