import io
import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from detector.media.images import image_bytes
from detector.media.picture_size import size_in_header
from support.sample_pictures import picture


def content(suffix: str, width: int = 80, height: int = 60, **options: object) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(picture(height, width)).save(file, {"jpg": "JPEG"}.get(suffix, suffix.upper()), **options)
    return file.getvalue()


EXIF = PIL.Image.Exif()
EXIF[0x0112], EXIF[0x010F] = 6, "x" * 50_000


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("jpg", {}),
        ("jpg", {"progressive": True}),
        ("jpg", {"exif": EXIF}),
        ("jpg", {"icc_profile": b"x" * 200_000}),
        ("jpg", {"comment": b"x" * 60_000}),
        ("png", {}),
        ("png", {"icc_profile": b"x" * 200_000}),
    ],
)
def test_the_size_of_jpeg_and_png_is_in_their_first_bytes(suffix: str, options: dict[str, object]) -> None:
    assert size_in_header(io.BytesIO(content(suffix, **options))) == (80, 60)


def test_fill_bytes_before_a_segment_are_passed_over() -> None:
    data = content("jpg")
    assert size_in_header(io.BytesIO(data[:2] + b"\xff\xff" + data[2:])) == (80, 60)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", content("gif"), content("jpg")[:30], content("png")[:20]])
def test_there_is_no_size_in_other_and_broken_files(data: bytes) -> None:
    assert size_in_header(io.BytesIO(data)) is None


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp", "bmp"])
def test_the_memory_of_a_picture_is_known_before_it_is_read(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "a").write_bytes(content(suffix))
    assert image_bytes(tmp_path / "a") == image_bytes(io.BytesIO(content(suffix))) == 80 * 60 * 3


def test_the_memory_of_what_is_no_picture_counts_as_0(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("text")
    assert [image_bytes(tmp_path / name) for name in ("text.jpg", "missing.jpg", "a\0b.jpg", "")] == [0] * 4
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        assert image_bytes(tmp_path / "pipe.jpg") == 0


def test_a_jpeg_or_png_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from detector.inference.batching import detect_all
    from detector.inference.ordered_threads import OrderedThreads
    from detector.media.sources import Ended, find_sources

    for name in ("a.jpg", "b.png"):
        (tmp_path / name).write_bytes(content(name[-3:]))
    opened: list[object] = []
    open_image = PIL.Image.open

    def note(given: object, *more: object, **options: object) -> PIL.Image.Image:
        opened.append(given)
        return open_image(given, *more, **options)

    monkeypatch.setattr(PIL.Image, "open", note)
    with OrderedThreads() as threads:
        steps = list(
            detect_all(
                find_sources([tmp_path]),
                threads,
                detect_frame=lambda images, _: [np.zeros(0)] * len(images),  # type: ignore[arg-type,return-value]
                detect_batch=lambda images, _: [np.zeros(0)] * len(images),  # type: ignore[arg-type,return-value]
                workers=lambda: 1,
            )
        )
    assert [isinstance(step, Ended) and step.error for step in steps] == [False, None, False, None]
    assert sorted(opened) == [tmp_path / "a.jpg", tmp_path / "b.png"]
