from pathlib import Path

import pytest

from converters.annotation import AnnotatedImage
from converters.errors import UsageError
from converters.problems import Problems
from converters.reading.picture_index import PictureIndex
from converters.split_file import assign_from_file, read_split_file


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "split.csv"
    path.write_text(text)
    return path


def assigned(tmp_path, text, pictures, problems=None):
    for name in pictures:
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).touch()
    path = write(tmp_path, text)
    index = PictureIndex([tmp_path / "images"])
    images = [AnnotatedImage(picture, (), None, picture) for picture in index.pictures]
    found = assign_from_file(path, read_split_file(path), images, index, problems or Problems())
    return {str(one.path.relative_to(tmp_path / "images")): split for one, split in zip(images, found, strict=True)}


def test_names_and_paths(tmp_path):
    text = "image,split\na.jpg,train\nsub/b.jpg,val\nimages/c.jpg,test\nd.png,validation\n"
    assert assigned(tmp_path, text, ["a.jpg", "sub/b.jpg", "c.jpg", "d.jpg"]) == {
        "a.jpg": "train",
        "c.jpg": "test",
        "d.jpg": "val",
        "sub/b.jpg": "val",
    }


def test_picture_that_does_not_exist_is_reported(tmp_path, problems):
    assert assigned(tmp_path, "image,split\na.jpg,train\nb.jpg,val\n", ["a.jpg"], problems) == {"a.jpg": "train"}
    assert problems.counts("left out") == {"split for a missing picture": 1}


def test_picture_that_is_not_named_is_left_out_and_reported(tmp_path, problems):
    assert assigned(tmp_path, "image,split\na.jpg,train\n", ["a.jpg", "b.jpg"], problems)["b.jpg"] is None
    assert problems.counts("left out") == {"not in the split file": 1}


def test_name_of_two_pictures_is_refused(tmp_path):
    with pytest.raises(UsageError, match="2 pictures of that name"):
        assigned(tmp_path, "image,split\na.jpg,train\n", ["x/a.jpg", "y/a.jpg"])


def test_path_tells_two_pictures_of_one_name_apart(tmp_path):
    text = "image,split\nx/a.jpg,train\ny/a.jpg,val\n"
    assert assigned(tmp_path, text, ["x/a.jpg", "y/a.jpg"]) == {"x/a.jpg": "train", "y/a.jpg": "val"}


def test_two_splits_for_one_picture_are_refused(tmp_path):
    with pytest.raises(UsageError, match="is in train and in val"):
        assigned(tmp_path, "image,split\na.jpg,train\na.jpg,val\n", ["a.jpg"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,part\na,train\n", "image,split"),
        ("image,split\na.jpg,holdout\n", "row 1"),
        ("image,split\n,train\n", "row 1"),
        ("", "not a CSV file"),
    ],
)
def test_wrong_files(tmp_path, text, message):
    with pytest.raises(UsageError, match=message):
        read_split_file(write(tmp_path, text))


def test_missing_file(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_split_file(tmp_path / "none.csv")
