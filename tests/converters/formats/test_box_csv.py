from collections import Counter

import pytest

from converters.annotation import Box
from converters.formats import box_csv
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import PictureIndex

WRONG_HEADER = "name,x1,x2,y1,y2,classname\na.jpg,10,20,50,60,mask\nb.jpg,50,20,90,60,mask\nb.jpg,70,9,99,60,mask\n"
FACE = Box(10, 20, 50, 60, "mask")


def read(source: AnnotationSource, problems: Problems) -> list:
    return list(box_csv.read(source, problems))


@pytest.mark.parametrize(
    "text",
    [
        WRONG_HEADER,
        "name,x1,y1,x2,y2,classname\na.jpg,10,20,50,60,mask\n",
        "name,x1,x2,y1,y2,classname\na.jpg,10,50,20,60,mask\nb.jpg,10,50,2,60,mask\n",  # the same header, right
        "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,320,240,mask,10,20,50,60\n",
        "ymax,class,xmin,filename,xmax,ymin\n60,mask,10,a.jpg,50,20\n",
        "filename;xmin;ymin;xmax;ymax;class\na.jpg;10,0;20,0;50,0;60,0;mask\n",
        "\ufefffilename,xmin,ymin,xmax,ymax,class\na.jpg,10,20,50,60,mask\n",
        "filename\txmin\tymin\txmax\tymax\tclass\na.jpg\t10\t20\t50\t60\tmask\n",
        ' Filename , X_Min ,ymin,xmax,ymax,"Class"\n"a.jpg", 10 ,20,50,60, mask \n',
        "filename,xmin,ymin,xmax,ymax,class\r\na.jpg,10.0,2e1,50,60,mask\r\n",
        "filename,xmin,ymin,xmax,ymax,class\ra.jpg,10,20,50,60,mask\r",
    ],
)
def test_column_orders_and_separators(source, problems, picture, annotation, text):
    picture("a.jpg")
    picture("b.jpg")
    annotation("boxes.csv", text)
    assert read(source, problems)[0].boxes == (FACE,)
    assert problems.omissions == []


def test_order_that_differs_from_the_header_is_said(source, problems, picture, annotation):
    picture("a.jpg")
    picture("b.jpg")
    annotation("boxes.csv", WRONG_HEADER)
    assert read(source, problems)[1].boxes == (Box(50, 20, 90, 60, "mask"), Box(70, 9, 99, 60, "mask"))
    assert "x1, x2, y1, y2 were read as x1, y1, x2, y2" in problems.notes[0]


def test_one_bad_row_does_not_speak_against_a_right_header(source, problems, picture, annotation):
    for name in "abcd":
        picture(f"{name}.jpg")
    rows = "a.jpg,10,50,20,60,mask\nb.jpg,10,50,20,60,mask\nc.jpg,50,20,90,60,mask\nd.jpg,10,50,20,60,mask\n"
    annotation("boxes.csv", "name,xmin,xmax,ymin,ymax,class\n" + rows)
    assert [image.boxes for image in read(source, problems)] == [(Box(10, 20, 50, 60, "mask"),)] * 3
    (problem,) = problems.omissions
    assert (problem.kind, problem.object) == ("malformed row", 3)


def test_the_order_is_decided_over_all_files_with_one_header(source, problems, picture, annotation):
    for name in "abc":
        picture(f"{name}.jpg")
    header = "name,x1,x2,y1,y2,classname\n"
    annotation("one.csv", header + "a.jpg,10,20,50,60,mask\n")  # a box in both orders
    annotation("two.csv", header + "b.jpg,50,20,90,60,mask\nc.jpg,70,9,99,60,mask\n")
    assert read(source, problems)[0].boxes == (FACE,)


@pytest.mark.parametrize("count", [1, 2])
def test_refused_where_the_rows_are_too_few_to_tell_the_order(source, problems, picture, annotation, count):
    for name in "ab":
        picture(f"{name}.jpg")
    rows = ["a.jpg,50,20,90,60,mask\n", "b.jpg,10,20,50,60,mask\n"]
    annotation("boxes.csv", "name,x1,x2,y1,y2,classname\n" + "".join(rows[:count]))
    assert read(source, problems) == []
    assert "no order of columns is certain" in problems.omissions[0].value


