import pytest

from converters.annotation import Box
from converters.formats import wider_face

FACE = "10 20 40 40 0 1 0 0 2 0 "


@pytest.fixture
def read(read_text):
    return lambda text, name="wider_face_val_bbx_gt.txt": read_text("wider-face", text, name)


def test_faces_with_their_attributes(read, problems, picture):
    path = picture("0--Parade/a.jpg")
    (found,) = read(f"0--Parade/a.jpg\n1\n{FACE}\n")
    assert (found.path, found.split) == (path, "val")
    assert found.boxes == (Box(10, 20, 50, 60, "face", (("expression", "1"), ("occlusion", "2"))),)
    assert problems.items == []


def test_pictures_without_faces_have_a_line_of_zeros_or_none(read, problems, picture):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(name)
    found = read(f"a.jpg\n0\n0 0 0 0 0 0 0 0 0 0 \nb.jpg\n0\nc.jpg\n1\n{FACE}\n")
    assert [len(image.boxes) for image in found] == [0, 0, 1]
    assert problems.items == []


def test_faces_marked_as_invalid_are_not_used(read, problems, picture):
    picture("a.jpg")
    (found,) = read(f"a.jpg\n2\n{FACE}\n10 20 4 4 2 0 0 1 2 0\n")
    assert len(found.boxes) == 1
    assert [(item.kind, item.object) for item in problems.repairs] == [("face marked as invalid", 4)]


def test_what_datumaro_writes_has_other_columns_and_a_label(read, problems, picture):
    picture("a.jpg")
    (found,) = read("a.jpg\n2\n10 20 40 40 - - - 1 - - with mask\n10 20 40 40 - - - True - False \n")
    assert [(box.label, dict(box.attributes)) for box in found.boxes] == [
        ("with mask", {"occluded": "1"}),
        ("face", {"occluded": "True"}),
    ]
    assert problems.items == []


def test_label_behind_the_box(read, picture):
    picture("a.jpg")
    assert read("a.jpg\n1\n10 20 40 40 with_mask\n")[0].boxes == (Box(10, 20, 50, 60, "with_mask"),)


def test_label_txt_of_retinaface_has_landmarks_and_no_counts(read, problems, picture):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(name)
    landmarks = "30.5 33 0.0 " * 5 + "0.82"
    found = read(
        f"# 0--Parade/a.jpg\n10 20 40 40 {landmarks}\n10 20 40 40 {'-1 ' * 15}0.3\n# b.jpg\n# c.jpg\n10 20 40 40\n"
    )
    assert [image.boxes for image in found] == [(Box(10, 20, 50, 60, "face"),) * 2, (), (Box(10, 20, 50, 60, "face"),)]
    assert problems.items == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (f"2\n{FACE}", "'2' faces stated, 1 line of faces"),
        (f"0\n{FACE}", "'0' faces stated, 1 line of faces"),
        (FACE, "faces stated"),
        ("", "'' faces stated, 0 lines"),
        ("1\n10 20 x 40", "'x', expected a number"),
        ("1\n10 20 40", "3 coordinates"),
        ("1\n10 20 40 40 1 2 3", "3 values behind the box"),
        ("1\n10 20 40 inf", "finite"),
    ],
)
def test_picture_with_a_wrong_entry_is_left_out(read, problems, picture, entry, message):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(name)
    found = read(f"b.jpg\n1\n{FACE}\na.jpg\n{entry}\nc.jpg\n1\n{FACE}\n")
    assert [image.path.name for image in found] == ["b.jpg", "c.jpg"]
    assert message in problems.omissions[0].value


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (f"a.jpg\n1\n{FACE}", True),
        ("a.jpg\n0\n0 0 0 0 0 0 0 0 0 0", True),
        ("a.jpg\n0\nb.jpg", True),
        ("# a.jpg\n1 2 3 4 " + "1 2 0 " * 5 + "0.8", True),
        ("# a.jpg\n# b.jpg", False),
        ("a.jpg\nb.jpg\nc.jpg", False),
        ("a.jpg\n1", False),
        ("a\n1\n" + FACE, False),
        ("a.jpg\n1\n1 2 3 4 5 6", False),
        ("", False),
    ],
)
def test_recognition(text, fits):
    assert wider_face.is_annotation(text.splitlines()) == fits
