from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import Ran


@pytest.fixture
def detector(run_command: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ran]:
    """Runs a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return run_command


WRONG = {
    "convert x": "--out: missing",
    "convert x --out y --format xml": "--format: 'xml'; expected one of voc, json, csv, coco, ",
    "convert x --out y --seed a": "--seed: 'a'; expected a whole number",
    "convert x --out y --split 7": "--split: '7'; expected 70/15/15, 80/20, or a CSV file",
    "convert . --out y --map a": "--map: 'a'; expected OLD=NEW, such as",
    "convert . --out y --format voc --map a=b": "--map: a=b, and 'b' is no class; expected with_mask, ",
    "convert . --out y --dataset mine": "--dataset: 'mine'; expected one of ",
    "convert . --out y --dataset mine --format voc": "--format: given together with --dataset",
    "convert . --out y --format voc --images none": "--images: no such folder none",
    "train --epochs 0": "--epochs: 0; expected a number greater than or equal to 1",
    "train --synthetic=2": "--synthetic: 2; expected a number less than or equal to 0.9",
    "train": "DATA.yaml: none given",
    "eval": "DATA.yaml: missing",
    "eval d --conf x": "--conf: 'x'; expected a number",
    "eval d --conf": "--conf: no value; expected one after it",
    "eval d --conf 7": "--conf: 7.0; expected a number from 0 to 1",
    "eval d --resamples 0": "--resamples: 0; expected a number from 1 to 1000000",
    "eval d --resamples 1.5": "--resamples: 1.5; expected a whole number",
    "eval d --split foo": "--split: 'foo'; expected one of train, val, test",
    "eval d --foo 1": "--foo: no such option; expected ",
    "eval d --spit 1": "--spit: no such option; expected --split",
    "eval d e": "e: one argument too many; expected what `detector eval --help` lists",
    "infer": "SOURCE: missing",
    "infer x --track=3": "--track: a value; expected none",
    "infer x --save foo": "--save: 'foo'; expected some of images,csv,json,jsonl,labels,crops,people, or none",
    "infer x --imgsz 7": "--imgsz: 7; expected a number from 32 to 8192",
    "infer x --max-det 0": "--max-det: 0; expected a number from 1 to 30000",
    "infer x --backend foo": "--backend: 'foo'; expected auto or torch or openvino or onnx",
    "infer x --tile big": "--tile: 'big'; expected off, auto or a number of pixels",
    "infer x --device gpu": "--device: 'gpu'; expected auto, cpu, mps, or CUDA indices",
    "infer x --gamma nan": "--gamma: nan; expected a number from 0.1 to 10",
    "export --format foo": "--format: 'foo'; expected openvino",
    "export --format onnx --int8": "--int8: with onnx; expected OpenVINO",
    "export --format openvino --data d": "--data: given without --int8",
    "export --format openvino --int8": "--int8: no data; expected the data.yaml",
    "export --format onnx --max-drop nan": "--max-drop: nan; expected a number less than or equal to 1",
    "export --format onnx --imgsz 9999": "--imgsz: 9999; expected a number from 32 to 8192",
    "watch 0 --conf 3": "--conf: 3.0; expected a number from 0 to 1",
    "watch 0 --iou 3": "--iou: 3.0; expected a number from 0 to 1",
    "watch 0 --keep forever": "--keep: 'forever'; expected a duration such as 90s",
    "watch 0 --metrics-port 99999": "--metrics-port: 99999; expected a number less than or equal to 65535",
    "watch 0 --fps 0": "--fps: 0; expected a number of 0.5 or more",
    "report --rows -1": "--rows: -1; expected a number greater than or equal to 0",
    "report --timezone Foo x.db": "--timezone: 'Foo'; expected the name of a time zone",
    "convert x -q": "-q: no such option; expected one that `detector convert --help` lists",
    "foo": "foo: no such command; expected one that `detector --help` lists",
}  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_an_error_names_the_option_as_it_is_typed(detector: Callable[..., Ran], line: str) -> None:
    ran = detector(*line.split())
    assert ran.err.startswith(f"Error: {WRONG[line]}")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert not list(Path().iterdir())


def test_an_option_in_a_configuration_is_named_as_the_file_names_it(detector: Callable[..., Ran]) -> None:
    Path("watch.yaml").write_text("cameras: [{source: 0}]\nstore: {keep: forever}\n")
    ran = detector("watch", "watch.yaml", "--conf", "0.5")
    assert ran.err.startswith("Error: watch.yaml:2: store.keep: 'forever'; expected a duration")
    assert ran.status == 2


def test_a_file_that_is_called_like_an_option_stays_a_file(detector: Callable[..., Ran]) -> None:
    Path("out").mkdir()
    Path("out", "mine.txt").touch()
    ran = detector("convert", ".", "--out", "out", "--format", "voc")
    assert ran.err.startswith("Error: out: ")


def test_an_error_of_the_operating_system_names_the_file(detector: Callable[..., Ran]) -> None:
    name = 300 * "a"
    ran = detector("export", "--format", "onnx", "--weights", name)
    assert (ran.status, ran.err) == (1, f"Error: {name}: File name too long\n")


def test_a_source_that_cannot_exist_is_not_there(detector: Callable[..., Ran]) -> None:
    name = 300 * "a"
    ran = detector("convert", name, "--out", "y")
    assert (ran.status, ran.err.startswith(f"Error: {name}: no such file or folder")) == (2, True)


def test_python_names_the_argument() -> None:
    from detector import Detector, OptionError

    with pytest.raises(OptionError, match="max_det: 0; expected"):
        Detector(max_det=0)
