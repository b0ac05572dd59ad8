import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from detector import Detector
from detector.errors import WeightsError
from detector.libraries import import_ultralytics
from detector.model import weights
from detector.model.weights import find_weights, load_weights, shipped_weights
from support.hostile_weights import Traced, save_hostile


def test_code_in_weights_is_not_run(tmp_path: Path) -> None:
    path = save_hostile(tmp_path / "evil.pt", tmp_path / "trace")
    with pytest.raises(WeightsError, match=r"evil\.pt: a checkpoint that runs code when loaded.*--trust-weights"):
        Detector(path, device="cpu")
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("protocol", [0, 2])
def test_code_in_a_bare_pickle_is_not_run(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Traced(tmp_path / "trace"), protocol))
    with pytest.raises(WeightsError, match=r"evil\.pt"):
        load_weights(tmp_path / "evil.pt")
    assert not (tmp_path / "trace").exists()


def test_trusted_weights_that_are_no_model_fail_clearly(tmp_path: Path) -> None:
    path = save_hostile(tmp_path / "evil.pt", tmp_path / "trace")
    with pytest.raises(WeightsError, match=r"evil\.pt: not loadable"):
        Detector(path, device="cpu", trust_weights=True)
    assert (tmp_path / "trace").exists()  # that is what trusting means


def test_trusting_one_file_does_not_trust_the_next(tmp_path: Path) -> None:
    load_weights(shipped_weights(), trust=True)
    with pytest.raises(WeightsError):
        load_weights(save_hostile(tmp_path / "evil.pt", tmp_path / "trace"))
    assert not (tmp_path / "trace").exists()


@pytest.mark.slow
@pytest.mark.parametrize("switch", [True, False])
def test_trusted_and_untrusted_loads_at_once_do_not_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: bool
) -> None:
    import_ultralytics()
    from ultralytics.nn import tasks

    monkeypatch.setattr(tasks, "SAFE_LOAD", switch)
    trusted = save_hostile(tmp_path / "trusted.pt", tmp_path / "trusted")
    hostile = save_hostile(tmp_path / "hostile.pt", tmp_path / "hostile")
    refusals: list[str] = []

    def load_often(path: Path, trust: bool) -> None:
        for _ in range(15):
            try:
                load_weights(path, trust=trust)
            except WeightsError as error:
                refusals.append(str(error))

    with ThreadPoolExecutor(6) as pool:
        loads = [(trusted, True), (hostile, False), (shipped_weights(), True)] * 2
        for done in [pool.submit(load_often, *load) for load in loads]:
            done.result()
    assert tasks.SAFE_LOAD is switch
    assert (tmp_path / "trusted").exists()
    assert not (tmp_path / "hostile").exists()
    assert sum("runs code when loaded" in refusal for refusal in refusals) == 30  # each of the untrusted ones
    with pytest.raises(WeightsError, match="runs code when loaded"):
        load_weights(hostile)


def test_files_that_are_no_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pt").touch()
    (tmp_path / "text.pt").write_text("no weights")
    with zipfile.ZipFile(tmp_path / "zip.pt", "w") as archive:
        archive.writestr("a", "b")
    torch.save({"state": torch.zeros(3)}, tmp_path / "other.pt")
    whole = shipped_weights().read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    for name in ("empty", "text", "zip", "other", "cut"):
        with pytest.raises(WeightsError, match=rf"{name}\.pt: "):
            load_weights(tmp_path / f"{name}.pt")
    (tmp_path / "x.onnx").touch()
    with pytest.raises(WeightsError, match=r"x\.onnx: a \.onnx file"):
        load_weights(tmp_path / "x.onnx")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        find_weights(tmp_path / "none.pt")
    with pytest.raises(WeightsError, match="a folder"):
        find_weights(tmp_path)


def test_shipped_weights_that_were_changed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    original = shipped_weights()
    (folder / original.name).write_bytes(original.read_bytes()[:-1] + b"x")
    (folder / "SHA256SUMS").write_text((original.parent / "SHA256SUMS").read_text())
    monkeypatch.setattr(weights, "__file__", str(tmp_path / "detector" / "model" / "weights.py"))
    with pytest.raises(WeightsError, match="SHA-256"):
        find_weights(None)


def test_the_size_and_the_names_travel_in_the_file() -> None:
    loaded = load_weights(shipped_weights())
    assert loaded.names == ("with_mask", "without_mask", "mask_worn_incorrectly")
    assert loaded.imgsz % 32 == 0
