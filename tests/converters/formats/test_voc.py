import pytest

from converters.annotation import Box
from converters.errors import InputError
from converters.formats import voc
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import PictureIndex
from support.annotated_sets import voc_xml

FACE = ("with_mask", 10, 20, 50, 60)


def read(source: AnnotationSource, problems: Problems) -> list:
    return list(voc.read(source, problems))


def test_coordinates_are_used_as_they_stand(source, problems, picture, annotation):
    path = picture("a.jpg")
    xml = annotation("a.xml", voc_xml("a.jpg", [("with_mask", 1, 2, 320, 240.5)]))
    (image,) = read(source, problems)
    assert image.boxes == (Box(1.0, 2.0, 320.0, 240.5, "with_mask"),)
    assert (image.path, image.annotation, image.size) == (path, xml, (320, 240))
    assert problems.items == []


def test_stray_text_between_elements_does_not_matter(source, problems, picture, annotation):
    picture("a.jpg")
    text = voc_xml("a.jpg", [FACE]).replace("</bndbox>", "</bndbox> stray\n text")
    annotation("a.xml", text)
    (image,) = read(source, problems)
    assert image.boxes == (Box(10, 20, 50, 60, "with_mask"),)


def test_no_objects_means_background(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("a.xml", voc_xml("a.jpg", []))
    (image,) = read(source, problems)
    assert image.boxes == ()


def test_wrong_extension_is_found_by_stem_and_recorded(source, problems, picture, annotation):
    path = picture("a.jpg")
    annotation("a.xml", voc_xml("a.png", [FACE]))
    (image,) = read(source, problems)
    assert image.path == path
    assert problems.counts("repaired") == {"picture under another name": 1}


def test_name_of_the_xml_file_serves_where_the_stated_picture_is_missing(source, problems, picture, annotation):
    path = picture("a.jpg")
    annotation("a.xml", voc_xml("something else.jpg", [FACE]))
    (image,) = read(source, problems)
    assert image.path == path


@pytest.mark.parametrize("name", ["Schönes Bild 1.jpg", "名前 と 空白.jpg", "UPPER.JPG", "a & b.jpg"])
def test_unusual_names(source, problems, picture, annotation, name):
    path = picture(name)
    annotation(f"{path.stem}.XML", voc_xml(name.replace("&", "&amp;"), [FACE]))
    (image,) = read(source, problems)
    assert image.path == path
    assert problems.items == []


def test_accents_written_as_separate_characters_are_the_same_name(source, problems, picture, annotation):
    path = picture("Caf\u00e9.jpg")
    annotation("x.xml", voc_xml("Cafe\u0301.jpg", [FACE]))
    (image,) = read(source, problems)
    assert image.path == path


def test_missing_picture_is_left_out_and_the_others_are_read(source, problems, picture, annotation):
    picture("b.jpg")
    annotation("a.xml", voc_xml("a.jpg", [FACE]))
    annotation("b.xml", voc_xml("b.jpg", [FACE]))
    assert [image.path.name for image in read(source, problems)] == ["b.jpg"]
    (problem,) = problems.omissions
    assert problem.kind == "missing picture"
    assert problem.file.endswith("a.xml")


def test_traversal_in_the_filename_never_leaves_the_folders(tmp_path, problems, picture, annotation):
    picture("inside.jpg")
    outside = tmp_path / "secret.jpg"
    outside.write_bytes((tmp_path / "images" / "inside.jpg").read_bytes())
    annotation("a.xml", voc_xml("../secret.jpg", [FACE]))
    annotation("b.xml", voc_xml(str(outside), [FACE]))
    annotation("c.xml", voc_xml("..\\..\\secret.jpg", [FACE]))
    source = AnnotationSource(tmp_path, tmp_path / "annotations", PictureIndex([tmp_path / "images"]))
    assert read(source, problems) == []
    assert problems.counts("left out") == {"missing picture": 3}


@pytest.mark.parametrize(
    "bad", ["nan", "inf", "-inf", "abc", "", "1e999", "12,5", "0x10"], ids=lambda value: value or "empty"
)
def test_coordinate_that_is_no_finite_number(source, problems, picture, annotation, bad):
    picture("a.jpg")
    picture("b.jpg")
    annotation("a.xml", voc_xml("a.jpg", [FACE, ("with_mask", 1, bad, 3, 4)]))
    annotation("b.xml", voc_xml("b.jpg", [FACE]))
    # Kept without its second face, the picture would teach that this face is background.
    assert [image.path.name for image in read(source, problems)] == ["b.jpg"]
    (problem,) = problems.omissions
    assert "object 2" in problem.value


BOMB = """<?xml version="1.0"?><!DOCTYPE annotation [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<annotation><filename>&c;</filename></annotation>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE annotation [<!ENTITY file SYSTEM "file://{path}">]>
<annotation><filename>a.jpg</filename><object><name>&file;</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax>
<ymax>9</ymax></bndbox></object></annotation>"""


def test_entities_are_refused_not_resolved(tmp_path, source, problems, picture, annotation):
    picture("a.jpg")
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret")
    annotation("a.xml", EXTERNAL.format(path=secret))
    annotation("b.xml", BOMB)
    assert read(source, problems) == []
    assert [problem.value for problem in problems.omissions] == ["declares XML entities"] * 2
    assert "top secret" not in str(problems.items)


@pytest.mark.parametrize(
    "text",
    ["", "<annotation>", "no xml at all", "<a>" * 5000 + "</a>" * 5000, "\x00\x01"],
    ids=["empty", "unclosed", "text", "deep", "binary"],
)
def test_broken_files_are_left_out_and_the_others_are_read(source, problems, picture, annotation, text):
    picture("a.jpg")
    picture("b.jpg")
    annotation("a.xml", text)
    annotation("b.xml", voc_xml("b.jpg", [FACE]))
    assert [image.path.name for image in read(source, problems)] == ["b.jpg"]
    assert problems.counts("left out") == {"unreadable annotation file": 1}


def test_other_xml_files_are_passed_over(source, problems, picture, annotation):
    picture("b.jpg")
    annotation("pom.xml", "<project/>")
    annotation("b.xml", voc_xml("b.jpg", [FACE]))
    assert [image.path.name for image in read(source, problems)] == ["b.jpg"]
    assert problems.omissions == []
    assert problems.counts("passed over") == {"another kind of XML file": 1}


def test_200_mb_file_is_refused_without_reading_it(source, problems, annotation):
    path = annotation("a.xml", "")
    with path.open("wb") as file:
        file.truncate(200 * 2**20)
    assert read(source, problems) == []
    assert "200 MiB" in problems.omissions[0].value


def test_strict_stops_at_the_first_broken_file(source, annotation):
    annotation("a.xml", "no xml")
    with pytest.raises(InputError, match=r"a\.xml"):
        read(source, Problems(strict=True))


def test_objects_without_name_or_box_are_named(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("a.xml", "<annotation><filename>a.jpg</filename><object><name>x</name></object></annotation>")
    annotation("b.xml", "<annotation><filename>a.jpg</filename><object/></annotation>")
    assert read(source, problems) == []
    assert [problem.value for problem in problems.omissions] == [
        "object 1: no <bndbox>",
        "object 1: no <name>",
    ]


def test_pictures_of_one_name_are_told_apart_by_the_folder_of_the_annotation(tmp_path, problems, picture):
    first, second = picture("../train/images/a.jpg"), picture("../valid/images/a.jpg")
    for split in ("train", "valid"):
        folder = tmp_path / split / "annotations"
        folder.mkdir()
        (folder / "a.xml").write_text(voc_xml("a.jpg", [FACE]))
    images = read(AnnotationSource(tmp_path, tmp_path, PictureIndex([tmp_path])), problems)
    assert [(image.path.resolve(), image.split) for image in images] == [
        (first.resolve(), "train"),
        (second.resolve(), "val"),
    ]


def test_name_that_fits_several_pictures_is_left_out(source, problems, picture, annotation):
    picture("one/a.jpg")
    picture("two/a.jpg")
    annotation("x.xml", voc_xml("a.jpg", [FACE]))
    assert read(source, problems) == []
    assert "2 pictures of that name" in problems.omissions[0].value


def test_dots_in_a_name_without_extension(source, problems, picture, annotation):
    path = picture("2026.11.21.jpg")
    picture("2026.11.jpg")
    annotation("2026.11.21.xml", voc_xml("", []))
    assert [image.path for image in read(source, problems)] == [path]


def xml(objects, name="a.jpg"):
    return f"<annotation><filename>{name}</filename>{objects}</annotation>"


def test_boxes_of_polygons(source, problems, picture, annotation):
    picture("a.jpg")
    corners = ((10, 20), (50, 25), (40, 60))
    numbered = "".join(f"<x{n}>{x}</x{n}><y{n}>{y}</y{n}>" for n, (x, y) in enumerate(corners, start=1))
    points = "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in corners)
    objects = "".join(
        f"<object><name>m</name><polygon>{shape}</polygon></object>"
        for shape in (numbered, points, f"<u>b</u>{points}")
    )
    annotation("a.xml", xml(objects))
    (image,) = read(source, problems)
    assert image.boxes == (Box(10, 20, 50, 60, "m"),) * 3
    assert problems.items == []


def test_a_box_beside_a_polygon_is_the_box(source, problems, picture, annotation):
    picture("a.jpg")
    text = voc_xml("a.jpg", [("m", 10, 20, 50, 60)]).replace("</bndbox>", "</bndbox><polygon><x1>1</x1></polygon>")
    annotation("a.xml", text)
    assert read(source, problems)[0].boxes == (Box(10, 20, 50, 60, "m"),)


@pytest.mark.parametrize(
    ("angle", "expected", "said"),
    [("0.0", (40, 50, 120, 150), 0), ("1.570796", (30, 60, 130, 140), 0), ("0.5", None, 1)],
)
def test_rotated_boxes_become_the_upright_box_around_them(source, problems, picture, annotation, angle, expected, said):
    picture("a.jpg")
    box = f"<cx>80</cx><cy>100</cy><w>80</w><h>100</h><angle>{angle}</angle>"
    annotation("a.xml", xml(f"<object><name>m</name><robndbox>{box}</robndbox></object>"))
    (found,) = read(source, problems)[0].boxes
    if expected:
        assert (found.x1, found.y1, found.x2, found.y2) == pytest.approx(expected, abs=1e-3)
    else:
        assert found.width == pytest.approx(118.15, abs=0.01)
    assert problems.counts() == ({"rotated box": 1} if said else {})


@pytest.mark.parametrize(
    "text",
    [
        "<object><name>m</name><robndbox><cx>80</cx><cy>100</cy><w>80</w><h>100</h></robndbox></object>",
        "<object><name>m</name><polygon><x1>1</x1><y1>2</y1></polygon></object>",
        "<object><name>m</name><polygon/></object>",
    ],
)
def test_shapes_without_a_box_are_left_out(source, problems, picture, annotation, text):
    picture("a.jpg")
    annotation("a.xml", xml(text))
    assert read(source, problems) == []
    assert "object 1" in problems.omissions[0].value


def test_two_boxes_in_one_object_are_not_guessed_at(source, problems, picture, annotation):
    picture("a.jpg")
    picture("b.jpg")
    text = voc_xml("a.jpg", [FACE])
    start, end = text.index("<bndbox>"), text.index("</object>")
    annotation("a.xml", text.replace("</object>", text[start:end] + "</object>"))
    annotation("b.xml", voc_xml("b.jpg", [FACE]).replace("</name>", "</name><name>without_mask</name>"))
    assert read(source, problems) == []
    expected = ["object 1: 2 <bndbox>, expected one", "object 1: 2 <name>, expected one"]
    assert [problem.value for problem in problems.omissions] == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_declarations_encodings_and_namespaces(source, problems, picture, tmp_path, encoding):
    picture("ü.jpg")
    declared = "utf-16" if encoding == "utf-16" else "utf-8"
    text = voc_xml("ü.jpg", [FACE]).replace(
        "<annotation>", '<annotation xmlns="http://example.org/voc"><!-- by hand -->'
    )
    blank = "" if encoding == "utf-16" else " \n\n"
    (tmp_path / "a.xml").write_text(f'{blank}<?xml version="1.0" encoding="{declared}"?>\n{text}', encoding=encoding)
    (image,) = read(source, problems)
    assert (image.path.name, image.boxes) == ("ü.jpg", (Box(10, 20, 50, 60, "with_mask"),))


def test_a_stated_name_that_is_old_never_puts_boxes_on_another_picture(source, problems, picture, annotation):
    for number in (1, 2, 3):
        picture(f"{number}.jpg")
        annotation(f"{number}.xml", voc_xml("1.jpg", [("with_mask", number, 20, 50, 60)]))
    images = read(source, problems)
    assert [(image.path.name, image.boxes[0].x1) for image in images] == [("1.jpg", 1), ("2.jpg", 2), ("3.jpg", 3)]
    assert problems.counts("repaired") == {"stated name is that of another picture": 2}


def test_a_stated_name_without_an_annotation_of_its_own_is_not_guessed_at(source, problems, picture, annotation):
    picture("1.jpg")
    picture("2.jpg")
    annotation("2.xml", voc_xml("1.jpg", [FACE]))
    assert read(source, problems) == []
    assert problems.counts("left out") == {"two pictures fit": 1}


def write_lists(folder, **lists):
    for name, stems in lists.items():
        path = folder / "ImageSets/Main" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{stem}\n" for stem in stems))


def voc_devkit(tmp_path, year="VOC2007"):
    (tmp_path / year / "Annotations").mkdir(parents=True)
    for number in range(4):
        (tmp_path / year / "Annotations" / f"{number}.xml").write_text(voc_xml(f"{year}_{number}.jpg", [FACE]))
    return tmp_path / year


def splits(source, problems):
    return {(image.annotation.stem, image.split) for image in read(source, problems)}


def test_lists_in_image_sets_are_the_splits(tmp_path, source, problems, picture):
    for number in range(4):
        picture(f"VOC2007_{number}.jpg")
    folder = voc_devkit(tmp_path)
    write_lists(folder, train=["0", "1.jpg"], val=["2  1"], with_mask_test=["3 -1"])
    assert splits(source, problems) == {("0", "train"), ("1", "train"), ("2", "val"), ("3", None)}


def test_a_list_of_train_and_val_together_is_train_where_there_is_no_other(tmp_path, source, problems, picture):
    for number in range(4):
        picture(f"VOC2007_{number}.jpg")
    folder = voc_devkit(tmp_path)
    write_lists(folder, trainval=["0", "1", "2"], test=["3", "0"])
    assert splits(source, problems) == {("0", "train"), ("1", "train"), ("2", "train"), ("3", "test"), ("0", "test")}


def test_two_sets_have_their_own_lists(tmp_path, source, problems, picture):
    for year, split in (("VOC2007", "train"), ("VOC2012", "test")):
        for number in range(4):
            picture(f"{year}_{number}.jpg")
        write_lists(voc_devkit(tmp_path, year), **{split: "0123"})
    found = {(image.path.name[:7], image.split) for image in read(source, problems)}
    assert found == {("VOC2007", "train"), ("VOC2012", "test")}


@pytest.mark.parametrize(("name", "value", "kept"), [("mask", "chin", True), ("rotation", "30.0", False)])
def test_attributes_stay_beside_the_label_and_a_turned_box_is_left_out(
    source, problems, picture, annotation, name, value, kept
):
    picture("a.jpg")
    part = f"<attributes><attribute><name>{name}</name><value>{value}</value></attribute></attributes></object>"
    annotation("a.xml", voc_xml("a.jpg", [FACE]).replace("</object>", part))
    assert [image.boxes[0].attributes for image in read(source, problems)] == ([((name, value),)] if kept else [])
    assert len(problems.omissions) == (0 if kept else 1)
