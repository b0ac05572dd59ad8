from fractions import Fraction
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from detector.errors import DamagedVideoError, SourceError
from detector.media.videos import Timing, read_video
from support.sample_pictures import picture, save_video


def grey_frames(number: int, size: tuple[int, int] = (48, 64)) -> list[np.ndarray]:
    return [np.full((*size, 3), 8 * i % 256, np.uint8) for i in range(number)]


def noise_frames(number: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(number)]


def read(path: Path) -> tuple[list[Timing], SourceError | None]:
    timings = []
    try:
        for _, timing in read_video(path):
            timings.append(timing)
    except SourceError as error:
        return timings, error
    return timings, None


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(1, 2)])
def test_rate_and_times_are_exact(tmp_path: Path, rate: Fraction) -> None:
    timings, error = read(save_video(tmp_path / "x.mp4", grey_frames(12), rate))
    assert error is None
    assert [t.seconds for t in timings] == [i / rate for i in range(12)]
    assert {t.rate for t in timings} == {rate}
    assert {t.frames for t in timings} == {12}


def test_frames_keep_their_own_times_when_unevenly_spaced(tmp_path: Path) -> None:
    times = [Fraction(i * 40 + i % 3 * 11, 1000) for i in range(20)]
    timings, error = read(save_video(tmp_path / "x.mkv", grey_frames(20), times=times))
    assert error is None
    assert [t.seconds for t in timings] == times


def test_colours_survive(tmp_path: Path) -> None:
    image = picture(48, 64)
    frames = [
        frame for frame, _ in read_video(save_video(tmp_path / "x.mkv", [image] * 2, codec="ffv1", pix_fmt="bgr0"))
    ]
    assert all((frame == image).all() for frame in frames)


def test_an_animated_gif_is_a_video(tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (30, 20), (0, 0, value)) for value in (0, 100, 200)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:], duration=[100, 50, 200])
    timings, error = read(tmp_path / "x.gif")
    assert error is None
    assert [float(t.seconds) for t in timings] == [0, 0.1, 0.15]


@pytest.mark.parametrize(("name", "options"), [("x.mp4", {"movflags": "faststart"}), ("x.mkv", {})])
def test_of_a_video_that_breaks_off_everything_before_is_read(
    tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    path = save_video(tmp_path / name, noise_frames(100), **options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    timings, error = read(path)
    assert 30 < len(timings) < 70
    assert error is not None
    assert f"{float(timings[-1].seconds + Fraction(1, 25)):.2f} s" in error.found


def test_damage_in_the_middle_is_reported_and_the_rest_still_read(tmp_path: Path) -> None:
    path = save_video(tmp_path / "x.mp4", noise_frames(100), movflags="faststart")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(data)
    timings, error = read(path)
    assert float(timings[-1].seconds) > 3
    assert isinstance(error, DamagedVideoError) and "damaged after" in error.found


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video " * 100)
    assert "empty.mp4: an empty file" in str(read(tmp_path / "empty.mp4")[1])
    assert "text.mp4: not readable as a video" in str(read(tmp_path / "text.mp4")[1])
    assert "none.mp4: not readable as a video" in str(read(tmp_path / "none.mp4")[1])