@pytest.mark.parametrize(
    "text",
    [
        "filename,class,x,y,width,height\na.jpg,mask,10,20,40,40\n",
        "filename,class,x,y,w,h,width,height\na.jpg,mask,10,20,40,40,320,240\n",
        "image,label,bbox_x,bbox_y,bbox_width,bbox_height,image_width,image_height\na.jpg,mask,10,20,40,40,320,240\n",
        "img_name,label,left,top,width,height\na.jpg,mask,10,20,40,40\n",
        "img_name,label,x_center,y_center,width,height\na.jpg,mask,30,40,40,40\n",
        "file,class,x0,y0,x1,y1\na.jpg,mask,10,20,50,60\n",
        "file,class,xtl,ytl,xbr,ybr\na.jpg,mask,10,20,50,60\n",
        "file,class,startX,startY,endX,endY\na.jpg,mask,10,20,50,60\n",
        "Image Name,Class Name,Box X-min,Box Y-min,Box X-max,Box Y-max\na.jpg,mask,10,20,50,60\n",
        ",filename,xmin,ymin,xmax,ymax,class,,\n0,a.jpg,10,20,50,60,mask,,\n",
    ],
)
def test_other_names_and_kinds_of_columns(source, problems, picture, annotation, text):
    picture("a.jpg")
    annotation("boxes.csv", text)
    (image,) = read(source, problems)
    assert (image.boxes, image.size) == ((FACE,), (320, 240) if "320" in text else None)
    assert (problems.items, box_csv.is_annotation(text.splitlines())) == ([], True)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt"])
def test_encodings_separators_and_suffixes(source, problems, picture, tmp_path, encoding, separator, suffix):
    picture("a.jpg")
    text = "filename,xmin,ymin,xmax,ymax,class\na.jpg,10,20,50,60,mask\n".replace(",", separator)
    (tmp_path / f"boxes.{suffix}").write_text(text, encoding=encoding)
    assert [image.boxes for image in read(source, problems)] == [(FACE,)]


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("image_id,width,height,bbox,source", "a label and the numbers of a box"),
        ("filename,xmin,ymin,xmax,ymax", "a label"),
        ("xmin,ymin,xmax,ymax,class", "a picture"),
    ],
)
def test_a_table_without_its_columns_names_what_was_found_and_what_is_missing(tmp_path, problems, header, missing):
    path = tmp_path / "train.csv"
    path.write_text(f"{header}\na,320,240,1,x\n")
    assert read(AnnotationSource(tmp_path, path, PictureIndex([tmp_path])), problems) == []
    (problem,) = problems.omissions
    assert f"columns {', '.join(header.split(','))}: none with {missing}; expected columns such as" in problem.value


@pytest.mark.parametrize("row", ["a.jpg,mask,10,20,-4,40", "a.jpg,mask,10,20,40,", "a.jpg,mask,x,20,40,40"])
def test_width_or_height_that_is_none(source, problems, picture, annotation, row):
    picture("a.jpg")
    annotation("boxes.csv", f"filename,class,x,y,width,height\n{row}\n")
    assert read(source, problems) == []
    assert problems.counts() == {"malformed row": 1}


def test_files_named_after_splits(source, problems, picture, annotation):
    for name in "ab":
        picture(f"{name}.jpg")
    header = "filename,xmin,ymin,xmax,ymax,class\n"
    annotation("train_labels.csv", header + "a.jpg,10,20,50,60,mask\n")
    assert [image.split for image in read(source, problems)] == [None]  # one file is no division
    annotation("test_labels.csv", header + "b.jpg,10,20,50,60,mask\n")
    assert {image.path.name: image.split for image in read(source, problems)} == {"a.jpg": "train", "b.jpg": "test"}


