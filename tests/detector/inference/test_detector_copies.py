import copy
import multiprocessing
import pickle
from pathlib import Path

import pytest

from detector import Detector, DetectorSettings, SourceError
from detector.media.images import read_image
from support.waiting import HANGS


@pytest.fixture(scope="module")
def original() -> Detector:
    return Detector(device="cpu", conf=0.4, imgsz=416, tile="320", gamma=1.5, max_det=7, agnostic_nms=True)


@pytest.mark.slow
def test_settings_make_the_same_detector(original: Detector, assets: Path) -> None:
    again = Detector.from_settings(original.settings)
    assert again.settings == original.settings == DetectorSettings(
        device="cpu", conf=0.4, imgsz=416, tile=320, gamma=1.5, max_det=7, agnostic_nms=True
    )  # fmt: skip
    assert again.predict(assets / "bus.jpg") == original.predict(assets / "bus.jpg")


def pickled(detector: Detector) -> Detector:
    return pickle.loads(pickle.dumps(detector))


@pytest.mark.slow
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_finds_the_same_faces(original: Detector, assets: Path, copied) -> None:
    again = copied(original)
    assert again is not original
    assert again.settings == original.settings
    assert again.predict(assets / "zidane.jpg") == original.predict(assets / "zidane.jpg")


def test_a_pickle_holds_the_settings_and_no_network(original: Detector) -> None:
    assert len(pickle.dumps(original)) < 2000


@pytest.mark.slow
def test_a_detector_travels_to_another_process(original: Detector, assets: Path) -> None:
    image = read_image(assets / "bus.jpg")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (found,) = pool.map_async(original.predict, [image]).get(timeout=HANGS)
    assert found == original.predict(image)


@pytest.mark.slow
def test_an_error_of_a_pickled_detector_comes_out_of_a_pool(original: Detector, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with (
        multiprocessing.get_context("spawn").Pool(1) as pool,
        pytest.raises(SourceError, match=r"broken\.jpg: not a picture"),
    ):
        pool.map_async(original.predict, [tmp_path / "broken.jpg"]).get(timeout=HANGS)


class _Own(Detector):
    pass


def test_a_subclass_stays_one(original: Detector) -> None:
    assert type(copy.deepcopy(_Own.from_settings(original.settings))) is _Own
