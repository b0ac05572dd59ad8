"""Pictures and videos that tests make for themselves."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np


def picture(height: int = 60, width: int = 80, seed: int = 0) -> np.ndarray:
    """A smooth picture, which every format keeps well."""
    small = np.random.default_rng(seed).integers(0, 255, (4, 5, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def save(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = cv2.imencode(path.suffix, image)[1]
    path.write_bytes(data.tobytes())
    return path


def save_video(
    path: Path,
    frames: list[np.ndarray],
    rate: Fraction = Fraction(25),
    times: list[Fraction] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    **options: str,
) -> Path:
    """Write a video; `times` are the seconds at which frames are shown, evenly spaced by default."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            if times is not None:
                frame.pts, frame.time_base = round(times[number] * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
