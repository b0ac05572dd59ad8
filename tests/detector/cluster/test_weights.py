"""The user's weights on their way to other machines."""

from dataclasses import replace
from pathlib import Path

import pytest

from detector.cluster.weights import pack_weights, unpack_weights, with_weights
from detector.errors import WeightsError
from detector.settings import DetectorSettings


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_shipped_weights_stay_where_they_are() -> None:
    settings = DetectorSettings()
    assert pack_weights(settings) is None
    assert with_weights(settings, None) is settings


def test_weights_arrive_under_their_name(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "mine.pt"
    path.write_bytes(b"numbers")
    packed = pack_weights(DetectorSettings(weights=path))
    assert packed is not None
    arrived = with_weights(DetectorSettings(), packed).weights
    assert isinstance(arrived, Path)
    assert (arrived.name, arrived.read_bytes()) == ("mine.pt", b"numbers")
    assert arrived.is_relative_to(cache)


def test_an_exported_folder_arrives_whole(tmp_path: Path) -> None:
    folder = tmp_path / "mine_openvino_model"
    folder.mkdir()
    (folder / "mine.xml").write_bytes(b"graph")
    (folder / "mine.bin").write_bytes(b"numbers")
    packed = pack_weights(DetectorSettings(weights=folder))
    assert packed is not None
    arrived = unpack_weights(packed)
    assert arrived.name == "mine_openvino_model"
    assert sorted(file.name for file in arrived.iterdir()) == ["mine.bin", "mine.xml"]


def test_weights_that_changed_on_their_way_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.pt"
    path.write_bytes(b"numbers")
    packed = pack_weights(DetectorSettings(weights=path))
    assert packed is not None
    with pytest.raises(WeightsError, match="changed on their way"):
        unpack_weights(replace(packed, files={"mine.pt": b"other numbers"}))
