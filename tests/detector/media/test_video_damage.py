from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.errors import DamagedVideoError, SourceError
from detector.media.videos import decode_video
from support.sample_pictures import picture, save_video

FRAMES = 80
KINDS = {
    "x.mp4": {},
    "fragmented.mp4": {"movflags": "frag_keyframe+empty_moov"},
    "x.mov": {"codec": "mpeg4"},
    "x.mkv": {},
    "mjpeg.mkv": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "x.avi": {"codec": "mpeg4"},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "x.webm": {"codec": "libvpx", "deadline": "realtime"},
    "x.ts": {},
    "x.mts": {},
    "x.flv": {},
    "x.wmv": {"codec": "wmv2"},
    "x.mpg": {"codec": "mpeg1video"},
    "x.vob": {"codec": "mpeg2video"},
    "x.h264": {},
    "x.mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
}
FIXED_RATE = ("x.mpg", "x.vob")
CUT = ("fragmented.mp4", "x.mkv", "mjpeg.mkv", "x.avi", "mjpeg.avi", "x.webm", "x.ts", "x.flv")
OVERWRITTEN = ("x.mp4", "fragmented.mp4", "x.mov", "x.mkv", "mjpeg.mkv", "x.avi", "x.webm", "x.ts", "x.mts", "x.mpg")


def moving_frames() -> list[np.ndarray]:
    noise = np.random.default_rng(1).integers(0, 60, (300, 400, 3), dtype=np.uint8)
    scene = cv2.add(picture(300, 400) // 2, noise)
    return [np.ascontiguousarray(scene[i : i + 96, 2 * i : 2 * i + 128]) for i in range(FRAMES)]


def video(path: Path, times: list[Fraction] | None = None) -> Path:
    return save_video(path, moving_frames(), times=times, **KINDS[path.name])


def read(path: Path) -> tuple[int, SourceError | None]:
    number = 0
    try:
        for _ in decode_video(path):
            number += 1
    except SourceError as error:
        return number, error
    return number, None


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_video_is_not_called_damaged(tmp_path: Path, name: str) -> None:
    assert read(video(tmp_path / name)) == (FRAMES, None)


@pytest.mark.parametrize("name", sorted(KINDS.keys() - set(FIXED_RATE)))
def test_uneven_times_and_pauses_are_no_damage(tmp_path: Path, name: str) -> None:
    times = [Fraction(i * 40 + i % 3 * 11 + (800 if i > 40 else 0) + (1500 if i > 60 else 0), 1000) for i in range(80)]
    assert read(video(tmp_path / name, times)) == (FRAMES, None)


@pytest.mark.parametrize(
    "name", ["fragmented.mp4", "x.mkv", "mjpeg.mkv", "x.avi", "mjpeg.avi", "x.webm", "x.ts", "x.flv"]
)
@pytest.mark.parametrize("share", [0.6, 0.9])
def test_a_video_that_breaks_off_is_damaged(tmp_path: Path, name: str, share: float) -> None:
    path = video(tmp_path / name)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    number, error = read(path)
    assert 0 < number < FRAMES
    assert isinstance(error, DamagedVideoError)
    assert f"{number} frame" in error.found


@pytest.mark.parametrize("filling", [b"\0", b"\x5a"])
@pytest.mark.parametrize("name", OVERWRITTEN)
def test_a_video_with_3_kb_overwritten_is_damaged(tmp_path: Path, name: str, filling: bytes) -> None:
    path = video(tmp_path / name)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = filling * 3000
    path.write_bytes(data)
    number, error = read(path)
    assert number > 0
    assert isinstance(error, DamagedVideoError)


def test_where_and_how_much_is_missing_is_said(tmp_path: Path) -> None:
    path = video(tmp_path / "x.ts")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + data[len(data) // 2 + 3000 :])
    number, error = read(path)
    assert error is not None
    place = float(error.found.removeprefix("damaged after ").split(" s ")[0])
    assert 0.5 < place < 2.5
    assert error.found.endswith(f"{number} frames read of about {FRAMES}")


def test_a_matroska_file_that_lost_a_part_between_key_frames_is_damaged(tmp_path: Path) -> None:
    path = save_video(tmp_path / "x.mkv", moving_frames(), cluster_time_limit="200", **KINDS["mjpeg.mkv"])
    data = path.read_bytes()
    cluster = b"\x1f\x43\xb6\x75"
    starts = [place for place in range(len(data)) if data.startswith(cluster, place)]
    first, second = starts[len(starts) // 2 : len(starts) // 2 + 2]
    path.write_bytes(data[:first] + bytes(second - first) + data[second:])
    number, error = read(path)
    assert number < FRAMES
    assert error is not None and "a part of the file is not readable" in error.found


def test_joined_transport_streams_are_not_damaged(tmp_path: Path) -> None:
    path = video(tmp_path / "x.ts")
    path.write_bytes(path.read_bytes() * 2)
    assert read(path) == (2 * FRAMES, None)


def test_frames_outside_of_an_edit_list_are_not_missing(tmp_path: Path) -> None:
    path = video(tmp_path / "x.mp4")
    data = bytearray(path.read_bytes())
    place = data.index(b"elst") + 12  # behind version, flags and the number of entries: the duration of the first
    data[place : place + 4] = (int.from_bytes(data[place : place + 4], "big") // 2).to_bytes(4, "big")
    path.write_bytes(data)
    assert read(path) == (FRAMES // 2, None)


def test_a_matroska_file_that_begins_late_is_whole(tmp_path: Path) -> None:
    times = [Fraction(5) + Fraction(i, 25) for i in range(FRAMES)]
    assert read(video(tmp_path / "x.mkv", times)) == (FRAMES, None)
