import csv
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import pytest
import torch
import yaml

from converters.annotation import AnnotatedImage, Box
from converters.conversion import convert
from converters.options import ConversionOptions
from detector.device import available_cores
from detector.errors import TrainingError, UsageError, WeightsError
from detector.libraries import import_ultralytics
from detector.model.weights import load_weights
from detector.training.data import repeat_rare
from detector.training.progress import Epoch, Progress
from detector.training.run import resume, train
from detector.training.settings import check_settings, read_settings
from support.commands import DETECTOR, interrupt
from support.datasets import make_dataset
from support.hostile_weights import Traced, save_hostile
from support.tiny_weights import TINY, save_tiny

pytestmark = pytest.mark.slow

NAMES = ["with_mask", "without_mask", "mask_worn_incorrectly"]
QUICK = {"epochs": 2, "imgsz": 64, "batch": 4, "device": "cpu"}


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(file): (file.stat().st_size, file.stat().st_mtime_ns) for file in folder.rglob("*")}


class StopAtEpoch:
    """Raises KeyboardInterrupt in the middle of an epoch, as Ctrl-C does."""

    def __init__(self, epoch: int) -> None:
        self.left = epoch

    def __call__(self, batches: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.fixture
def unrestricted(monkeypatch: pytest.MonkeyPatch) -> None:
    """ultralytics as a program leaves it that imported it by itself: files may run code."""
    import_ultralytics()
    monkeypatch.setattr("ultralytics.nn.tasks.SAFE_LOAD", False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Epoch]]:
    out, epochs = tmp_path_factory.mktemp("trained") / "run", []
    before = listing(data.parent)
    train([data], out=out, progress=Progress(on_epoch=epochs.append), **QUICK)
    assert listing(data.parent) == before, "training changed or added a file in the dataset"
    return out, epochs


@pytest.mark.essential
def test_training_leaves_weights_curves_and_coco_metrics(trained: tuple[Path, list[Epoch]]) -> None:
    out, epochs = trained
    assert [(epoch.number, epoch.total) for epoch in epochs] == [(1, 2), (2, 2)]
    assert all(set(epoch.losses) == {"box", "cls", "dfl"} for epoch in epochs)
    assert cv2.imread(str(out / "curves.png")) is not None
    assert (out / "metrics.json").is_file()
    for name in ("best.pt", "last.pt"):
        weights = load_weights(out / name)
        assert weights.names == tuple(NAMES)
        assert weights.imgsz == 64
    assert not list(out.rglob("*.tmp"))


def test_published_weights_do_not_say_where_they_were_trained(trained: tuple[Path, list[Epoch]]) -> None:
    import zipfile

    out, _ = trained
    with zipfile.ZipFile(out / "best.pt") as archive:
        content = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".pkl"))
    assert str(out.parent).encode() not in content
    assert str(Path.cwd()).encode() not in content


