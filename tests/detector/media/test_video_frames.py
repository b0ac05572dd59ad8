import gc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from detector.media.video_frames import as_shown
from detector.media.videos import read_video
from support.sample_pictures import save_video

# Values of a 2 x 2 picture, in reading order, by the display matrix (a, b, c, d).
SHOWN = {
    (1, 0, 0, 1): (0, 80, 160, 240),
    (-1, 0, 0, 1): (80, 0, 240, 160),  # a front camera
    (1, 0, 0, -1): (160, 240, 0, 80),
    (-1, 0, 0, -1): (240, 160, 80, 0),  # half a turn
    (0, 1, -1, 0): (160, 0, 240, 80),  # a quarter turn clockwise
    (0, -1, 1, 0): (80, 240, 0, 160),
    (0, 1, 1, 0): (0, 160, 80, 240),  # a front camera, held upright
    (0, -1, -1, 0): (240, 80, 160, 0),
    (0, 0, 0, 0): (0, 80, 160, 240),  # a broken header
}


def quarters(height: int = 48, width: int = 64) -> np.ndarray:
    grey = np.repeat(np.repeat([[0, 80], [160, 240]], height // 2, axis=0), width // 2, axis=1)
    return np.dstack([grey] * 3).astype(np.uint8)


def with_matrix(path: Path, matrix: tuple[int, ...]) -> Path:
    """Write the transformation matrix of the track."""
    a, b, c, d = (int(value * 65536).to_bytes(4, "big", signed=True) for value in matrix)
    zero, one = bytes(4), (65536).to_bytes(4, "big")
    identity = one + zero * 3 + one + zero * 3
    data = path.read_bytes()
    place = data.index(identity, data.index(b"tkhd"))
    path.write_bytes(data[:place] + a + b + zero + c + d + zero * 3 + data[place + len(identity) :])
    return path


@pytest.mark.parametrize(("matrix", "values"), SHOWN.items())
def test_frames_are_turned_and_mirrored_as_the_file_says(
    tmp_path: Path, matrix: tuple[int, ...], values: tuple[int, ...]
) -> None:
    path = with_matrix(save_video(tmp_path / "x.mp4", [quarters()]), matrix)
    image, _ = next(read_video(path))
    is_turned = matrix[1] != 0
    assert image.shape == ((64, 48, 3) if is_turned else (48, 64, 3))
    height, width = image.shape[:2]
    centres = [image[y, x].mean() for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    assert np.allclose(centres, values, atol=12)


def anamorphic(path: Path, aspect: Fraction) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        container.mux(stream.encode(av.VideoFrame.from_ndarray(quarters(), format="bgr24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("aspect", "shape"),
    [
        (Fraction(64, 45), (48, 91, 3)),
        (Fraction(3, 4), (64, 64, 3)),
        (Fraction(1), (48, 64, 3)),
        (Fraction(90), (48, 64, 3)),
    ],
)
def test_pixels_become_square_and_none_are_lost(tmp_path: Path, aspect: Fraction, shape: tuple[int, ...]) -> None:
    image, _ = next(read_video(anamorphic(tmp_path / "x.mp4", aspect)))
    assert image.shape == shape


def test_pixels_are_stretched_before_the_picture_is_turned(tmp_path: Path) -> None:
    path = with_matrix(anamorphic(tmp_path / "x.mp4", Fraction(2)), (0, 1, -1, 0))
    image, _ = next(read_video(path))
    assert image.shape == (128, 48, 3)


def test_a_frame_is_gone_with_its_last_user(tmp_path: Path) -> None:
    """The garbage collector would come minutes later: memory grew by megabytes a minute in a watch of three cameras."""
    path = save_video(tmp_path / "clip.mp4", [quarters()] * 3)
    with av.open(str(path)) as container:
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            for frame in container.decode(video=0):
                as_shown(frame, VideoReformatter())
            del frame
            gc.collect()
            left = [kept for kept in gc.garbage if isinstance(kept, av.VideoFrame)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert left == []