def test_right_header_is_not_remarked_on(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("boxes.csv", "name,x1,y1,x2,y2,classname\na.jpg,10,20,50,60,mask\n")
    read(source, problems)
    assert problems.notes == []


def test_refused_where_no_order_makes_boxes(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("boxes.csv", "name,x1,y1,x2,y2,classname\n" + "a.jpg,50,60,10,20,mask\n" * 3)
    assert read(source, problems) == []
    assert "no order of columns is certain" in problems.omissions[0].value


def test_stated_size_and_split_are_read(source, problems, picture, annotation):
    picture("a.jpg")
    annotation(
        "boxes.csv", "filename,width,height,class,xmin,ymin,xmax,ymax,split\na.jpg,640,480,mask,1,2,30,40,valid\n"
    )
    (image,) = read(source, problems)
    assert (image.size, image.split) == ((640, 480), "val")


def test_rows_of_a_picture_need_not_be_together(source, problems, picture, annotation):
    picture("a.jpg")
    picture("b.jpg")
    annotation("boxes.csv", "filename,xmin,ymin,xmax,ymax,class\nb.jpg,1,1,9,9,x\na.jpg,1,1,9,9,x\nb.jpg,2,2,9,9,x\n")
    assert [(image.path.name, len(image.boxes)) for image in read(source, problems)] == [("b.jpg", 2), ("a.jpg", 1)]


def test_rows_without_a_box_mean_unlabelled_not_background(source, problems, picture, annotation):
    picture("a.jpg")
    picture("b.jpg")
    annotation("submission.csv", "name,x1,x2,y1,y2,classname\na.jpg,,,,,\na.jpg,,,,,\nb.jpg,1,2,30,40,mask\n")
    assert [image.path.name for image in read(source, problems)] == ["b.jpg"]
    assert problems.counts("passed over") == {"unlabelled picture": 1}
    assert problems.omissions == []


@pytest.mark.parametrize("row", ["a.jpg,1,2,nan,4,x", "a.jpg,1,2,wide,4,x", "a.jpg,1,2,,4,x", "a.jpg,1,2,3,4,"])
def test_row_that_cannot_be_read_leaves_its_picture_out(source, problems, picture, annotation, row):
    picture("a.jpg")
    picture("b.jpg")
    annotation("boxes.csv", f"filename,xmin,ymin,xmax,ymax,class\na.jpg,1,1,9,9,x\n{row}\nb.jpg,1,1,9,9,x\n")
    assert [image.path.name for image in read(source, problems)] == ["b.jpg"]
    (problem,) = problems.omissions
    assert (problem.kind, problem.object) == ("malformed row", 2)


def test_row_with_too_many_fields_is_cut_and_recorded(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("boxes.csv", "filename,xmin,ymin,xmax,ymax,class\na.jpg,1,1,9,9,x,7,8\na.jpg,2,2,9,9,x\n")
    assert [box.x1 for box in read(source, problems)[0].boxes] == [1, 2]
    assert problems.counts() == {"row with too many fields": 1}


def test_separator_at_the_end_of_every_row_does_not_matter(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("boxes.csv", "filename,xmin,ymin,xmax,ymax,class\na.jpg,1,1,9,9,x,\na.jpg,2,2,9,9,x,\n")
    assert [box.x1 for box in read(source, problems)[0].boxes] == [1, 2]
    assert problems.items == []


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00\x01", b"image,split\na.jpg,train\n"])
def test_file_that_is_no_table_of_boxes(tmp_path, problems, data):
    path = tmp_path / "boxes.csv"
    path.write_bytes(data)
    assert read(AnnotationSource(tmp_path, path, PictureIndex([tmp_path])), problems) == []
    assert len(problems.omissions) == 1


def test_other_tables_in_a_folder_are_passed_over(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("boxes.csv", "filename,xmin,ymin,xmax,ymax,class\na.jpg,1,1,9,9,x\n")
    annotation("split.csv", "image,split\na.jpg,train\n")
    assert len(read(source, problems)) == 1
    assert problems.counts("passed over") == {"another kind of CSV file": 1}


@pytest.mark.slow
def test_the_real_medical_mask_table(tmp_path, shared):
    path = shared / "data/medical-mask/train.csv"
    for name in {line.split(",")[0] for line in path.read_text().splitlines()[1:]}:
        (tmp_path / name).touch()
    problems = Problems()
    images = read(AnnotationSource(path.parent, path, PictureIndex([tmp_path])), problems)
    boxes = [box for image in images for box in image.boxes]
    labels = Counter(box.label for box in boxes)
    assert (len(images), len(boxes), len(labels)) == (4326, 15412, 20)
    assert labels["face_with_mask_incorrect"] == 150
    assert sum(box.width > 0 and box.height > 0 for box in boxes) == 15411
    assert problems.omissions == []
    assert len(problems.notes) == 1
    by_name = {image.path.name: image for image in images}
    assert any(box.width * box.height == 0 for box in by_name["1861.jpg"].boxes)
    assert len(set(by_name["1940.jpg"].boxes)) == len(by_name["1940.jpg"].boxes) - 1
    assert by_name["6100.jpg"].boxes != by_name["6100.png"].boxes


def test_the_real_submission_table_is_all_unlabelled(tmp_path, shared):
    problems = Problems()
    path = shared / "data/medical-mask/submission.csv"
    assert read(AnnotationSource(path.parent, path, PictureIndex([tmp_path])), problems) == []
    assert set(problems.counts()) == {"unlabelled picture"}


def test_stray_quote_refuses_the_file_instead_of_swallowing_rows(source, problems, picture, annotation):
    picture("a.jpg")
    rows = 'a.jpg,1,1,9,9,x\n"b.jpg,1,1,9,9,x\nc.jpg,1,1,9,9,x\n'
    annotation("boxes.csv", "filename,xmin,ymin,xmax,ymax,class\n" + rows)
    assert read(source, problems) == []
    assert problems.counts("left out") == {"unreadable annotation file": 1}


def test_row_without_a_box_beside_others_is_recorded(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("boxes.csv", "filename,xmin,ymin,xmax,ymax,class\na.jpg,1,1,9,9,x\na.jpg,,,,,x\n")
    assert len(read(source, problems)[0].boxes) == 1
    assert [problem.value for problem in problems.repairs] == ["a.jpg: rows 2"]