def test_an_interrupted_training_is_resumed_and_finished(data: Path, tmp_path: Path) -> None:
    out, epochs = tmp_path / "run", []
    with pytest.raises(KeyboardInterrupt):
        train([data], out=out, progress=Progress(on_start=StopAtEpoch(2)), **QUICK)
    result = resume(out, device="cpu", progress=Progress(on_epoch=epochs.append))
    assert [epoch.number for epoch in epochs] == [2]
    with (out / "run" / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    best = rows[result.epoch - 1]
    assert best["metrics/mAP50-95(B)"] == max(row["metrics/mAP50-95(B)"] for row in rows)
    assert float(best["metrics/mAP50(B)"]) == result.map50
    assert load_weights(out / "best.pt").names == tuple(NAMES)
    with pytest.raises(UsageError, match="finished"):
        resume(out, device="cpu")


def test_ctrl_c_on_the_command_line_says_how_to_resume(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = ["train", data, "--epochs", "500", "--imgsz", "64", "--batch", "2", "--device", "cpu", "--out", out]
    ran = interrupt(*DETECTOR, *arguments, when=lambda printed: "epoch 1/500" in printed)
    assert ran.status == 130, ran.err
    assert f"detector train --resume --out {out}" in ran.err.replace("\n", "")
    assert load_weights(out / "run" / "weights" / "last.pt").epoch >= 0


@pytest.mark.parametrize("cut_off", ["after the last epoch", "in the evaluation"])
def test_a_training_cut_off_after_its_last_epoch_is_finished_by_resume(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_off: str
) -> None:
    def interrupt(*arguments: object, **settings: object) -> None:
        raise KeyboardInterrupt

    out, epochs = tmp_path / "run", []
    progress = Progress(on_epoch=interrupt) if cut_off == "after the last epoch" else Progress()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if cut_off == "in the evaluation":
            patch.setattr("detector.evaluation.evaluate", interrupt)
        train([data], out=out, progress=progress, **{**QUICK, "epochs": 1})
    assert not (out / "metrics.json").exists()
    resume(out, device="cpu", progress=Progress(on_epoch=epochs.append))
    assert epochs == []
    assert (out / "metrics.json").is_file()
    for path in (out / "best.pt", out / "run" / "weights" / "last.pt"):
        assert load_weights(path).epoch == -1
    with pytest.raises(UsageError, match="finished"):
        resume(out, device="cpu")


def test_curves_show_an_epoch_that_was_repeated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes

    from detector.training.curves import draw_curves

    columns = "epoch,metrics/mAP50(B),metrics/mAP50-95(B)"
    (tmp_path / "results.csv").write_text(f"{columns}\n1,0.1,0.1\n2,0.9,0.9\n2,0.2,0.2\n3,0.3,0.3\n")
    drawn = []
    monkeypatch.setattr(Axes, "plot", lambda axes, *values, **style: drawn.append(values))
    draw_curves(tmp_path / "results.csv", tmp_path / "curves.png")
    assert drawn[-1] == ([1, 2, 3], [0.1, 0.2, 0.3])


def test_a_model_is_trained_from_its_description_by_name(data: Path, tmp_path: Path) -> None:
    train([data], out=tmp_path / "run", weights="yolov8n.yaml", **{**QUICK, "epochs": 1})
    weights = load_weights(tmp_path / "run" / "best.pt")
    assert weights.model.yaml["scale"] == "n" and weights.names == tuple(NAMES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such model description"),
        ("names: [a, b]", "the keys backbone and head"),
        ("- a", "not readable as a model description"),
        ("a: [", "not readable as a model description"),
    ],
)
def test_what_is_no_model_description_is_refused(data: Path, tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "model.yaml").write_text(content)
    with pytest.raises(UsageError, match=message):
        train([data], out=tmp_path / "run", weights=tmp_path / "model.yaml", **QUICK)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("unrestricted")
@pytest.mark.parametrize("trust", [True, False])
def test_a_description_runs_no_code(data: Path, tmp_path: Path, trust: bool) -> None:
    trace = tmp_path / "trace"
    activation = f"__import__('pathlib').Path({str(trace)!r}).touch() or nn.SiLU()"
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({**TINY, "activation": activation}))
    with pytest.raises(WeightsError, match=r"own\.yaml: a network that cannot be built .*activation"):
        train([data], out=tmp_path / "run", weights=tmp_path / "own.yaml", trust_weights=trust, **QUICK)
    assert not trace.exists()


