"""The second stream of a camera: open only while somebody looks, masked as the first, and never in its way."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from detector.monitor.cameras import viewing
from detector.monitor.cameras.camera import CameraTimeouts
from detector.monitor.cameras.viewing import ViewStream
from detector.monitor.config.watch import CameraConfig
from support.camera_scenes import served
from support.servers import unused_port
from support.waiting import wait_until

QUICK = CameraTimeouts(opening=1.0, stall=0.4, first_wait=0.02, longest_wait=0.1)
LOOKED = (60, 80, 3)
WHITE = np.full((180, 240, 3), 200, np.uint8)  # three times as large


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ViewStream]]:
    monkeypatch.setattr(viewing, "_TICK_SECONDS", 0.02)
    made: list[ViewStream] = []

    def make(view: str, **config: Any) -> ViewStream:
        made.append(ViewStream(CameraConfig(source="0", name="door", view=view, **config), QUICK))
        return made[-1]

    yield make
    for each in made:
        each.close()


def shown(stream: ViewStream, shape: tuple[int, ...] = LOOKED) -> np.ndarray | None:
    return stream.picture(shape, time.monotonic())


def first(stream: ViewStream, shape: tuple[int, ...] = LOOKED) -> np.ndarray:
    wait_until(lambda: shown(stream, shape) is not None)
    picture = shown(stream, shape)
    assert picture is not None
    return picture


@pytest.mark.parametrize(
    "mask",
    [
        ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),
        (("0%", "0%"), ("50%", "0%"), ("50%", "100%"), ("0%", "100%")),
        ((0, 0), (40, 0), (40, 60), (0, 60)),  # pixels of the other stream
        ((0, 0), (40, 0), (40, 90), (0, 90)),  # that reach outside
    ],
)
def test_masks_cover_the_same_part_of_the_larger_picture(stream: Callable[..., ViewStream], mask: Any) -> None:
    with served(WHITE) as server:
        picture = first(stream(server.url, masks=[mask]))
    assert picture.shape == WHITE.shape
    assert not picture[:, :121].any()
    assert (picture[:, 126:] > 190).all()


def test_it_is_turned_as_the_other_stream(stream: Callable[..., ViewStream]) -> None:
    left = WHITE.copy()
    left[:, :120] = 20
    with served(left) as server:
        picture = first(stream(server.url, rotate=90), (80, 60, 3))
    assert picture.shape == (240, 180, 3)
    assert picture[:100].mean() < 40 < 180 < picture[140:].mean()


def test_it_is_open_only_while_somebody_looks(
    stream: Callable[..., ViewStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(WHITE) as server:
        view = stream(server.url)
        assert view._camera is None
        first(view)
        camera = view._camera
        assert camera is not None
        monkeypatch.setattr(viewing, "_IDLE_SECONDS", 0.0)
        wait_until(lambda: view._camera is None)
        wait_until(lambda: camera.join(0))
        monkeypatch.setattr(viewing, "_IDLE_SECONDS", 10.0)
        assert first(view) is not None
        view.close()
        wait_until(lambda: view._camera is None)
        assert shown(view) is None


def test_a_lost_stream_shows_nothing_and_comes_back(
    stream: Callable[..., ViewStream], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(viewing, "_MOST_APART", 0.5)
    with served(WHITE) as server:
        view = stream(server.url)
        first(view)
        server.cut_off()
        wait_until(lambda: shown(view) is None)
        wait_until(lambda: "view is down" in caplog.text)
        server.come_back()
        assert first(view) is not None


def test_pictures_of_another_time_are_not_shown(stream: Callable[..., ViewStream]) -> None:
    with served(WHITE) as server:
        view = stream(server.url)
        first(view)
        assert view.picture(LOOKED, time.monotonic() - 10) is None


def test_another_shape_is_not_shown_and_said_once(
    stream: Callable[..., ViewStream], caplog: pytest.LogCaptureFixture
) -> None:
    with served(WHITE) as server:
        view = stream(server.url)
        first(view, (61, 80, 3))  # rounded
        assert shown(view, (45, 80, 3)) is None
        assert shown(view, (45, 80, 3)) is None
    said = "door: the picture of view (240 x 180) has another shape than that of source (80 x 45) and is not shown"
    assert [record.getMessage() for record in caplog.records].count(said) == 1


def test_credentials_are_not_said(stream: Callable[..., ViewStream], caplog: pytest.LogCaptureFixture) -> None:
    view = stream(f"http://me:geheim@127.0.0.1:{unused_port()}/main")
    assert shown(view) is None
    wait_until(lambda: "door: view is down" in caplog.text)
    assert "geheim" not in caplog.text
    assert "geheim" not in repr(view._config)
