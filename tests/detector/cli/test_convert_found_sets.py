import pytest

from converters.labels import CLASS_NAMES
from support.annotated_sets import draw_picture
from support.found_sets import FOUND_SETS


@pytest.fixture
def found_set(tmp_path):
    """Writes a set, and returns its folder."""

    def write(name):
        folder = tmp_path / "set"
        for number, (path, text) in enumerate(FOUND_SETS[name].files.items()):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                draw_picture(folder / path, seed=number)
            else:
                (folder / path).write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.mark.parametrize("name", FOUND_SETS)
def test_set_as_people_have_it(convert, found_set, tmp_path, name):
    expected, out = FOUND_SETS[name], tmp_path / "out"
    ran = convert(found_set(name) / expected.source, "--quick", "--out", out, *expected.options)
    assert ran.status == expected.status, ran.err
    printed = ran.out + ran.err
    assert [text for text in expected.says if text not in printed] == [], printed
    labels = [(path.parent.name, path.read_text().splitlines()) for path in out.glob("labels/*/*.txt")]
    faces = {}
    for split, rows in labels:
        faces[split] = faces.get(split, 0) + len(rows)
    assert faces == expected.faces
    assert all(rows for _, rows in labels), "a face has become background"
    assert all(_is_face(row) for _, rows in labels for row in rows)
    assert "--map train=" not in ran.err or expected.options


def _is_face(row):
    """Whether a row of a label file is a face of tens of pixels, and not a whole picture."""
    class_id, x, y, width, height = map(float, row.split())
    return class_id < len(CLASS_NAMES) and 0 < x < 1 and 0 < y < 1 and width > 0.05 and height > 0.05
