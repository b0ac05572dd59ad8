import shutil
from collections import Counter
from pathlib import Path

import PIL.Image
import pytest

from detector.media.media_kinds import kind_of
from detector.media.sources import Source, find_sources
from detector.media.videos import decode_video
from support.sample_pictures import picture, save, save_video

TYPESCRIPT = "export const x = 1;\n" * 50
CONTAINERS = {
    "x.mp4": "libx264",
    "x.mkv": "libx264",
    "x.avi": "mpeg4",
    "x.ts": "libx264",
    "x.flv": "libx264",
    "x.wmv": "wmv2",
    "x.vob": "mpeg2video",
    "x.mxf": "mpeg2video",
    "x.h264": "libx264",
    "x.webm": "libvpx",
}


def clip(path: Path, codec: str = "libx264") -> Path:
    return save_video(path, [picture(48, 64)] * 5, codec=codec)


@pytest.mark.parametrize(("name", "codec"), CONTAINERS.items())
@pytest.mark.parametrize("other", ["clip", "clip.dat", None])
def test_a_video_is_read_under_any_name(tmp_path: Path, name: str, codec: str, other: str | None) -> None:
    path = clip(tmp_path / name, codec)
    if other is not None:
        path = path.rename(tmp_path / other)
    assert kind_of(path, is_named=True) == kind_of(path, is_named=False) == "video"
    assert sum(1 for _ in decode_video(path)) == 5


def test_a_video_that_is_called_a_picture_is_a_video(tmp_path: Path) -> None:
    path = clip(tmp_path / "x.mp4").rename(tmp_path / "x.jpg")
    assert kind_of(path, is_named=False) == "video"
    assert sum(1 for _ in decode_video(path)) == 5


@pytest.mark.parametrize("name", ["x.mp4", "x.ts", "x", "x.PNG", "x.bin"])
def test_a_picture_is_a_picture_under_any_name(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / "x.png", picture()).rename(tmp_path / name)
    assert kind_of(path, is_named=True) == kind_of(path, is_named=False) == "image"


def test_jpegs_in_a_row_are_a_video(tmp_path: Path) -> None:
    frame = save(tmp_path / "x.jpg", picture()).read_bytes()
    (tmp_path / "x.mjpeg").write_bytes(frame * 30)
    assert kind_of(tmp_path / "x.mjpeg", is_named=False) == "video"
    assert sum(1 for _ in decode_video(tmp_path / "x.mjpeg")) == 30


@pytest.mark.parametrize("suffix", [".ts", ".MTS"])
def test_a_transport_stream_is_told_from_typescript(tmp_path: Path, suffix: str) -> None:
    shutil.move(clip(tmp_path / "x.ts"), tmp_path / f"film{suffix}")
    (tmp_path / f"code{suffix}").write_text(TYPESCRIPT)
    assert kind_of(tmp_path / f"film{suffix}", is_named=False) == "video"
    assert kind_of(tmp_path / f"code{suffix}", is_named=False) is None


@pytest.mark.parametrize("name", ["notes.txt", "notes", "x.json", "empty"])
def test_other_files_are_no_media(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("" if name == "empty" else "some free text\n" * 40)
    assert kind_of(tmp_path / name, is_named=False) is None
    assert kind_of(tmp_path / name, is_named=True) == "image"  # which is then refused as not a picture


def test_gifs_are_videos_when_they_move(tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "still.gif")
    assert [kind_of(tmp_path / name, is_named=True) for name in ("moves.gif", "still.gif")] == ["video", "image"]


def test_files_that_are_left_out_are_counted_by_suffix(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.jpg", picture())
    for name in ("a.txt", "b.TXT", "c.xml", "README", ".hidden", "types.ts"):
        (tmp_path / "in" / name).write_text(TYPESCRIPT)
    left_out: Counter[str] = Counter()
    sources = list(find_sources([tmp_path / "in"], left_out=left_out))
    assert [source.kind for source in sources if isinstance(source, Source)] == ["image"]
    assert left_out == {".txt": 2, ".xml": 1, ".ts": 1, "no suffix": 1}
    left_out.clear()
    list(find_sources([f"{tmp_path}/in/*"], left_out=left_out))
    assert left_out[".txt"] == 2
