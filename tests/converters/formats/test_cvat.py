import pytest

from converters.annotation import Box
from converters.errors import InputError
from converters.formats import cvat
from converters.problems import Problems
from converters.reading.xml_file import load_xml

FACE = '<box label="face" occluded="0" xtl="10" ytl="20" xbr="50" ybr="60" z_order="0"/>'


def image(content, name="a.jpg", extra=""):
    return f'<image id="0" name="{name}" width="320" height="240" {extra}>{content}</image>'


def export(content, meta=""):
    return f'<?xml version="1.0"?><annotations><version>1.1</version><meta>{meta}</meta>{content}</annotations>'


def track(*boxes, label="face"):
    return f'<track id="0" label="{label}">' + "".join(boxes) + "</track>"


def at(frame, outside=0, extra="", content=""):
    corners = 'xtl="10" ytl="20" xbr="50" ybr="60"'
    return f'<box frame="{frame}" keyframe="1" outside="{outside}" {corners} {extra}>{content}</box>'


@pytest.fixture
def read(read_text):
    return lambda text: read_text("cvat", text, "annotations.xml")


def test_pictures_with_their_size_attributes_and_split(read, picture):
    path = picture("a.jpg")
    face = FACE.replace("/>", '><attribute name="mask"> incorrect </attribute></box>')
    (found,) = read(export(image(face, "images/Test/a.jpg", 'subset="Test"')))
    assert found.path == path
    assert found.boxes == (Box(10, 20, 50, 60, "face", (("mask", "incorrect"),)),)
    assert (found.size, found.split) == ((320, 240), "test")


def test_picture_without_shapes_is_background(read, problems, picture):
    picture("a.jpg")
    assert [found.boxes for found in read(export(image("")))] == [()]
    assert problems.items == []


@pytest.mark.parametrize(
    "shape",
    [
        '<polygon label="face" points="10.0,20.0;50,20;30,60"/>',
        '<ellipse label="face" cx="30" cy="40" rx="20" ry="20"/>',
        '<mask label="face" rle="1, 2" left="10" top="20" width="40" height="40"/>',
    ],
)
def test_other_shapes_become_the_boxes_around_them(read, picture, shape):
    picture("a.jpg")
    (found,) = read(export(image(shape)))
    assert found.boxes == (Box(10, 20, 50, 60, "face"),)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (FACE.replace("/>", ' rotation="30.5"/>'), "turned by 30.5 degrees"),
        (FACE.replace('xtl="10"', 'xtl="nan"'), "finite"),
        (FACE.replace('xtl="10"', ""), "no number"),
        (FACE.replace('label="face"', 'label=" "'), "no label"),
        ('<polygon label="face" points="1,2;x"/>', "points"),
        ('<points label="face" points=""/>', "no number"),
        ('<tag label="with_mask"/>', "a label of the whole picture, and no box"),
        ('<unheard label="face"/>', "<unheard>"),
    ],
)
def test_picture_with_a_face_that_cannot_be_read_is_left_out(read, problems, picture, shape, message):
    picture("a.jpg")
    picture("b.jpg")
    assert [found.path.name for found in read(export(image(shape) + image(FACE, "b.jpg")))] == ["b.jpg"]
    (omission,) = problems.omissions
    assert message in omission.value
    assert "a.jpg" in omission.value


def test_landmarks_are_points_whose_labels_can_be_ignored(read, problems, picture):
    picture("a.jpg")
    marks = (
        '<points label="nose" points="1,2;3,4"/><skeleton label="eyes"><points label="eye" points="5,6"/></skeleton>'
    )
    (found,) = read(export(image(FACE + marks + '<tag label="indoors"/>')))
    assert found.boxes == (Box(10, 20, 50, 60, "face"), Box(1, 2, 1, 2, "nose"), Box(5, 6, 5, 6, "eyes"))
    assert problems.items == []


def test_frames_of_a_video(read, problems, picture):
    for number in range(4):
        picture(f"frame_{number:06d}.PNG")
    meta = "<task><size>4</size><original_size><width>320</width><height>240</height></original_size></task>"
    incorrect = '<attribute name="mask">incorrect</attribute>'
    tracks = track(at(0), at(1, content=incorrect), at(2, outside=1)) + track(at(1), at(2), label="hat")
    found = read(export(tracks, meta))
    assert [(image.path.name, [box.label for box in image.boxes]) for image in found] == [
        ("frame_000000.PNG", ["face"]),
        ("frame_000001.PNG", ["face", "hat"]),
        ("frame_000002.PNG", ["hat"]),
        ("frame_000003.PNG", []),
    ]
    assert found[1].boxes[0].attributes == (("mask", "incorrect"),)
    assert found[0].size == (320, 240)
    assert problems.items == []


