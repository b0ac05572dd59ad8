"""Checks before the first epoch, so that a long training does not fail late."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from converters.formats.yolo import DatasetYaml
from converters.plurals import quantity
from converters.reading.yaml_file import read_yaml
from detector.augmentation.landmarks import LandmarkFinder
from detector.augmentation.settings import Augmentation
from detector.errors import DatasetError, OptionError, TrainingError, UsageError, check_range
from detector.libraries import import_ultralytics
from detector.model.weights import LoadedWeights, find_weights, load_weights


def is_free(out: Path) -> bool:
    """Whether a training may use a folder: it is empty, or has only files of a training without a finished epoch.

    A training makes `run/` first. A folder without `run/` belongs to the user, whatever the names of its files.
    """
    if not out.is_dir():
        return False
    found = {entry.name for entry in out.iterdir()}
    unstarted = {"data.yaml", "train.txt", "val.txt", "thumbnails.txt", "label-corrections.csv", "run", "synthetic"}
    ours = found <= unstarted and "run" in found
    return not found or (ours and not list((out / "run" / "weights").glob("*.pt")))


def check_apart(out: Path, data: Iterable[Path]) -> None:
    """Refuse an output folder that holds a data.yaml of the input: the training writes a file of that name there.

    Raises:
        UsageError: One lies there.
    """
    for path in data:
        if Path(path).resolve().parent == out.resolve():
            raise UsageError(out, f"holds the input {path}, which is never replaced", "another folder")


def check_start(out: Path, data: list[Path], synthetic: float, augmentation: Augmentation) -> None:
    """Check what needs no pictures.

    Raises:
        UsageError: The output folder is not free, or a share is out of range.
    """
    check_apart(out, data)
    if out.exists() and not is_free(out):
        raise UsageError(out, "already exists and is not empty", "a new folder, or `resume` to continue what is there")
    check_range("synthetic", synthetic, 0, 0.9)
    augmentation.check()


def check_resumed(checkpoint: LoadedWeights, last: Path, datasets: Sequence[DatasetYaml], out: Path) -> None:
    """Make sure that there is something to go on with.

    Raises:
        UsageError: A dataset has other classes, or the training is finished.
    """
    for dataset in datasets:
        if dataset.names != checkpoint.names:
            expected = f"those of {last}: {list(checkpoint.names)}"
            raise UsageError(dataset.path, f"classes {list(dataset.names)}", expected)
    if checkpoint.epoch < 0 and (out / "metrics.json").is_file():
        more = f"a new training from its result: detector train DATA.yaml --weights {out / 'best.pt'} --epochs N"
        raise UsageError(last, f"this training is finished after {quantity(checkpoint.epochs, 'epoch')}", more)


def landmark_finder(yunet: Path | None) -> LandmarkFinder:
    """Load the finder of eyes, noses and mouths.

    Raises:
        UsageError: `yunet` is None.
        WeightsError: The file cannot be used.
    """
    if yunet is None:
        expected = "face_detection_yunet_2023mar.onnx from OpenCV's model zoo, to find eyes, noses and mouths"
        raise OptionError("yunet", "not given, but `synthetic` is", expected)
    return LandmarkFinder(yunet)


def starting_point(weights: str | Path | None, trust: bool) -> Path:
    """Find the weights, or the description of a model, that training begins with.

    Raises:
        UsageError: It is no description of a model.
        WeightsError: The weights could not be found, trusted or loaded.
    """
    if weights is not None and Path(weights).suffix in {".yaml", ".yml"}:
        _check_model_yaml(weights)
        # The name carries the model's scale (yolov8n.yaml is described in yolov8.yaml), so it is kept.
        return Path(weights)
    path = find_weights(weights)
    load_weights(path, trust=trust)
    return path


def _check_model_yaml(weights: str | Path) -> None:
    import_ultralytics()
    from ultralytics.nn.tasks import yaml_model_load

    try:
        parts = set(yaml_model_load(weights))
    except FileNotFoundError as error:
        expected = "a path, or one of ultralytics' such as yolov8n.yaml"
        raise UsageError(weights, "no such model description", expected) from error
    except Exception as error:  # a YAML list, broken YAML, a file that is no text
        reason = " ".join(str(error).split())[:200]
        raise UsageError(weights, f"not readable as a model description ({reason})", "a YAML file") from error
    if not {"backbone", "head"} <= parts:
        raise UsageError(weights, "no model description", "the keys backbone and head")
    if Path(weights).is_file():  # not one of ultralytics' own, which may be given by name
        read_yaml(Path(weights), UsageError, "a model description without aliases for thousands of values")


def check_no_script(data: Path) -> None:
    """Make sure that ultralytics finds no script in a data.yaml, which it would run where pictures are missing.

    Raises:
        UsageError: There is one.
        DatasetError: The file cannot be read.
    """
    if "download" in read_yaml(data, DatasetError, "the data.yaml that the training wrote"):
        raise UsageError(data, "a key 'download', which may hold a script", "the data.yaml that the training wrote")


def check_space(out: Path, weights: Path) -> None:
    """Make sure that checkpoints fit on the disk.

    Raises:
        TrainingError: They would not.
    """
    size = weights.stat().st_size if weights.suffix == ".pt" and weights.is_file() else 50_000_000
    needed = 10 * size + 50_000_000  # last and best with optimizer state, their temporary copies, the evaluation
    free = shutil.disk_usage(out).free
    if free < needed:
        raise TrainingError(out, f"{free / 1e6:.0f} MB of disk space left", f"at least {needed / 1e6:.0f} MB")
