import pytest

from converters.errors import FolderError, PictureError
from converters.file_search import find_files, find_pictures
from converters.pictures import read_header


def test_files_come_in_one_order(tmp_path, picture):
    for name in ("b/1.jpg", "a/2.JPG", "a/10.jpg"):
        picture(name)
    (tmp_path / "images/a/note.txt").touch()
    found = [str(path.relative_to(tmp_path / "images")) for path in find_pictures(tmp_path / "images")]
    assert found == ["a/10.jpg", "a/2.JPG", "b/1.jpg"]
    assert len(list(find_files(tmp_path / "images"))) == 4


def test_links_to_folders_are_followed_each_folder_once(tmp_path, picture):
    picture("b/1.jpg")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/2.jpg").touch()
    for name, target in {"a": "images/b", "c": "elsewhere", "d": "elsewhere"}.items():
        (tmp_path / "images" / name).symlink_to(tmp_path / target)
    found = [str(path.relative_to(tmp_path / "images")) for path in find_pictures(tmp_path / "images")]
    assert found == ["b/1.jpg", "c/2.jpg"]


@pytest.mark.parametrize("target", [".", "..", "../.."])
def test_a_link_to_a_folder_that_holds_it_is_refused(tmp_path, picture, target):
    picture("a/1.jpg")
    (tmp_path / "images/a/loop").symlink_to(target)
    with pytest.raises(FolderError, match="which holds it: a loop"):
        list(find_files(tmp_path / "images"))


def test_folders_that_link_to_each_other_end(tmp_path, picture):
    picture("a/1.jpg")
    picture("b/2.jpg")
    (tmp_path / "images/a/x").symlink_to("../b")
    (tmp_path / "images/b/y").symlink_to("../a")
    assert [path.name for path in find_pictures(tmp_path / "images")] == ["1.jpg", "2.jpg"]


def test_links_that_lead_nowhere_are_named(tmp_path):
    (tmp_path / "gone.jpg").symlink_to("moved/gone.jpg")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    gone, itself = find_pictures(tmp_path)
    with pytest.raises(PictureError, match=r"a link to moved/gone\.jpg, which is not there"):
        read_header(gone)
    with pytest.raises(PictureError, match="symbolic links"):
        read_header(itself)
