import pytest

from converters.annotation import Box

RECT = {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 40}


def region(shape=RECT, **attributes):
    return {"shape_attributes": shape, "region_attributes": attributes}


def entry(regions, name="1.jpg"):
    return {"filename": name, "size": 123, "regions": regions, "file_attributes": {}}


@pytest.mark.parametrize("regions", [[region(mask="yes")], {"0": region(mask="yes")}])
@pytest.mark.parametrize("project", [True, False])
def test_regions_are_a_list_or_an_object_in_an_export_or_a_project(read_json, regions, project):
    entries = {"1.jpg123": entry(regions)}
    document = {"_via_settings": {"ui": {}}, "_via_img_metadata": entries, "_via_attributes": {}}
    (image,) = read_json("via", document if project else entries)
    assert image.boxes == (Box(10, 20, 40, 60, "yes"),)


def test_the_attribute_with_the_label_is_that_of_the_whole_file(read_json):
    document = {"a": entry([region(kind="face", mask="incorrect"), region(mask="yes")])}
    (image,) = read_json("via", document)
    assert [box.label for box in image.boxes] == ["region", "region"]
    assert image.boxes[0].attributes == (("kind", "face"), ("mask", "incorrect"))


def test_project_without_pictures_is_via_and_gives_none(read_json, problems):
    assert read_json("via", {"_via_settings": {}, "_via_img_metadata": {}}) == []
    assert problems.items == []


@pytest.mark.parametrize("broken", [entry(None), entry("x"), {"filename": None, "regions": []}, None, 5, []])
def test_broken_entry_is_left_out_and_the_others_are_read(read_json, problems, broken):
    (image,) = read_json("via", {"b": broken, "a": entry([region(mask="yes")])})
    assert len(image.boxes) == 1
    assert len(problems.omissions) == 1


def test_region_without_a_shape_leaves_its_picture_out(read_json, problems):
    assert read_json("via", {"a": entry([region(mask="yes"), region(None, mask="yes")])}) == []
    assert "no shape" in problems.omissions[0].value
