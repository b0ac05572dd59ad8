import contextlib
import csv
import io
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from typer.testing import CliRunner

from detector import Detector, DetectorSettings
from detector.cli.evaluate import evaluate as command
from detector.errors import MaskDetectorError, UsageError, WeightsError
from detector.evaluation import evaluate
from detector.model.weights import shipped_weights

NAMES = ["with_mask", "without_mask", "mask_worn_incorrectly"]
FILES = {
    "answers.json",
    "confusion_matrix.png",
    "ground_truth.json",
    "metrics.json",
    "mistakes",
    "mistakes.csv",
    "pr_curves.png",
    "predictions.json",
    "reliability.png",
    "worst_images.jpg",
}


@pytest.fixture(scope="session")
def weights() -> Path:
    try:
        return shipped_weights()
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def street(weights) -> tuple[np.ndarray, list[str]]:
    """A picture that ultralytics carries, and YOLO rows of the faces that the weights find in it."""
    import ultralytics

    image = cv2.imread(str(Path(ultralytics.__file__).parent / "assets" / "zidane.jpg"))
    image = cv2.resize(image, (640, 360))
    faces = Detector(weights, imgsz=320, device="cpu").predict(image)
    rows = []
    for face in faces:
        x1, y1, x2, y2 = face.xyxy
        x, y, w, h = (x1 + x2) / 1280, (y1 + y2) / 720, (x2 - x1) / 640, (y2 - y1) / 360
        rows.append(f"{face.class_id} {x:.6f} {y:.6f} {w:.6f} {h:.6f}")
    assert rows
    return image, rows


@pytest.fixture
def data(tmp_path, street) -> Path:
    """A dataset whose labels are what the weights find, and a picture without faces."""
    image, rows = street
    for split in ("val", "test"):
        (tmp_path / "images" / split).mkdir(parents=True)
        (tmp_path / "labels" / split).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "images" / split / "gesicht ä.png"), image)
        cv2.imwrite(str(tmp_path / "images" / split / "empty.png"), np.full((90, 120, 3), 90, np.uint8))
        (tmp_path / "labels" / split / "gesicht ä.txt").write_text("\n".join(rows))
    return describe(tmp_path / "data.yaml")


def describe(path: Path, splits=("val", "test"), names=NAMES) -> Path:
    path.write_text("".join(f"{split}: images/{split}\n" for split in splits) + f"names: {names}\n")
    return path


def run(data, weights, **settings):
    return evaluate(data, weights=weights, **{"imgsz": 320, "device": "cpu", "resamples": 20, **settings})


@pytest.mark.slow
def test_weights_are_perfect_on_what_they_find_themselves(data, weights):
    metrics = run(data, weights)
    assert (metrics.split, metrics.images, metrics.background_images, metrics.imgsz) == ("test", 2, 1, 320)
    assert metrics.overall.any_face.ap50 == pytest.approx(1)
    assert metrics.overall.any_face.recall == 1
    assert metrics.working_point.label_accuracy == 1
    assert metrics.working_point.any_face.precision == 1
    assert not metrics.problems


