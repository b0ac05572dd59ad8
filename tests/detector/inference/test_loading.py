from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from detector.errors import SourceError
from detector.inference.loading import bytes_to_load, load, named
from support.sample_pictures import picture, save


def test_pictures_of_a_list_are_named_by_their_place() -> None:
    image = picture()
    assert [name for name, _ in named([image, "x.jpg"])] == ["image[0]", "image[1]"]
    assert [name for name, _ in named(image)] == ["image"]


def test_only_what_must_be_decoded_counts_as_memory(tmp_path: Path) -> None:
    path = save(tmp_path / "x.png", picture(60, 80))
    size = 60 * 80 * 3
    given = [path, str(path), path.read_bytes(), BytesIO(path.read_bytes())]
    assert bytes_to_load(named(given)) == 4 * size
    assert bytes_to_load(named([picture(), PIL.Image.new("RGB", (9, 9)), b"", "no.jpg", "https://x.org/x.jpg"])) == 0


def test_a_picture_whose_size_was_asked_for_can_still_be_read(tmp_path: Path) -> None:
    file = BytesIO(save(tmp_path / "x.png", picture()).read_bytes())
    assert bytes_to_load(named([file])) > 0
    assert isinstance(load(("image", file), skip=False), np.ndarray)


def test_a_bad_picture_is_returned_as_its_error_or_raised() -> None:
    assert isinstance(load(("image[3]", b"no picture"), skip=True), SourceError)
    with pytest.raises(SourceError, match=r"^image\[3\]: not a picture"):
        load(("image[3]", b"no picture"), skip=False)
