"""Class names of sets without a data.yaml."""

from pathlib import Path

import pytest

from converters.errors import AnnotationError
from converters.formats.yolo_names import ClassNames
from support.annotated_sets import write_set


@pytest.mark.parametrize("name", ["classes.txt", "obj.names", "_darknet.labels", "mask.names"])
def test_names_lie_in_the_files_of_the_tools(tmp_path: Path, name: str) -> None:
    write_set(tmp_path, {name: "\ufeffwith_mask\r\nwithout_mask \r\n\r\n", "labels/a.txt": ""})
    assert ClassNames(tmp_path).of(tmp_path / "labels/a.txt") == ("with_mask", "without_mask")


def test_ids_are_line_numbers_also_where_a_line_is_blank(tmp_path: Path) -> None:
    write_set(tmp_path, {"classes.txt": "with_mask\n\nwithout_mask\n\n"})
    assert ClassNames(tmp_path).of(tmp_path / "a.txt") == ("with_mask", "", "without_mask")


def test_each_folder_has_its_own_names(tmp_path: Path) -> None:
    write_set(tmp_path, {"one/classes.txt": "with_mask\nwithout_mask", "two/classes.txt": "without_mask\nwith_mask"})
    names = ClassNames(tmp_path)
    assert names.of(tmp_path / "one/a.txt")[0] == "with_mask"
    assert names.of(tmp_path / "two/deeper/a.txt")[0] == "without_mask"
    with pytest.raises(AnnotationError, match=r"other class names in .*one than in .*two"):
        names.of(tmp_path / "three/a.txt")


def test_names_beside_the_label_folder_hold_for_the_whole_set_where_all_agree(tmp_path: Path) -> None:
    write_set(tmp_path, {"data/obj.names": "with_mask", "more/classes.txt": "with_mask\n"})
    assert ClassNames(tmp_path).of(tmp_path / "obj_train_data/a.txt") == ("with_mask",)


def test_names_above_the_set_are_not_read(tmp_path: Path) -> None:
    write_set(tmp_path, {"classes.txt": "with_mask", "set/a.txt": ""})
    assert ClassNames(tmp_path / "set").of(tmp_path / "set/a.txt")[:2] == ("0", "1")


def test_names_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_bytes(b"\xff\xff\x00")
    with pytest.raises(AnnotationError, match=r"classes\.txt"):
        ClassNames(tmp_path).of(tmp_path / "a.txt")
