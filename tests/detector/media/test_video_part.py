from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from detector.errors import DamagedVideoError, SourceError, UsageError
from detector.media.packet_plan import PacketPlan
from detector.media.sources import Source, find_sources, read_frames
from detector.media.video_part import WHOLE_VIDEO, FrameChooser, VideoPart, parse_time
from detector.media.videos import read_video
from support.sample_pictures import picture, save_video

PARTS = [
    VideoPart(every=3),
    VideoPart(every=37),
    VideoPart(fps=2),
    VideoPart(start=0.5, end=1.3),
    VideoPart(start=2.2, fps=5),
    VideoPart(end=0.9, every=2),
]
# Files in which packets are left out, and files in which they cannot be.
VIDEOS = {
    "plain.mp4": {},
    "long-groups.mkv": {"g": "1000"},
    "open.mkv": {"x264-params": "open-gop=1"},
    "refresh.mkv": {"x264-params": "intra-refresh=1"},
    "stream.ts": {},
    "motion.avi": {"codec": "mpeg4"},
}


def moving(count: int = 80) -> Iterator[np.ndarray]:
    large = picture(200, 260)
    for i in range(count):
        yield np.ascontiguousarray(large[i : i + 48, i : i + 64])


def make(path: Path, codec: str = "libx264", **options: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(25))
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        stream.options = {"g": "12", **options}
        for image in moving():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module", params=VIDEOS)
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("videos") / request.param, **VIDEOS[request.param])


@pytest.mark.parametrize("part", PARTS, ids=str)
def test_a_part_has_the_frames_times_and_pixels_of_the_whole(video: Path, part: VideoPart) -> None:
    whole = list(read_video(video))
    chooser = FrameChooser(part, Fraction(1, 1000))
    wanted = [timing.index for _, timing in whole if chooser.takes(timing.seconds)]
    read = list(read_video(video, part))
    assert len(wanted) > 0 and [timing.index for _, timing in read] == wanted
    for image, timing in read:
        assert timing.seconds == whole[timing.index][1].seconds
        assert (image == whole[timing.index][0]).all()


def test_what_is_not_needed_is_not_decoded(tmp_path: Path) -> None:
    video = make(tmp_path / "x.mp4")
    decoded = {}
    for part in (VideoPart(every=2), VideoPart(every=40), VideoPart(start=2.9)):
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            plan = PacketPlan(container, stream, FrameChooser(part), skip=True)
            decoded[part] = sum(planned.packet.size > 0 for packet in container.demux() for planned in plan.add(packet))
    assert list(decoded.values()) == [pytest.approx(75, abs=5), pytest.approx(6, abs=5), pytest.approx(8, abs=5)]


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    times = [Fraction(i * 40 + i % 3 * 11, 1000) for i in range(40)]
    video = save_video(tmp_path / "x.mp4", list(moving(40)), times=times)
    read = [float(t.seconds) for _, t in read_video(video, VideoPart(every=3))]
    assert read == pytest.approx([float(t) for t in times[::3]], abs=0.001)


def test_the_rate_is_that_of_the_frames_that_are_looked_at() -> None:
    assert WHOLE_VIDEO.rate(Fraction(25)) == VideoPart(fps=60).rate(Fraction(25)) == 25
    assert VideoPart(every=5).rate(Fraction(30000, 1001)) == Fraction(6000, 1001)
    assert VideoPart(fps=0.1).rate(Fraction(25)) == Fraction(1, 10)


def test_frames_per_second_do_not_drift_on_a_coarse_clock() -> None:
    chooser = FrameChooser(VideoPart(fps=15), Fraction(1, 1000))
    stamps = [Fraction(round(i * 1000 / 60), 1000) for i in range(600)]
    assert [i for i, seconds in enumerate(stamps) if chooser.takes(seconds)] == list(range(0, 600, 4))


def test_a_time_behind_the_end_is_an_error(tmp_path: Path) -> None:
    video = save_video(tmp_path / "x.mp4", [picture(48, 64)] * 50)
    with pytest.raises(SourceError, match=r"no frame from 5 s on: it ends at 2\.00 s; expected a time in the video"):
        list(read_video(video, VideoPart(start=5)))


def test_a_cut_video_is_damaged_where_its_end_is_wanted(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(100)]
    video = save_video(tmp_path / "cut.mp4", frames, movflags="faststart")
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    assert len(list(read_video(video, VideoPart(end=1)))) == 25
    with pytest.raises(DamagedVideoError, match=r"cut short: .* frames looked at"):
        list(read_video(video, VideoPart(every=2)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"every": 0}, "every: 0; expected"),
        ({"fps": 0}, "fps: 0; expected"),
        ({"every": 2, "fps": 1}, "every: together with `fps`; expected one of the two"),
        ({"start": 5, "end": 5}, "end: 5 s; expected a time after `start`, 5 s"),
        ({"start": -1}, "start: -1; expected"),
    ],
)
def test_parts_that_are_none_are_wrong_usage(given: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        VideoPart(**given)


def test_times_are_written_as_people_write_them() -> None:
    times = {"90": 90, "90.5": 90.5, "1:30": 90, "00:01:30.25": 90.25, "2:00:00": 7200, "100": 100, " 7 ": 7}
    assert {text: parse_time(text, "start") for text in times} == times
    for wrong in ("", "1:60", "1:75:00", "-5", "1m30s", "1:2:3:4", "x"):
        with pytest.raises(UsageError, match="expected seconds, MM:SS or HH:MM:SS"):
            parse_time(wrong, "start")


def test_cameras_have_parts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from detector.media.videos import Timing

    def camera(*_: object) -> Iterator[tuple[np.ndarray, Timing]]:
        for i in range(1000):
            yield picture(8, 8), Timing(Fraction(i, 10), Fraction(0), Fraction(10))

    monkeypatch.setattr("detector.media.sources.read_camera", camera)
    (source,) = find_sources([0], part=VideoPart(fps=1, end=3.5))
    assert isinstance(source, Source)
    assert [(frame.index, frame.seconds) for frame in read_frames(source)] == [(0, 0), (10, 1), (20, 2), (30, 3)]