def test_a_description_with_aliases_for_millions_of_values_is_refused_at_once(data: Path, tmp_path: Path) -> None:
    lines = ["a0: &a0 [1, 2]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    (tmp_path / "own.yaml").write_text("\n".join([*lines, "backbone: [[-1, 1, Conv, *a11]]", "head: []"]))
    with pytest.raises(UsageError, match=r"own\.yaml: not valid YAML.*aliases that stand for more than"):
        train([data], out=tmp_path / "run", weights=tmp_path / "own.yaml", **QUICK)


def test_trusted_weights_may_run_code_and_are_trained_on(data: Path, tmp_path: Path) -> None:
    path, trace = tmp_path / "own.pt", tmp_path / "trace"
    content = torch.load(save_tiny(path), weights_only=False)
    save_hostile(path, trace, **content, note=Traced(trace))
    with pytest.raises(WeightsError, match="runs code when loaded"):
        train([data], out=tmp_path / "refused", weights=path, **QUICK)
    assert not trace.exists()
    progress = Progress(on_start=StopAtEpoch(1))  # called when the network is ready
    with pytest.raises(KeyboardInterrupt):
        train([data], out=tmp_path / "run", weights=path, trust_weights=True, progress=progress, **QUICK)
    assert trace.exists()


@pytest.mark.usefixtures("unrestricted")
def test_a_teacher_runs_no_code(data: Path, tmp_path: Path) -> None:
    path = save_hostile(tmp_path / "teacher.pt", tmp_path / "trace")
    with pytest.raises(WeightsError, match=r"teacher\.pt: a checkpoint that runs code when loaded"):
        train([data], out=tmp_path / "run", settings={"distill_model": str(path)}, **QUICK)
    assert not (tmp_path / "trace").exists()


def test_an_optimizer_that_does_not_exist_is_refused_before_anything_is_written(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such value: Adan; expected Adam, or another of"):
        train([data], out=tmp_path / "run", settings={"optimizer": "Adan"}, **QUICK)
    assert not (tmp_path / "run").exists()


def test_a_batch_of_one_small_picture_is_one_clear_error(data: Path, tmp_path: Path) -> None:
    weights = save_tiny(tmp_path / "tiny.pt")
    with pytest.raises(TrainingError, match=r"a batch of one picture at less than 64 pixels.*`imgsz` of at least 64"):
        train([data], out=tmp_path / "run", weights=weights, epochs=1, imgsz=32, batch=1, device="cpu")


def test_what_is_carried_over_and_a_size_that_is_rounded_up_are_said(data: Path, tmp_path: Path) -> None:
    weights, notes = save_tiny(tmp_path / "tiny.pt", ("cat", "dog", "with_mask")), []
    progress = Progress(on_start=StopAtEpoch(1), on_note=notes.append)
    with pytest.raises(KeyboardInterrupt):
        train([data], out=tmp_path / "run", weights=weights, progress=progress, **{**QUICK, "imgsz": 70})
    carried, size = notes
    assert carried.startswith(
        f"Carried over from {weights}: the network, with the classes with_mask. New classes: with"
    )
    assert size == "`imgsz` 70 is rounded up to 96, a multiple of the network's stride, 32."


def test_resume_without_a_finished_epoch_says_so(data: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train([data], out=tmp_path / "run", progress=Progress(on_start=StopAtEpoch(1)), **QUICK)
    with pytest.raises(UsageError, match="no epoch was finished"):
        resume(tmp_path / "run", device="cpu")


def test_a_training_into_the_folder_of_its_data_yaml_is_refused(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data.parent, tmp_path / "set")
    own = tmp_path / "own"
    own.mkdir()
    (own / "data.yaml").write_text(f"path: {tmp_path / 'set'}\ntrain: images/train\nval: images/val\nnames: {NAMES}\n")
    before = listing(own)
    with pytest.raises(UsageError, match="holds the input"):
        train([own / "data.yaml"], out=own, **QUICK)
    assert listing(own) == before


def test_a_training_that_never_finished_an_epoch_can_be_started_again(data: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train([data], out=tmp_path / "run", progress=Progress(on_start=StopAtEpoch(1)), **QUICK)
    train([data], out=tmp_path / "run", **{**QUICK, "epochs": 1})
    assert (tmp_path / "run" / "best.pt").is_file()


@pytest.mark.usefixtures("unrestricted")
@pytest.mark.parametrize("name", ["last.pt", "best.pt"])
def test_resume_runs_no_code_of_the_checkpoints_it_finds(
    trained: tuple[Path, list[Epoch]], tmp_path: Path, name: str
) -> None:
    out, trace = tmp_path / "run", tmp_path / "trace"
    shutil.copytree(trained[0], out)
    (out / "metrics.json").unlink()  # as if it had been cut off after the last epoch
    save_hostile(out / "run" / "weights" / name, trace)
    with pytest.raises(WeightsError, match=rf"{name}: a checkpoint that runs code when loaded"):
        resume(out, device="cpu")
    assert not trace.exists()


def test_resume_runs_no_script_of_the_dataset_it_finds(trained: tuple[Path, list[Epoch]], tmp_path: Path) -> None:
    out, trace = tmp_path / "run", tmp_path / "trace"
    shutil.copytree(trained[0], out)
    (out / "metrics.json").unlink()
    with (out / "data.yaml").open("a") as file:
        file.write(f"path: .\ndownload: open({str(trace)!r}, 'w').close()\n")
    with pytest.raises(UsageError, match=r"data\.yaml: a key 'download', which may hold a script"):
        resume(out, device="cpu")
    assert not trace.exists()


def test_resume_refuses_data_with_other_classes(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train([data], out=out, progress=Progress(on_start=StopAtEpoch(2)), **QUICK)
    other = make_dataset(tmp_path / "other", names=NAMES[::-1])
    with pytest.raises(UsageError, match=r"mask_worn_incorrectly.*expected those of"):
        resume(out, data=[other], device="cpu")


def test_a_training_goes_on_after_its_dataset_was_moved(tmp_path: Path) -> None:
    old, out = make_dataset(tmp_path / "old"), tmp_path / "run"
    weights, notes = save_tiny(tmp_path / "tiny.pt"), []
    with pytest.raises(KeyboardInterrupt):
        train([old], out=out, weights=weights, progress=Progress(on_start=StopAtEpoch(2)), **QUICK)
    (tmp_path / "old").rename(tmp_path / "new")
    with pytest.raises(UsageError, match=r"6 of its 6 pictures are not there any more.*DATA\.yaml --resume --out"):
        resume(out, device="cpu")
    resume(out, data=[tmp_path / "new" / "data.yaml"], device="cpu", progress=Progress(on_note=notes.append))
    assert notes == [f"12 pictures of the training found in {tmp_path / 'new' / 'data.yaml'}."]
    assert (out / "metrics.json").is_file()
    with pytest.raises(UsageError, match=r"finished after 2 epochs.*--weights .*best\.pt --epochs N"):
        resume(out, device="cpu")


def test_a_full_disk_keeps_the_last_checkpoint(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, saved = tmp_path / "run", []
    write_bytes = Path.write_bytes

    def fill_up(path: Path, content: bytes) -> int:
        saved.append(path)
        if len(saved) > 2:  # last and best of the first epoch fit
            write_bytes(path, content[:1000])
            raise OSError(28, "No space left on device", str(path))
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with pytest.raises(TrainingError, match="No space left on device"):
        train([data], out=out, **QUICK)
    assert load_weights(out / "run" / "weights" / "last.pt").epoch == 0
    assert not list(out.rglob("*.tmp"))


def test_too_little_disk_space_is_found_before_the_first_epoch(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(TrainingError, match="1 MB of disk space left"):
        train([data], out=tmp_path / "run", **QUICK)


def test_several_datasets_are_trained_on_together(data: Path, tmp_path: Path) -> None:
    more = make_dataset(tmp_path / "more", splits=("train",))
    with pytest.raises(KeyboardInterrupt):
        train([data, more], out=tmp_path / "run", progress=Progress(on_start=StopAtEpoch(1)), **QUICK)
    lines = (tmp_path / "run" / "train.txt").read_text().splitlines()
    assert len(lines) == 12
    assert {Path(line).parents[2] for line in lines} == {data.parent, more.parent}


def test_pictures_that_cannot_be_read_are_left_out_and_listed(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "dataset")
    (tmp_path / "dataset/images/train/0.jpg").write_bytes(b"not a picture")
    (tmp_path / "dataset/labels/train/1.txt").write_text("0 0.5 0.5 nonsense 0.1\n")
    result = train([data], out=tmp_path / "run", max_left_out=0.4, **{**QUICK, "epochs": 1})
    assert sorted(Path(problem.file).name for problem in result.left_out) == ["0.jpg", "1.txt"]
    assert len((tmp_path / "run/train.txt").read_text().splitlines()) == 4


def test_pictures_of_a_rare_class_are_repeated_as_often_as_it_is_rare() -> None:
    def image(name: str, *labels: str) -> AnnotatedImage:
        boxes = tuple(Box(0, 0, 1, 1, label) for label in labels)
        return AnnotatedImage(Path(name), boxes, (1, 1), Path(f"{name}.txt"))

    # "rare" is in 2 of 16 pictures: sqrt(0.5 / 0.125) = 2; "common" is in more than half; a background stays once.
    images = [image("rare", "rare", "common"), image("alone", "rare"), image("background")]
    images += [image(f"common{number}", "common") for number in range(13)]
    times = Counter(str(image.path) for image in repeat_rare(images, 0.5))
    assert times["rare"] == times["alone"] == 2
    assert all(number == 1 for name, number in times.items() if name not in {"rare", "alone"})
    assert repeat_rare(images, 0) == images


def test_half_a_time_more_is_a_chance_that_the_seed_decides() -> None:
    rare = AnnotatedImage(Path("rare"), (Box(0, 0, 1, 1, "rare"),), (1, 1), Path("rare.txt"))
    empty = AnnotatedImage(Path("empty"), (), (1, 1), Path("empty.txt"))
    images = [rare] * 400 + [empty] * 1400  # sqrt(0.5 * 1800 / 400) = 1.5
    repeated = repeat_rare(images, 0.5, seed=1)
    assert 550 < repeated.count(rare) < 650
    assert repeated == repeat_rare(images, 0.5, seed=1)
    assert repeated != repeat_rare(images, 0.5, seed=2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mosiac": 0.5}, "mosiac: no such ultralytics setting; expected mosaic"),
        ({"epochs": 3}, "--epochs"),
        ({"lr0": "fast"}, "lr0=fast"),
        ({"mosaic": 1.5}, "mosaic=1.5"),
        ({"pretrained": "other.pt"}, "--weights"),
        ({"optimizer": "adamm"}, "adamm; expected Adam"),
        ({"copy_paste_mode": "flop"}, "flop; expected flip"),
        ({"split": "test"}, "measured on the val split"),
        ({"cache": "disk"}, "would fill the dataset's folders"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_settings(settings)


def test_every_optimizer_that_passes_the_check_can_be_built() -> None:
    from detector.training.settings import _VALUES
    from detector.training.trainer import MaskTrainer

    network = torch.nn.Module()
    network.model = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1))
    for name in _VALUES["optimizer"]:
        assert check_settings({"optimizer": name.lower()}) == {"optimizer": name.lower()}
        trainer = SimpleNamespace(args=SimpleNamespace(lr0=0.1), data={})
        assert MaskTrainer.build_optimizer(trainer, network, name=name.lower())


@pytest.mark.parametrize(
    ("text", "value"),
    [("lr0=1e-3", 0.001), ("lr0=1E3", 1000), ("scale=[4e-1,1.2]", [0.4, 1.2]), ("lr0=.5e0", 0.5), ("seed=7", 7)],
)
def test_numbers_with_an_exponent_are_numbers(text: str, value: object) -> None:
    assert list(read_settings([text]).values()) == [value]


def test_what_only_begins_like_a_number_stays_text() -> None:
    assert read_settings(["name=1e3d", "project=12e"]) == {"name": "1e3d", "project": "12e"}


def test_datasets_with_different_classes_are_refused(data: Path, tmp_path: Path) -> None:
    other = make_dataset(tmp_path / "other", names=NAMES[:2])
    with pytest.raises(UsageError, match=r"other.*expected those of"):
        train([data, other], out=tmp_path / "run", **QUICK)
    assert not (tmp_path / "run").exists()


def test_a_dataset_without_validation_pictures_is_refused(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "dataset", splits=("train",))
    with pytest.raises(UsageError, match="no 'val' split"):
        train([data], out=tmp_path / "run", **QUICK)


def test_a_split_without_a_single_box_is_refused(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "dataset")
    for labels in (tmp_path / "dataset/labels/train").iterdir():
        labels.write_text("")
    with pytest.raises(TrainingError, match="not one box"):
        train([data], out=tmp_path / "run", **QUICK)


def test_results_of_another_training_are_not_overwritten(data: Path, tmp_path: Path) -> None:
    (tmp_path / "best.pt").write_bytes(b"precious")
    with pytest.raises(UsageError, match="not empty"):
        train([data], out=tmp_path, **QUICK)
    assert [file.name for file in tmp_path.iterdir()] == ["best.pt"]


def test_the_bfloat16_network_answers_in_float32_and_agrees() -> None:
    import torch

    from detector.training.trainer import _in_bfloat16

    model = torch.nn.Conv2d(3, 8, 3)
    picture = torch.rand(1, 3, 16, 16)
    answer = _in_bfloat16(lambda x: {"boxes": [model(x)]})(picture)["boxes"][0]
    assert answer.dtype == torch.float32
    assert torch.allclose(answer, model(picture), atol=0.02)


def test_boxes_of_the_loss_are_not_rounded_to_bfloat16(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from ultralytics.utils.loss import v8DetectionLoss

    from detector.training import trainer

    decoded: list[torch.dtype] = []
    decode = v8DetectionLoss.bbox_decode

    def recorded(self: Any, anchors: torch.Tensor, distances: torch.Tensor) -> torch.Tensor:
        boxes: torch.Tensor = decode(self, anchors, distances)
        decoded.append(boxes.dtype)
        return boxes

    monkeypatch.setattr(trainer, "_has_bfloat16", lambda device: True)
    monkeypatch.setattr(v8DetectionLoss, "bbox_decode", recorded)
    train([data], out=tmp_path / "run", **QUICK)
    assert set(decoded) == {torch.float32}


def test_training_on_a_cpu_uses_every_core(data: Path, tmp_path: Path) -> None:
    import torch

    threads: list[int] = []
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        progress = Progress(on_batch=lambda batch: threads.append(torch.get_num_threads()))
        train([data], out=tmp_path / "out", progress=progress, **{**QUICK, "epochs": 1})
    finally:
        torch.set_num_threads(before)
    assert set(threads) == {available_cores()}


@pytest.mark.parametrize("name", ["synthetic/mine.jpg", "data.yaml", "train.txt"])
def test_a_folder_of_the_users_own_is_no_unfinished_training(data: Path, tmp_path: Path, name: str) -> None:
    own = tmp_path / "out" / name
    own.parent.mkdir(parents=True)
    own.write_text("precious")
    with pytest.raises(UsageError, match="not empty"):
        train([data], out=tmp_path / "out", **QUICK)
    assert own.read_text() == "precious"


def test_synthetic_pictures_need_a_face_detector(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="yunet: not given, but `synthetic` is"):
        train([data], out=tmp_path / "out", synthetic=0.3, **QUICK)
    assert not (tmp_path / "out").exists()


def test_a_share_of_synthetic_pictures_is_trained_on_and_kept_for_looking_at(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "face-mask-detection"
    for kind in ("images", "annotations"):
        (tmp_path / "few" / kind).mkdir(parents=True)
        for number in (0, 1, 2, 3, 4, 5, 6, 8):
            for path in (source / kind).glob(f"maksssksksss{number}.*"):
                shutil.copy(path, tmp_path / "few" / kind)
    convert(ConversionOptions(tmp_path / "few", tmp_path / "data", dataset="face-mask-detection", split="75/25"))
    used: dict[str, list[AnnotatedImage]] = {}
    train(
        [tmp_path / "data" / "data.yaml"],
        out=tmp_path / "out",
        synthetic=0.5,
        yunet=shared / "models" / "face_detection_yunet_2023mar.onnx",
        repeat=0,
        progress=Progress(on_data=used.update),
        **{**QUICK, "epochs": 1},
    )
    made = [
        image for image in used["train"] if image.path.parent == (tmp_path / "out" / "synthetic" / "images").resolve()
    ]
    assert len(made) == len(used["train"]) - len(made) > 0
    listed = (tmp_path / "out" / "train.txt").read_text().splitlines()
    assert [str(image.path) for image in used["train"]] == listed
    assert not any("synthetic" in image.path.parts for image in used["val"])


def test_damaged_pictures_do_not_end_a_training_and_are_not_decoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out, checked = make_dataset(tmp_path / "dataset"), tmp_path / "run", []
    for split in ("train", "val"):
        path = tmp_path / "dataset" / "images" / split / "0.jpg"
        path.write_bytes(path.read_bytes()[:-300])
    progress = Progress(on_start=StopAtEpoch(2))
    with pytest.raises(KeyboardInterrupt):
        train([data], out=out, max_left_out=0.2, progress=progress, **QUICK)
    damage = "detector.training.decoding._damage"
    cut_later = tmp_path / "dataset" / "images" / "train" / "1.jpg"
    cut_later.write_bytes(cut_later.read_bytes()[:-300])
    monkeypatch.setattr(damage, lambda image: checked.append(image.path.name) or "cut short")
    result = resume(out, device="cpu", max_left_out=0.2)
    assert checked == ["1.jpg"]
    assert [Path(problem.file).name for problem in result.left_out] == ["1.jpg"]
    assert str(cut_later) not in (out / "train.txt").read_text().splitlines()


def test_epochs_that_are_not_measured_have_no_figures(data: Path, tmp_path: Path) -> None:
    epochs: list[Epoch] = []
    settings = {"val": False}
    train([data], out=tmp_path / "run", settings=settings, progress=Progress(on_epoch=epochs.append), **QUICK)
    assert [(epoch.map50 is None, epoch.map50_95 is None) for epoch in epochs] == [(True, True), (False, False)]
    assert (tmp_path / "run" / "curves.png").stat().st_size > 0


def test_frozen_layers_stay_as_they_are_with_their_batch_normalisation(data: Path, tmp_path: Path) -> None:
    weights = save_tiny(tmp_path / "tiny.pt")
    train([data], out=tmp_path / "run", weights=weights, settings={"freeze": 2}, **QUICK)
    before, after = (load_weights(path).model.state_dict() for path in (weights, tmp_path / "run" / "last.pt"))
    same = {name: bool(torch.allclose(before[name].float(), after[name].float(), atol=1e-3)) for name in before}
    assert all(equal for name, equal in same.items() if name.startswith(("model.0.", "model.1.")))
    assert not all(same.values())


def test_freezing_every_layer_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="freeze: all layers of the network; expected fewer"):
        train([data], out=tmp_path / "run", weights=save_tiny(tmp_path / "tiny.pt"), settings={"freeze": 7}, **QUICK)
