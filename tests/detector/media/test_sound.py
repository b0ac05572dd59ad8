from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from detector.media.video_writer import VideoWriter
from detector.media.videos import Timing, read_video
from support.sample_pictures import picture, save_video

FRAMES = [picture(48, 64, seed) for seed in range(5)] * 10  # two seconds


def copied(source: Path, frames: list[tuple[np.ndarray, Timing]] | None = None) -> Path:
    """Copy a video as an annotated copy is written; without `frames`, all of them."""
    frames = list(read_video(source)) if frames is None else frames
    target = source.with_name("copy.mp4")
    writer = VideoWriter(target, *frames[0], source)
    for frame in frames:
        writer.write(*frame)
    writer.close()
    assert [path.name for path in source.parent.iterdir() if path.name.startswith(".")] == []
    return target


def heard(path: Path) -> tuple[str, Fraction, Fraction] | None:
    """The codec of the sound, and its beginning and end in seconds; None where there is none."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        frames: list[Any] = [frame for frame in container.decode(stream) if frame.pts is not None]
        last = frames[-1]
        end = last.pts * last.time_base + Fraction(last.samples, last.sample_rate)
        return stream.codec_context.codec.canonical_name, frames[0].pts * frames[0].time_base, end


def near(seconds: float) -> Any:
    return pytest.approx(seconds, abs=0.06)


@pytest.mark.parametrize(
    ("name", "codec", "found"),
    [
        ("a.mp4", "aac", "aac"),
        ("a.ts", "aac", "aac"),
        ("b.ts", "ac3", "ac3"),
        ("a.mkv", "libopus", "opus"),
        ("b.mkv", "flac", "flac"),
        ("a.avi", "libmp3lame", "mp3"),
        ("a.mov", "pcm_s16be", "pcm_s16be"),
    ],
)
def test_a_copy_has_the_sound_of_its_video(tmp_path: Path, name: str, codec: str, found: str) -> None:
    assert heard(copied(save_video(tmp_path / name, FRAMES, sound=codec))) == (found, near(0), near(2))


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001)])
def test_pictures_keep_their_times_beside_sound(tmp_path: Path, rate: Fraction) -> None:
    timings = [timing for _, timing in read_video(save_video(tmp_path / "a.mp4", FRAMES, rate, sound="aac"))]
    again = [timing for _, timing in read_video(copied(tmp_path / "a.mp4"))]
    assert [timing.seconds for timing in again] == [timing.seconds for timing in timings]
    assert {(timing.rate, timing.frames) for timing in again} == {(rate, len(FRAMES))}
    data = (tmp_path / "copy.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays before it is loaded whole


@pytest.mark.parametrize("codec", ["adpcm_ms", "pcm_s16le"])
def test_sound_that_mp4_cannot_hold_is_left_out(tmp_path: Path, codec: str) -> None:
    copy = copied(save_video(tmp_path / "a.avi", FRAMES, sound=codec))
    assert heard(copy) is None
    assert len(list(read_video(copy))) == len(FRAMES)


@pytest.mark.parametrize(("codec", "lacks"), [("aac", False), ("adpcm_ms", True), (None, False)])
def test_a_copy_without_its_sound_says_so(tmp_path: Path, codec: str | None, lacks: bool) -> None:
    source = save_video(tmp_path / "a.avi", FRAMES, sound=codec)
    frames = list(read_video(source))
    writer = VideoWriter(tmp_path / "copy.mp4", *frames[0], source)
    writer.write(*frames[0])
    writer.close()
    assert writer.lacks_sound is lacks


def test_sound_ends_with_the_last_frame_that_is_copied(tmp_path: Path) -> None:
    source = save_video(tmp_path / "a.mp4", FRAMES, sound="aac")
    assert heard(copied(source, list(read_video(source))[:25])) == ("aac", near(0), near(1))


def test_sound_stays_at_its_pictures_where_the_clock_of_a_file_does_not_begin_at_0(tmp_path: Path) -> None:
    source = save_video(tmp_path / "a.mkv", FRAMES, times=[3 + Fraction(i, 25) for i in range(50)], sound="libopus")
    assert [timing.start for _, timing in read_video(source)] == [3] * 50
    assert heard(source) == ("opus", near(0), near(2))
    assert heard(copied(source)) is None  # it is over before the first frame


def test_sound_that_is_cut_short_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    source = save_video(tmp_path / "a.mkv", FRAMES, sound="libopus")
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 6 // 10])
    codec, start, end = heard(copied(source)) or ("", 0, 0)
    assert (codec, start) == ("opus", near(0))
    assert 0.5 < end < 1.7


def test_a_copy_whose_sound_cannot_be_written_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> bool:
        arguments[-1].write_bytes(b"half")
        return False

    monkeypatch.setattr("detector.media.video_writer.add_sound", fail)
    assert heard(copied(save_video(tmp_path / "a.mp4", FRAMES, sound="aac"))) is None