@pytest.mark.slow
def test_whoever_evaluates_the_written_files_by_hand_gets_the_written_figures(data, weights, tmp_path):
    rows = (data.parent / "labels/test/gesicht ä.txt").read_text().splitlines()
    wrong = "0 0.5 0.5 0.1 0.1"
    (data.parent / "labels/test/gesicht ä.txt").write_text("\n".join([wrong, *rows]))
    out = tmp_path / "new" / "report"
    run(data, weights, out=out)
    assert {path.name for path in out.iterdir()} == FILES
    figures = json.loads((out / "metrics.json").read_text())
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(out / "ground_truth.json"))
        evaluation = COCOeval(truth, truth.loadRes(str(out / "predictions.json")), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    mean = figures["overall"]["mean"]
    assert 0 < mean["ap"] < 1
    assert [mean["ap"], mean["ap50"], mean["ap75"]] == pytest.approx(evaluation.stats[:3].tolist(), abs=1e-9)


@pytest.mark.slow
def test_pictures_of_the_report_open_and_the_worst_come_first(data, weights, tmp_path):
    (data.parent / "labels/test/empty.txt").write_text("1 0.5 0.5 0.2 0.2")
    run(data, weights, out=tmp_path / "report")
    for name in ("pr_curves.png", "confusion_matrix.png", "worst_images.jpg"):
        with Image.open(tmp_path / "report" / name) as picture:
            picture.load()
    sheet = np.asarray(Image.open(tmp_path / "report" / "worst_images.jpg"))
    missed = (abs(sheet.astype(int) - (255, 61, 242)).max(axis=2) < 40)[80:]
    assert missed.any()


@pytest.mark.slow
def test_a_split_of_background_alone(data, weights, tmp_path):
    (data.parent / "labels/test/gesicht ä.txt").write_text("")
    metrics = run(data, weights, out=tmp_path / "report", compare=weights)
    assert (metrics.background_images, metrics.unlabelled_images) == (2, 1)
    assert metrics.overall.mean.ap50 is None
    assert metrics.working_point.any_face.false_positives > 0
    assert metrics.comparison.any_face.ap50 is None
    text = (tmp_path / "report" / "metrics.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["overall"]["classes"]["with_mask"] == {
        "instances": 0,
        "images": 0,
        "ap": None,
        "ap50": None,
        "ap75": None,
        "recall": None,
        "ap50_interval": None,
    }


def test_unreadable_pictures_are_reported_and_in_no_figure(data, weights):
    folder = data.parent / "images" / "test"
    whole = (folder / "gesicht ä.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])  # its header is sound
    (folder / "text.jpg").write_bytes(b"no picture")
    shutil.copy(data.parent / "labels/test/gesicht ä.txt", data.parent / "labels/test/cut.txt")
    metrics = run(data, weights)
    assert sorted(Path(problem.file).name for problem in metrics.left_out) == ["cut.png", "text.jpg"]
    assert metrics.images == 2
    assert metrics.overall.any_face.recall == 1


def test_a_split_without_a_usable_picture_is_an_error(data, weights):
    for path in (data.parent / "images" / "test").iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(MaskDetectorError, match="no usable picture"):
        run(data, weights)


def test_an_empty_split_is_an_error(data, weights):
    shutil.rmtree(data.parent / "images" / "test")
    (data.parent / "images" / "test").mkdir()
    with pytest.raises(MaskDetectorError, match="no pictures"):
        run(data, weights)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["without_mask", "with_mask", "mask_worn_incorrectly"], "the same classes in another order"),
        (["with_mask", "without_mask"], "other classes"),
        (["mask", "without_mask", "mask_worn_incorrectly"], "other classes"),
    ],
)
def test_a_class_list_that_differs_stops_before_anything_runs(data, weights, tmp_path, names, message):
    describe(data, names=names)
    with pytest.raises(UsageError, match=message):
        run(data, weights, out=tmp_path / "report", on_image=lambda done, total: pytest.fail("it ran"))
    assert not (tmp_path / "report").exists()


def test_a_detector_made_elsewhere(data, weights):
    detector = Detector(weights, conf=0.4, imgsz=320, iou=0.5, device="cpu")
    metrics = evaluate(data, weights=detector, resamples=5)
    assert (metrics.weights, metrics.imgsz, metrics.nms_iou) == (None, 320, 0.5)
    assert metrics.working_point.confidence == 0.4
    assert metrics.overall.any_face.recall == 1


def test_ap_has_second_labels_and_the_answers_have_one_label_a_face(data, weights, tmp_path):
    run(data, weights, out=tmp_path / "one", conf=0.001)
    run(data, weights, out=tmp_path / "both", conf=0.001, agnostic_nms=False)
    one, both = (
        {name: json.loads((tmp_path / run / f"{name}.json").read_text()) for name in ("predictions", "answers")}
        for run in ("one", "both")
    )
    assert one["predictions"] == both["predictions"] == both["answers"]
    assert 0 < len(one["answers"]) < len(one["predictions"])


@pytest.mark.slow
def test_settings_and_the_same_options_give_the_same_figures(data, weights):
    settings = DetectorSettings(weights=weights, imgsz=320, device="cpu", gamma=1.2, agnostic_nms=True, max_det=5)
    metrics = evaluate(data, settings=settings, resamples=5)
    assert (metrics.gamma, metrics.agnostic_nms, metrics.max_det) == (1.2, True, 5)
    options = {"imgsz": 320, "device": "cpu", "gamma": 1.2, "agnostic_nms": True, "max_det": 5}
    assert evaluate(data, weights=weights, resamples=5, **options) == metrics


