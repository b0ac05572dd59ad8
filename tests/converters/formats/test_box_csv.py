from collections import Counter

import pytest

from converters.annotation import Box
from converters.annotation_source import AnnotationSource
from converters.formats import box_csv
from converters.picture_index import PictureIndex
from converters.problems import Problems

FACE = Box(10, 20, 50, 60, "mask")


def read(source: AnnotationSource, problems: Problems) -> list:
    return list(box_csv.read(source, problems))


@pytest.mark.parametrize(
    "text",
    [
        "name,x1,x2,y1,y2,classname\na.jpg,10,20,50,60,mask\nb.jpg,50,20,90,60,mask\n",  # a wrong header
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
    annotation("boxes.csv", "name,x1,x2,y1,y2,classname\na.jpg,50,20,90,60,mask\n")
    assert read(source, problems)[0].boxes == (Box(50, 20, 90, 60, "mask"),)
    assert "x1, x2, y1, y2 were read as x1, y1, x2, y2" in problems.notes[0]


def test_right_header_is_not_remarked_on(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("boxes.csv", "name,x1,y1,x2,y2,classname\na.jpg,10,20,50,60,mask\n")
    read(source, problems)
    assert problems.notes == []


def test_refused_where_no_order_makes_boxes(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("boxes.csv", "name,x1,y1,x2,y2,classname\n" + "a.jpg,50,60,10,20,mask\n" * 3)
    assert read(source, problems) == []
    assert "no column order" in problems.omissions[0].value


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
    assert problems.counts("left out") == {"unreadable annotation file": 1}


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
