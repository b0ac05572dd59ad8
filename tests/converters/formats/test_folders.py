import pytest

from converters.annotation import Box
from converters.formats import folders


def test_one_box_over_the_whole_picture_labelled_by_its_folder(source, problems, picture):
    picture("with_mask/a.png", 40, 30)
    picture("Train/WithMask/b.JPG", 50, 60)
    picture("Validation/WithoutMask/c.png")
    found = {image.path.name: image for image in folders.read(source, problems)}
    assert found["a.png"].boxes == (Box(0, 0, 40, 30, "with_mask"),)
    assert found["b.JPG"].boxes == (Box(0, 0, 50, 60, "WithMask"),)
    assert [found[name].split for name in ("a.png", "b.JPG", "c.png")] == [None, "train", "val"]
    assert problems.items == []


def test_unreadable_pictures_are_left_out_and_the_others_are_read(source, problems, picture):
    picture("with_mask/a.png")
    picture("with_mask/b.png").write_bytes(b"no picture")
    picture("with_mask/c.png").write_bytes(b"")
    assert [image.path.name for image in folders.read(source, problems)] == ["a.png"]
    assert problems.counts("left out") == {"unreadable picture": 2}


def test_hidden_files_and_what_macos_leaves_behind_are_passed_over(source, problems, picture):
    picture("with_mask/a.png")
    picture("with_mask/._a.png")
    picture("__MACOSX/with_mask/a.png")
    assert len(list(folders.read(source, problems))) == 1


@pytest.mark.parametrize("name", ["images", "Train", "valid", "JPEGImages"])
def test_folder_that_is_no_class_gets_no_advice_to_map_it(name):
    error = folders.unlisted_error({name: 12, "other": 1})
    assert f"{name!r} (12 pictures)" in str(error)
    assert "'other' (1 picture)" in str(error)
    assert "SOURCE with annotation files" in str(error)
    assert "--map" not in str(error)


def test_folders_that_may_be_classes_are_told_what_mapping_them_means():
    text = str(folders.unlisted_error({"WithMask": 2}))
    assert "each picture would become one face that fills it" in text
    assert "if every picture is one face that fills it, --map 'FOLDER=CLASS'" in text
