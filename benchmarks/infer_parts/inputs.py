"""What the sides are run on."""

from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from detector.media.videos import read_video

_SIZE = (1920, 1080)  # width, height


def link_pictures(pictures: Sequence[Path], count: int, folder: Path) -> Path:
    """Make a folder of links to pictures, over and over until there are `count`; each has another name.

    Returns:
        The folder, which may be there from before.
    """
    if not folder.is_dir():
        folder.mkdir(parents=True)
        for number, picture in enumerate(islice(cycle(pictures), count)):
            (folder / f"{number:06}{picture.suffix}").symlink_to(picture.resolve())
    return folder


def scale_video(source: Path, target: Path, frames: int | None) -> Path:
    """Write a video again, at 1920 x 1080 pixels and in H.264 with the settings that x264 has from the start.

    Args:
        source: A video.
        target: The `.mp4` to write.
        frames: Of these, only the first so many; None for all.
    """
    import av

    with av.open(str(target), "w") as container:
        stream = None
        for image, timing in islice(read_video(source), frames):
            if stream is None:
                stream = container.add_stream("libx264", rate=timing.rate)
                stream.width, stream.height = _SIZE
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            container.mux(stream.encode(frame.reformat(*_SIZE, format="yuv420p", interpolation="BICUBIC")))
        if stream is not None:
            container.mux(stream.encode(None))
    return target
