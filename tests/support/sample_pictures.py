"""Pictures and videos that tests make for themselves."""

from fractions import Fraction
from pathlib import Path
from typing import Any

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
    sound: str | None = None,
    key_every: int | None = None,
    **options: str,
) -> Path:
    """Write a video.

    Args:
        key_every: So many frames lie from one key frame to the next; as the encoder likes by default.
        times: The seconds at which frames are shown, evenly spaced by default.
        sound: The codec of a tone that is as long as the pictures.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if key_every is not None:
            stream.options = {"g": str(key_every), "sc_threshold": "0"}
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        track = None if sound is None else container.add_stream(sound, rate=48_000)
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            if times is not None:
                frame.pts, frame.time_base = round(times[number] * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if track is not None:
            _add_tone(container, track, len(frames) / rate)
    return path


def _add_tone(container: Any, track: Any, seconds: Fraction) -> None:
    wave = np.sin(np.arange(int(48_000 * seconds)) * 2 * np.pi * 440 / 48_000)
    frame = av.AudioFrame.from_ndarray((wave * 10_000).astype(np.int16)[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts = 48_000, 0
    context = track.codec_context
    resampler = av.AudioResampler(context.format, context.layout, 48_000, frame_size=context.frame_size or 1024)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(track.encode(part))
    container.mux(track.encode(None))