def test_frame_that_a_track_leaves_out_lacks_a_face(read, problems, picture):
    for number in range(3):
        picture(f"frame_{number:06d}.png")
    assert [image.path.stem for image in read(export(track(at(0), at(2))))] == ["frame_000000", "frame_000002"]
    assert "frame_000001: face has a box before and after" in problems.omissions[0].value


def test_frames_after_the_video_are_no_background(read, picture):
    for number in range(3):
        picture(f"frame_{number:06d}.png")
    assert len(read(export(track(at(0), at(1))))) == 2


@pytest.mark.parametrize(
    ("meta", "numbers"),
    [
        ("<task><size>4</size></task>", [0, 1, 2, 3]),
        ("<job><start_frame>2</start_frame><stop_frame>3</stop_frame></job>", [2, 3]),
        (
            "<task><start_frame>1</start_frame><stop_frame>5</stop_frame><frame_filter>step=2</frame_filter></task>",
            [1, 3, 5],
        ),
        ("<task><size>x</size><frame_filter>step=0</frame_filter></task>", [3]),
    ],
)
def test_only_frames_that_somebody_looked_at_are_background(read, picture, meta, numbers):
    for number in range(7):
        picture(f"frame_{number:06d}.png")
    assert [int(image.path.stem[-1]) for image in read(export(track(at(3)), meta))] == numbers


def test_turned_box_in_a_frame_leaves_out_that_frame(read, problems, picture):
    picture("frame_000000.png")
    picture("frame_000001.png")
    assert [image.path.stem for image in read(export(track(at(0), at(1, extra='rotation="9"'))))] == ["frame_000000"]
    assert "frame_000001: a rectangle turned by 9 degrees" in problems.omissions[0].value


def test_missing_frames_are_listed(read, problems, picture):
    picture("frame_000000.png")
    assert len(read(export(track(at(0), at(1), at(2, outside=1))))) == 1
    assert [item.value for item in problems.omissions] == ["frame_000001: no such picture"]


def test_video_without_any_frame_is_named_once(read, problems, picture):
    picture("other.png")
    assert read(export(track(at(0), at(1)))) == []
    (omission,) = problems.omissions
    assert "no frame_000000 of 2 frames: export them with the pictures" in omission.value


def test_each_video_has_the_frames_below_its_own_folder(tmp_path, source, problems, picture, annotation):
    for folder in "ab":
        picture(f"{folder}/frame_000000.png")
        (tmp_path / "images" / folder / "annotations.xml").write_text(export(track(at(0), label=folder)))
    found = list(cvat.read(source, problems))
    assert [(image.path.parent.name, image.boxes[0].label) for image in found] == [("a", "a"), ("b", "b")]


def test_frame_under_two_names_is_left_out(read, problems, picture):
    picture("a/frame_000000.png")
    picture("b/frame_000000.png")
    assert read(export(track(at(0)))) == []
    assert "2 pictures of this name" in problems.omissions[0].value


@pytest.mark.parametrize("frame", ["", "-1", "1e9", "99999999999", "\u0663"])
def test_frame_that_is_no_number_is_not_found(read, picture, frame):
    picture("frame_000000.png")
    assert [len(image.boxes) for image in read(export(track(at(0), at(frame))))] == [1]


def test_other_xml_is_passed_over(read, problems, annotation):
    annotation("other.xml", "<project/>")
    annotation("broken.xml", "<annotations><image")
    assert read(export("")) == []
    assert [item.kind for item in problems.items] == ["unreadable annotation file", "another kind of XML file"]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (export(""), True),
        ("<annotations><image name='a'/></annotations>", True),
        ("<annotations><track/></annotations>", True),
        ("<annotations><object/></annotations>", False),
        ("<annotation><image/></annotation>", False),
    ],
)
def test_recognition(annotation, text, fits):
    assert cvat.is_annotation(load_xml(annotation("a.xml", text), 10_000)) == fits


def test_strict_stops(source, picture, annotation):
    picture("a.jpg")
    annotation("annotations.xml", export(image('<points label="face"/>')))
    with pytest.raises(InputError, match="no number"):
        list(cvat.read(source, Problems(strict=True)))
