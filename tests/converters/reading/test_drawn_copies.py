import json

import pytest

from converters.errors import PictureError
from converters.reading.drawn_copies import drawn_copies
from converters.reading.picture_index import PictureIndex
from support.annotated_sets import draw_picture


@pytest.fixture
def results(tmp_path):
    """A folder as `detector infer` leaves it: annotated copies, and their names in summary.json."""
    inputs = [{"source": name, "output": name} for name in ("a.jpg", "b/c.jpg")] + [{"output": None}, None]
    for name in ("a.jpg", "b/c.jpg", "d.jpg"):
        draw_picture(tmp_path / "results" / name)
    (tmp_path / "results/summary.json").write_text(json.dumps({"command": "detector infer", "inputs": inputs}))
    return tmp_path / "results"


def test_annotated_copies_are_no_pictures(results):
    assert [picture.name for picture in PictureIndex([results]).pictures] == ["d.jpg"]


def test_the_original_is_found_and_never_its_copy(results):
    index = PictureIndex([results.parent])
    with pytest.raises(PictureError, match=r"only .*a\.jpg, a copy with drawn faces; name the originals with --images"):
        index.find("a.jpg")
    draw_picture(results.parent / "photos/a.jpg")
    assert PictureIndex([results.parent]).find("a.jpg", results / "detections.csv").parent.name == "photos"


@pytest.mark.parametrize("text", ["", "[]", '{"command": "other", "inputs": [{"output": "a.jpg"}]}', "[" * 2000])
def test_another_summary_says_nothing(results, text):
    (results / "summary.json").write_text(text)
    assert drawn_copies([results / "a.jpg"], [results]) == set()
