"""What the inputs of a run on a cluster stand for."""

from collections import Counter
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detector.cluster.inputs import PlannedInput, find_inputs
from detector.errors import UsageError


def found(*given: object, out: str = "results", left_out: Counter[str] | None = None) -> list[PlannedInput]:
    return list(find_inputs([str(each) for each in given], out, Counter() if left_out is None else left_out))


def put(*addresses: str) -> None:
    for address in addresses:
        with fsspec.open(address, "wb") as file:
            file.write(b"x")


def test_a_folder_has_its_pictures_under_absolute_paths(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos.parent)
    left_out: Counter[str] = Counter()
    first = found("photos", left_out=left_out)[0]
    assert (first.source, first.path, first.kind) == ("photos/bus-160.png", str(photos / "bus-160.png"), "image")
    assert left_out == {".txt": 1}


def test_what_is_not_there_is_an_input_with_a_reason(tmp_path: Path) -> None:
    (only,) = found(tmp_path / "gone")
    assert only.kind is None
    assert only.reason == "no such file or folder"


def test_a_prefix_has_all_pictures_and_videos_below_it(store: str) -> None:
    put(f"{store}/b/2.jpg", f"{store}/a/1.PNG", f"{store}/clip.mp4", f"{store}/notes.txt", f"{store}/.hidden.jpg")
    left_out: Counter[str] = Counter()
    inputs = found(store, left_out=left_out)
    names = [(each.source.rpartition("/")[2], each.kind) for each in inputs]
    assert names == [("1.PNG", "image"), ("2.jpg", "image"), ("clip.mp4", "video")]
    assert left_out == {".txt": 1}


def test_results_below_a_prefix_are_no_input(store: str) -> None:
    put(f"{store}/1.jpg", f"{store}/results/old.jpg")
    normal = found(store)[0].path.rpartition("/")[0]
    assert [each.path for each in found(store, out=f"{normal}/results")] == [f"{normal}/1.jpg"]


def test_a_glob_in_a_store_chooses_keys(store: str) -> None:
    put(f"{store}/a/1.jpg", f"{store}/b/2.jpg", f"{store}/a/3.png")
    assert [each.path.rpartition("/")[2] for each in found(f"{store}/*/*.jpg")] == ["1.jpg", "2.jpg"]


def test_an_empty_prefix_is_an_input_with_a_reason(store: str) -> None:
    (only,) = found(store)
    assert only.reason == "no pictures or videos in it"


@pytest.mark.parametrize("column", ["path", "file_name", "anything"])
def test_a_parquet_file_lists_paths(tmp_path: Path, column: str) -> None:
    pq.write_table(pa.table({column: ["a.jpg", "s3://bucket/b.jpg", "/c/d.mp4", None]}), tmp_path / "list.parquet")
    inputs = found(tmp_path / "list.parquet")
    assert [each.path for each in inputs] == [str(tmp_path / "a.jpg"), "s3://bucket/b.jpg", "/c/d.mp4", ""]
    assert [each.kind for each in inputs] == ["image", "image", "video", None]
    assert inputs[3].reason == "no path"


def test_a_csv_file_lists_paths(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,path\n1,a.jpg\n2,b.jpg\n", encoding="utf-8-sig")
    assert [each.source for each in found(tmp_path / "list.csv")] == ["a.jpg", "b.jpg"]


def test_a_list_without_paths_is_refused_with_its_columns(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,label\n1,x\n")
    with pytest.raises(UsageError, match="the columns id, label; expected a column `path`"):
        found(tmp_path / "list.csv")


def test_a_list_that_is_no_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.parquet").write_bytes(b"no parquet")
    with pytest.raises(UsageError, match="cannot be read"):
        found(tmp_path / "list.parquet")


def test_a_camera_is_refused() -> None:
    with pytest.raises(UsageError, match="a camera, which other machines"):
        found("0")


def test_what_comes_up_twice_is_one_input(photos: Path) -> None:
    assert len(found(photos, photos / "bus-160.png")) == len(found(photos))