def test_options_beside_settings_and_unknown_options_are_refused(data):
    with pytest.raises(TypeError, match="settings, and conf beside it"):
        evaluate(data, settings=DetectorSettings(), conf=0.5)
    with pytest.raises(TypeError, match="confidence"):
        evaluate(data, confidence=0.5)


@pytest.mark.slow
def test_comparing_with_an_earlier_report(data, weights, tmp_path):
    run(data, weights, out=tmp_path / "first")
    metrics = run(data, weights, compare=tmp_path / "first" / "predictions.json")
    assert metrics.comparison.any_face.ap50 == 0
    assert (metrics.comparison.any_face.better, metrics.comparison.any_face.worse) == (0, 0)


@pytest.mark.slow
def test_predictions_of_another_program_get_the_figures_that_the_weights_got(data, weights, tmp_path):
    first = run(data, weights, out=tmp_path / "first", agnostic_nms=False)
    again = evaluate(data, predictions=tmp_path / "first" / "predictions.json", resamples=20)
    assert (again.overall, again.working_point) == (first.overall, first.working_point)
    assert (again.weights, again.imgsz, again.predictions) == (None, None, str(tmp_path / "first/predictions.json"))
    worse = [row for row in json.loads(Path(again.predictions).read_text()) if row["category_id"] != 1]
    (tmp_path / "worse.json").write_text(json.dumps(worse))
    assert evaluate(data, predictions=tmp_path / "worse.json", resamples=5).overall.any_face.recall < 1


def test_weights_beside_predictions_are_refused(data, weights, tmp_path):
    with pytest.raises(UsageError, match="one of the two"):
        evaluate(data, weights=weights, predictions=tmp_path / "any.json")


def test_a_place_that_cannot_be_written_to_is_known_before_anything_runs(data, weights, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MaskDetectorError, match="file"):
        run(data, weights, out=tmp_path / "file", on_image=lambda done, total: pytest.fail("it ran"))


def test_the_users_dataset_is_left_as_it_is(data, weights):
    def listing():
        return {path: path.stat().st_mtime_ns for path in data.parent.rglob("*")}

    before = listing()
    run(data, weights)
    assert listing() == before


@pytest.fixture
def cli():
    import typer

    app = typer.Typer()
    app.command()(command)
    return lambda *arguments: CliRunner().invoke(
        app, [*map(str, arguments), "--imgsz", "320", "--device", "cpu", "--resamples", "20"], catch_exceptions=False
    )


@pytest.mark.slow
def test_the_command_prints_tables_and_says_aloud_that_it_took_val(data, weights, cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    describe(data, splits=("val",))
    result = cli(data, "--weights", weights)
    assert result.exit_code == 0
    assert "no test split" in result.stderr
    for text in ("mask_worn_incorrectly", "any face", "under 16 px", "Confusion matrix", "runs/eval"):
        assert text in result.stdout
    assert {path.name for path in Path("runs/eval").iterdir()} == FILES
    assert cli(data, "--weights", weights).exit_code == 0
    assert Path("runs/eval-2/metrics.json").is_file()


@pytest.mark.slow
def test_the_command_measures_predictions(data, weights, cli, tmp_path):
    assert cli(data, "--weights", weights, "--out", tmp_path / "first").exit_code == 0
    result = cli(data, "--predictions", tmp_path / "first" / "predictions.json", "--out", tmp_path / "second")
    assert result.exit_code == 0
    assert "predictions.json" in result.stdout.replace("\n", "")
    assert (tmp_path / "first/predictions.json").read_text() == (tmp_path / "second/predictions.json").read_text()


@pytest.mark.slow
def test_the_command_says_how_many_pictures_have_no_label_file(data, weights, cli, tmp_path):
    shutil.rmtree(data.parent / "labels")
    result = cli(data, "--weights", weights, "--out", tmp_path / "report")
    assert result.exit_code == 0
    assert "2 of them have no label file" in result.stderr


@pytest.mark.slow
def test_the_command_needs_one_sentence_for_a_split_without_faces(data, weights, cli, tmp_path):
    (data.parent / "labels/test/gesicht ä.txt").write_text("")
    result = cli(data, "--weights", weights, "--out", tmp_path / "report", "--by", "size")
    assert result.exit_code == 0
    sentence, _, report = result.stdout.strip().split("\n")
    assert "no face is annotated" in sentence
    assert "false detection" in sentence
    assert report.startswith("Report:")


@pytest.mark.slow
def test_the_command_finds_the_confidence_that_is_wanted_and_writes_it_for_infer(data, weights, cli, tmp_path):
    out = tmp_path / "report"
    result = cli(data, "--weights", weights, "--out", out, "--want", "precision=0.95", "--html")
    assert result.exit_code == 0
    confidence = float((out / "conf.txt").read_text())
    assert f"--conf {confidence:g}" in result.stdout
    metrics = run(data, weights, conf=confidence)
    assert metrics.working_point.any_face.precision >= 0.95
    figures = json.loads((out / "metrics.json").read_text())["wanted"]
    assert figures["chosen"]["answers"] == sum(map(sum, metrics.working_point.confusion_matrix))
    assert "data:image/png;base64," in (out / "report.html").read_text()


@pytest.mark.slow
def test_the_command_says_that_no_confidence_has_what_is_wanted(data, weights, cli, tmp_path):
    for name in ("gesicht ä", "empty"):
        (data.parent / f"labels/test/{name}.txt").write_text("2 0.9 0.9 0.1 0.1")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "conf.txt").write_text("0.9")
    result = cli(data, "--weights", weights, "--out", tmp_path / "report", "--want", "recall=1")
    assert result.exit_code == 1
    assert "No confidence from 0.01 to 0.99 has recall 1" in result.stderr
    assert not (tmp_path / "report" / "conf.txt").exists()


