"""INT8: what is quantised, what it is measured on, and what is kept."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from converters.problems import Problem
from detector import Detector
from detector.errors import MaskDetectorError, UsageError
from detector.evaluation import Score, Scores, evaluate
from detector.export import quantize as quantize_module
from detector.export.calibration import TrainingInputs, load_calibration
from detector.export.events import ExportEvents
from detector.export.graph import find_decoding
from detector.export.networks import prepare, to_openvino
from detector.export.quantize import Attempt
from detector.export.run import export
from detector.export.settings import ExportSettings
from detector.export.validation import largest_drop
from detector.model.export_metadata import read_exported
from detector.model.weights import load_weights
from support.datasets import hashes, make_dataset
from support.sample_pictures import picture, save
from support.tiny_weights import NAMES, save_tiny

pytestmark = pytest.mark.slow

pytest.importorskip("nncf")

NAME = "tiny_int8_openvino_model"


def save_labelled(folder: Path, weights: Path, faces_each: int = 12) -> Path:
    """Write a dataset whose faces are what these weights find best, so that their AP50 is far from 0."""
    detector = Detector(weights, backend="torch", device="cpu", max_det=faces_each)
    for split in ("train", "val"):
        for number in range(4):
            image = picture(96, 64 + 32 * (number % 2), seed=100 * (split == "val") + number)
            path = save(folder / "images" / split / f"{number}.png", image)
            faces = detector.predict(path)
            corners = faces.xyxy / np.tile(image.shape[1::-1], 2)
            xywh = np.hstack([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]])
            label = folder / "labels" / split / f"{number}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            np.savetxt(label, np.column_stack([faces.class_id, xywh]), "%g")
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: {list(NAMES)}\n")
    return folder / "data.yaml"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny") / "tiny.pt", imgsz=96)


@pytest.fixture(scope="module")
def data(tiny: Path) -> Path:
    return save_labelled(tiny.parent / "data", tiny)


def int8(
    weights: Path, data: Path, out: Path, on_problem: Callable[[Problem], None] = lambda problem: None, **settings: Any
) -> tuple[Path, list[Attempt]]:
    attempts: list[Attempt] = []
    events = ExportEvents(on_attempt=attempts.append, on_problem=on_problem)
    path = export(weights, ExportSettings("openvino", int8=True, data=data, out=out, **settings), events)
    return path, attempts


def metadata(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((path / "metadata.yaml").read_text())
    return content


@pytest.mark.parametrize(
    ("network", "names", "levels"),
    [
        ("yolo11n.yaml", ("face",), 3),
        ("yolov8-p2.yaml", NAMES, 4),
        ("yolo26n.yaml", NAMES, 3),
    ],
)
def test_the_decoding_is_found_in_any_yolo(tmp_path: Path, network: str, names: tuple[str, ...], levels: int) -> None:
    weights = load_weights(save_tiny(tmp_path / "x.pt", names, network=network))
    model = to_openvino(prepare(weights)[0])
    operations, convolutions = find_decoding(model)
    channels = {
        node.get_friendly_name(): node.output(0).get_partial_shape()[1].get_length()
        for node in model.get_ordered_ops()
        if "Convolution" in node.get_type_name()
    }
    box = 4 if network == "yolo26n.yaml" else 64
    assert sorted(channels[name] for name in convolutions) == sorted(levels * [box] + levels * [len(names)])
    assert not set(operations) & {name for name in channels if ".dfl." not in name}
    assert len(channels) > 50


def test_layers_are_quantised_and_the_decoding_is_not(tiny: Path, data: Path, tmp_path: Path) -> None:
    path, _ = int8(tiny, data, tmp_path, max_drop=1)
    assert path == tmp_path / NAME
    assert read_exported(path).precision == "int8"
    text = (path / "tiny.xml").read_text()
    quantised = [line for line in text.splitlines() if 'type="FakeQuantize"' in line]
    assert len(quantised) > 10
    assert not [line for line in quantised if "dfl" in line or "sigmoid" in line]
    full = export(tiny, ExportSettings(format="openvino", out=tmp_path))
    assert (path / "tiny.bin").stat().st_size < 0.6 * (full / "tiny.bin").stat().st_size
    a, b = (
        Detector(weights, device="cpu", conf=0.5, iou=0.99, agnostic_nms=False).predict(picture(96, 96))
        for weights in (path, full)
    )
    assert abs(len(a) - len(b)) <= 0.5 * len(b)
    assert len(b) > 20


def test_figures_are_those_of_eval(tiny: Path, data: Path, tmp_path: Path) -> None:
    path, attempts = int8(tiny, data, tmp_path, max_drop=1)
    assert [attempt.passed for attempt in attempts] == [True]
    before = evaluate(
        data, weights=export(tiny, ExportSettings(format="openvino", out=tmp_path)), split="val", resamples=1
    ).overall
    after = evaluate(data, weights=path, split="val", resamples=1).overall
    assert 0.5 < before.any_face.ap50 < 1.01
    for measured, evaluated in ((attempts[0].before, before), (attempts[0].after, after)):
        assert measured.any_face.ap50 == pytest.approx(evaluated.any_face.ap50, abs=0.02)
        assert measured.images == evaluated.images == 4
        for name in NAMES:
            assert measured.classes[name].instances == evaluated.classes[name].instances
    assert attempts[0].drop == largest_drop(attempts[0].before, attempts[0].after)
    told = metadata(path)
    assert told["calibration"] == {"split": "train", "images": 4, "seed": 0, "how": "all layers alike"}
    assert told["accuracy"]["images"] == 4
    assert told["accuracy"]["ap50"]["any face"] == {
        "faces": before.any_face.instances,
        "fp32": round(attempts[0].before.any_face.ap50, 4),
        "int8": round(attempts[0].after.any_face.ap50, 4),
    }


def test_where_all_attempts_lose_too_much_the_best_is_kept(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantize_module, "_SEARCH_LAYERS", 1)
    data = save_labelled(tmp_path / "data", tiny, 40)
    path, attempts = int8(tiny, data, tmp_path, max_drop=0)
    if attempts[-1].passed:
        pytest.skip("on this processor these pictures lose nothing")
    assert [attempt.how.split()[0] for attempt in attempts] == ["all", "biases", "the"]
    best = min(attempts, key=lambda attempt: attempt.drop)
    assert metadata(path)["calibration"]["how"] == best.how
    after = evaluate(data, weights=path, split="val", resamples=1).overall
    assert after.any_face.ap50 == pytest.approx(best.after.any_face.ap50, abs=0.02)


def scores(ap50: float) -> Scores:
    score = Score(40, 8, ap50, ap50, ap50, ap50)
    return Scores(8, score, dict.fromkeys(NAMES, score), score)


@pytest.mark.parametrize(
    ("drops", "kept"), [([0.004], 0), ([0.2, 0.004], 1), ([0.2, 0.3, 0.0049], 2), ([0.3, 0.1, 0.2], 1), ([-0.1], 0)]
)
def test_the_first_attempt_that_passes_is_kept(
    tiny: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drops: list[float], kept: int
) -> None:
    made: list[Any] = []
    measured = iter(drops)

    def make(inputs: Any, *arguments: Any, **settings: Any) -> Any:
        made.append(next(argument for argument in arguments if hasattr(argument, "clone")).clone())
        made[-1].set_rt_info(str(len(made)), ["attempt"])
        return made[-1]

    monkeypatch.setattr(quantize_module, "_quantize", make)
    monkeypatch.setattr(quantize_module, "_search", make)
    monkeypatch.setattr(quantize_module.Validation, "measure", lambda *_: scores(0.9 - next(measured)))
    monkeypatch.setattr(quantize_module.Validation, "__init__", lambda self, *_: setattr(self, "before", scores(0.9)))
    path, attempts = int8(tiny, data, tmp_path)
    assert [attempt.drop for attempt in attempts] == pytest.approx(drops)
    assert [attempt.passed for attempt in attempts] == [drop <= 0.005 for drop in drops]
    assert f'<attempt value="{kept + 1}" />' in (path / "tiny.xml").read_text()


def test_classes_with_few_faces_do_not_decide() -> None:
    few, many = Score(29, 8, 0, 0.9, 0, 0), Score(30, 8, 0, 0.9, 0, 0)
    any_face = Score(59, 8, 0, 0.8, 0, 0)
    before = Scores(8, many, {"few": few, "many": many}, any_face)
    after = Scores(8, many, {"few": Score(29, 8, 0, 0.1, 0, 0), "many": Score(30, 8, 0, 0.85, 0, 0)}, any_face)
    assert largest_drop(before, after) == pytest.approx(0.05)
    assert largest_drop(after, before) == 0


def test_pictures_are_drawn_alike_and_fitted_as_the_detector_does(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    first, second = (load_calibration(data, 4) for _ in range(2))
    assert first.training == second.training
    assert sorted(first.training) != list(first.training)
    assert {path.parent.name for path in first.training} == {"train"}
    shown: list[tuple[int, int]] = []
    inputs = TrainingInputs(first, 128, 32, lambda done, total: shown.append((done, total)))
    arrays = list(inputs)
    assert [array.shape for array in arrays] == [(1, 3, 96, 128)] * 4
    assert shown == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert arrays[0].dtype == np.float32
    image = cv2.imread(str(first.training[0]))
    resized = cv2.resize(image, (128, 85), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(arrays[0][0, :, 5:90], resized[..., ::-1].transpose(2, 0, 1) / np.float32(255))
    assert (arrays[0][0, :, :5] == np.float32(114 / 255)).all()


def test_an_unreadable_picture_is_left_out_and_told(tiny: Path, data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data.parent, copy)
    broken = [copy / "images" / split / "3.png" for split in ("train", "val")]
    for path in broken:
        path.write_bytes(path.read_bytes()[:200])
    problems: list[Problem] = []
    path, attempts = int8(tiny, copy / "data.yaml", tmp_path, max_drop=1, on_problem=problems.append)
    assert sorted(problem.file for problem in problems) == sorted(map(str, broken))
    assert metadata(path)["calibration"]["images"] == 3
    assert attempts[0].before.images == attempts[0].after.images == 3
    for file in (copy / "images" / "train").iterdir():
        file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(MaskDetectorError, match=r"data\.yaml: no readable training picture"):
        int8(tiny, copy / "data.yaml", tmp_path, overwrite=True)
    assert metadata(path)["calibration"]["images"] == 3
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("change", [lambda data: "train: images/train\n", lambda data: data])
def test_without_annotated_validation_pictures_nothing_is_measured(
    tiny: Path, data: Path, tmp_path: Path, change: Callable[[str], str]
) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data.parent, copy)
    shutil.rmtree(copy / "labels" / "val")
    splits, names = data.read_text().rsplit("names", 1)
    (copy / "data.yaml").write_text(f"{change(splits)}names{names}")
    path, attempts = int8(tiny, copy / "data.yaml", tmp_path)
    assert attempts == []
    assert "accuracy" not in metadata(path)


def test_two_int8_exports_are_the_same_bytes(tiny: Path, data: Path, tmp_path: Path) -> None:
    first, second = (int8(tiny, data, tmp_path / name, max_drop=1)[0] for name in "ab")
    assert hashes(first) == hashes(second)
    assert str(tmp_path) not in (first / "tiny.xml").read_text() + (first / "metadata.yaml").read_text()


def test_a_dataset_with_other_classes_is_refused(tiny: Path, tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data", ["with_mask", "mask_worn_incorrectly", "without_mask"])
    with pytest.raises(UsageError, match="the same classes in another order"):
        int8(tiny, data, tmp_path)
