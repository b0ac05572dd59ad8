from converters.annotation import Box
from converters.reading.box_rows import BoxRow, annotated_images, parse_size

FACE, HAT = Box(1, 2, 30, 40, "face"), Box(1, 2, 30, 40, "hat")


def test_rows_of_a_picture_need_not_be_together(tmp_path, source, problems, picture):
    paths = [picture("a.jpg"), picture("b.jpg")]
    rows = [BoxRow("a.jpg", 1, FACE), BoxRow("b.jpg", 2), BoxRow("a.jpg", 3, HAT)]
    found = list(annotated_images(source, tmp_path / "boxes.csv", rows, problems))
    assert [(image.path, image.boxes) for image in found] == [(paths[0], (FACE, HAT)), (paths[1], ())]


def test_picture_with_a_wrong_row_is_left_out(tmp_path, source, problems, picture):
    picture("a.jpg")
    rows = [BoxRow("a.jpg", 1, FACE), BoxRow("a.jpg", 2, wrong="no label"), BoxRow("", 3, FACE)]
    assert list(annotated_images(source, tmp_path / "boxes.csv", rows, problems)) == []
    assert [(item.value, item.object) for item in problems.omissions] == [
        ("a.jpg: no label", 2),
        ("(no picture): a box of no picture", 3),
    ]


def test_split_of_the_row_then_of_a_folder_then_of_the_file(tmp_path, source, problems, picture):
    for name in ("a.jpg", "val/b.jpg", "c.jpg"):
        picture(name)
    rows = [BoxRow("a.jpg", 1, split="test"), BoxRow("b.jpg", 2), BoxRow("c.jpg", 3)]
    found = annotated_images(source, tmp_path / "train_annotations.csv", rows, problems)
    assert [image.split for image in found] == ["test", "val", "train"]


def test_size_in_two_fields():
    assert parse_size("320", 240.0) == (320, 240)
    assert parse_size("320", "") is parse_size("0", "240") is parse_size("inf", "1") is None