def test_a_report_is_replaced_only_if_asked_for(data, weights, tmp_path):
    out = tmp_path / "report"
    out.mkdir()
    (out / "metrics.json").write_text("{}")
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds an earlier report"):
        run(data, weights, out=out, on_image=lambda done, total: pytest.fail("it ran"))
    assert (out / "metrics.json").read_text() == "{}"
    run(data, weights, out=out, overwrite=True)
    assert json.loads((out / "metrics.json").read_text())["images"] == 2
    assert (out / "notes.txt").read_text() == "mine"


def test_the_command_lists_what_was_left_out_and_exits_with_1(data, weights, cli, tmp_path):
    (data.parent / "images" / "test" / "text.jpg").write_bytes(b"no picture")
    result = cli(data, "--weights", weights, "--out", tmp_path / "report")
    assert result.exit_code == 1
    assert "text.jpg" in result.stderr
    assert "Average precision" in result.stdout


@pytest.fixture
def real_val(shared, tmp_path) -> Path:
    """The 63 val pictures of the real data, their boxes taken from the XML by the shortest way."""
    source = shared / "data" / "face-mask-detection"
    ids = {"with_mask": 0, "without_mask": 1, "mask_weared_incorrect": 2}
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    with (source / "split.csv").open() as file:
        names = [row["image"] for row in csv.DictReader(file) if row["split"] == "val"]
    for name in names:
        (tmp_path / "images" / name).symlink_to(source / "images" / name)
        root = ElementTree.parse(source / "annotations" / Path(name).with_suffix(".xml")).getroot()
        width, height = float(root.findtext("size/width")), float(root.findtext("size/height"))
        rows = []
        for face in root.iter("object"):
            x1, y1, x2, y2 = (float(face.findtext(f"bndbox/{key}")) for key in ("xmin", "ymin", "xmax", "ymax"))
            x, y, w, h = (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height
            rows.append(f"{ids[face.findtext('name')]} {x:.6f} {y:.6f} {w:.6f} {h:.6f}")
        (tmp_path / "labels" / name).with_suffix(".txt").write_text("\n".join(rows))
    (tmp_path / "data.yaml").write_text(f"val: images\nnames: {NAMES}\n")
    return tmp_path / "data.yaml"


@pytest.mark.slow
def test_the_baseline_reaches_the_ap_that_was_measured_elsewhere(real_val, shared):
    metrics = evaluate(real_val, weights=shared / "weights" / "baseline-416.pt", imgsz=640, device="cpu", resamples=200)
    assert (metrics.split, metrics.images, metrics.crowds.images) == ("val", 63, 4)
    assert metrics.overall.classes["mask_worn_incorrectly"].instances == 7
    assert metrics.overall.mean.ap50 == pytest.approx(0.900, abs=0.003)
    interval = metrics.overall.mean.ap50_interval
    assert interval.low < metrics.overall.mean.ap50 < interval.high
