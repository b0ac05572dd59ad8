import base64
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from converters.conversion import convert
from converters.options import ConversionOptions
from converters.reading.embedded_pictures import is_embedded, write_embedded

PNG = cv2.imencode(".png", np.arange(48, dtype=np.uint8).reshape(4, 4, 3))[1].tobytes()
TEXT = base64.b64encode(PNG).decode()


def test_pictures_of_one_name_in_two_documents_are_two_files(tmp_path):
    first = write_embedded(TEXT, tmp_path / "a.json", "x/1.jpg")
    second = write_embedded(TEXT, tmp_path / "b.json", "1.jpg")
    assert first is not None
    assert second is not None
    assert first != second
    assert (first.name, first.read_bytes()) == ("1.png", PNG)
    assert is_embedded(first)
    assert not is_embedded(tmp_path / "1.png")


def test_they_go_when_the_process_ends(tmp_path):
    code = f"from converters.reading.embedded_pictures import *; print(write_embedded({TEXT!r}, Path('a.json'), '1'))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert ran.stdout.strip().endswith("1.png")
    assert not Path(ran.stdout.strip()).exists()


@pytest.mark.parametrize("link", ["copy", "hardlink", "symlink"])
def test_dataset_has_copies_whatever_the_link(tmp_path, link):
    shape = '{"label": "with_mask", "points": [[0, 0], [3, 3]], "shape_type": "rectangle"}'
    source = tmp_path / "train" / "set"  # a folder above the source says nothing about splits
    source.mkdir(parents=True)
    for number in (1, 2):
        text = f'{{"shapes": [{shape}], "imagePath": "{number}.jpg", "imageData": "{TEXT}"}}'
        (source / f"{number}.json").write_text(text)
    summary = convert(ConversionOptions(source, tmp_path / "out", quick=True, link=link))
    pictures = list((tmp_path / "out").glob("images/*/*.png"))
    assert [picture.read_bytes() for picture in pictures] == [PNG, PNG]
    assert not any(picture.is_symlink() for picture in pictures)
    assert summary.problems.omissions == []
    assert not any("comes split" in note for note in summary.problems.notes)
