import pytest

from converters.annotation import Box
from converters.formats import yolo_keras_txt

CLASSES = "with_mask\n\nwithout_mask\n"


@pytest.fixture
def read(source, problems, annotation):
    def read_text(text, classes=CLASSES):
        annotation("_annotations.txt", text)
        if classes:
            annotation("_classes.txt", classes)
        return list(yolo_keras_txt.read(source, problems))

    return read_text


def test_boxes_and_background(read, picture):
    for name in ("a b.jpg", "c.jpg", "d.jpg"):
        picture(name)
    found = read("data/a b.jpg 10,20,50,60,0 1,2.5,30,40,2\nc.jpg\n\nd.jpg  10,20,50,60,0\n")
    assert [image.path.name for image in found] == ["a b.jpg", "c.jpg", "d.jpg"]
    assert found[0].boxes == (Box(10, 20, 50, 60, "with_mask"), Box(1, 2.5, 30, 40, "without_mask"))
    assert found[1].boxes == ()


def test_without_a_file_of_class_names_the_numbers_are_the_labels(read, picture):
    picture("a.jpg")
    assert [box.label for box in read("a.jpg 10,20,50,60,0 10,20,50,60,mask\n", "")[0].boxes] == ["0", "mask"]


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ("10,20,50,60,3", "class 3, and the file of class names has 3 lines"),
        ("10,20,50,60,1", "class 1"),  # the empty line
        ("10,20,50,60,99999999999999999999", "class 99999"),
        ("10,20,nan,60,0", "finite"),
        ("10,20,50,60,", "no class"),
        ("10,20,50,60", "expected boxes"),
        ("10,20,50,60,0 10,20", "expected boxes"),
    ],
)
def test_picture_with_a_wrong_box_is_left_out(read, problems, picture, boxes, message):
    picture("a.jpg")
    picture("b.jpg")
    rows = "b.jpg 10,20,50,60,0\n" * 25
    assert [image.path.name for image in read(f"{rows}a.jpg {boxes}\n")] == ["b.jpg"]
    assert message in problems.omissions[0].value
    assert "a.jpg" in problems.omissions[0].value


@pytest.mark.parametrize("name", ["voc_classes.txt", "Class names.txt", "obj.names"])
def test_names_of_the_file_of_class_names(read, picture, annotation, name):
    picture("a.jpg")
    annotation(name, CLASSES)
    assert read("a.jpg 10,20,50,60,2\n", "")[0].boxes[0].label == "without_mask"


def test_two_files_of_class_names_are_refused(read, problems, picture, annotation):
    picture("a.jpg")
    annotation("classes.txt", CLASSES)
    assert read("a.jpg 10,20,50,60,0\n") == []
    assert "_classes.txt and classes.txt" in problems.omissions[0].value


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a.jpg 1,2,3,4,0\nb.jpg", True),
        ("a.jpg\nb.jpg", False),
        ("a.jpg 1,2,3,4", False),
        ("0 0.5 0.5 0.1 0.1", False),
        ("a.jpg,1,2,3,4,mask", False),
        ("1,2,3,4,0", False),
        ("", False),
    ],
)
def test_recognition(text, fits):
    assert yolo_keras_txt.is_annotation(text.splitlines()) == fits
