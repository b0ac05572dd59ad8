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
