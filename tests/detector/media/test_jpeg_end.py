from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from detector.errors import SourceError
from detector.inference.run import infer
from detector.media.images import read_image
from detector.media.jpeg_end import NOTE, complete_jpeg
from support.commands import Ran
from support.found_faces import FixedDetector
from support.sample_pictures import picture


def jpeg(**options: object) -> bytes:
    content = BytesIO()
    PIL.Image.fromarray(picture(120, 160)).save(content, "JPEG", **options)
    return content.getvalue()


KINDS = [{}, {"progressive": True}, {"quality": 100, "subsampling": 0}, {"restart_marker_rows": 1}]


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("missing", [1, 2])
def test_a_picture_without_its_end_marker_is_read_with_a_note(options: dict, missing: int) -> None:
    notes: list[str] = []
    read = read_image(BytesIO(jpeg(**options)[:-missing]), note=notes.append)
    assert (read == read_image(BytesIO(jpeg(**options)))).all()
    assert notes == [NOTE]


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("missing", [4, 10, 50, 100, 101, 102, 200, 1000])
def test_a_picture_without_its_last_pixels_is_an_error(options: dict, missing: int) -> None:
    with pytest.raises(SourceError, match="truncated"):
        read_image(BytesIO(jpeg(**options)[:-missing]))


def test_other_files_are_left_to_their_own_errors(tmp_path: Path) -> None:
    for content in (b"", b"text", jpeg(), jpeg()[:50], b"\xff\xd8\xff" + b"text" * 100):
        assert complete_jpeg(BytesIO(content)) is None
    assert complete_jpeg(tmp_path / "missing.jpg") is None


def test_whole_pictures_have_no_note() -> None:
    notes: list[str] = []
    read_image(BytesIO(jpeg()), note=notes.append)
    assert notes == []


def test_the_note_is_in_the_outcome(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(jpeg()[:-2])
    outcomes = []
    infer(FixedDetector(), [tmp_path / "x.jpg"], None, on_end=outcomes.append)  # type: ignore[arg-type]
    assert [(o.outcome, o.note, o.reason) for o in outcomes] == [("read", NOTE, None)]


def test_the_note_is_printed(infer: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(jpeg()[:-2])
    ran = infer(tmp_path / "x.jpg", "--save", "none", "--imgsz", 64)
    assert ran.status == 0 and f"Note on {tmp_path / 'x.jpg'}: {NOTE}" in ran.out
    assert np.array(PIL.Image.open(BytesIO(jpeg()))).shape == (120, 160, 3)
