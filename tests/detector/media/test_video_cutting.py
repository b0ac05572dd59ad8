"""Videos in segments: together they have the frames and the times of the whole."""

from pathlib import Path

import av
import numpy as np
import pytest

from detector.errors import DamagedVideoError
from detector.media.video_cutting import VideoSegment, find_segments, read_segment
from detector.media.videos import read_video


def encode(path: Path, frames: int = 60, **options: str) -> Path:
    """A video with a key frame every ten frames, and frames between that are shown in another order than stored."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"g": "10", "bf": "2", "crf": "20", **options})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(frames):
            image = np.full((48, 64, 3), 4 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
@pytest.mark.parametrize("gop", ["0", "1"], ids=["closed", "open"])
def test_parts_have_the_frames_and_times_of_the_whole(tmp_path: Path, name: str, gop: str) -> None:
    path = encode(tmp_path / name, **{"x264-params": f"open-gop={gop}:scenecut=0"})
    segments = find_segments(path, seconds=2.0)
    assert len(segments) == 3
    joined = [frame for segment in segments for frame in read_segment(path, segment)]
    whole = list(read_video(path))
    assert [seconds for _, seconds in joined] == [timing.seconds for _, timing in whole]
    for (image, _), (same, _) in zip(joined, whole, strict=True):
        assert np.array_equal(image, same)


def test_a_short_video_has_no_parts(tmp_path: Path) -> None:
    assert find_segments(encode(tmp_path / "clip.mp4"), seconds=6.0) == []


def test_a_video_without_an_index_has_no_parts(tmp_path: Path) -> None:
    assert find_segments(encode(tmp_path / "clip.ts"), seconds=2.0) == []


def test_what_is_cut_short_or_no_video_has_no_parts(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mkv")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert find_segments(path, seconds=1.0) == []
    path.write_bytes(b"no video")
    assert find_segments(path, seconds=1.0) == []
    assert find_segments(tmp_path / "gone.mp4", seconds=1.0) == []


def test_a_part_that_cannot_be_decoded_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(DamagedVideoError):
        list(read_segment(tmp_path / "gone.mp4", VideoSegment(0, None, 0)))
