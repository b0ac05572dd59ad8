"""Reading and decoding in tasks: what the columns between reading and the network hold."""

from pathlib import Path

import cv2
import fsspec
import numpy as np
import pyarrow as pa
import pytest

from detector.cluster import loading
from detector.cluster.loading import PIXELS, load_pictures, pixels_of
from detector.errors import SourceError
from detector.media.images import read_image


def loaded(**columns: object) -> pa.Table:
    return pa.concat_tables(load_pictures(pa.table(columns)))


def test_a_path_becomes_the_pixels_that_one_machine_reads(photos: Path) -> None:
    path = photos / "bus-160.png"
    table = loaded(path=[str(path)], other=["kept"])
    assert np.array_equal(pixels_of([table.column(name)[0] for name in PIXELS[:3]]), read_image(path))
    assert table.column("other").to_pylist() == ["kept"]
    assert table.column("_reason").to_pylist() == [None]


def test_contents_of_files_are_decoded(photos: Path) -> None:
    path = photos / "bus-160.png"
    table = loaded(bytes=[path.read_bytes()])
    assert np.array_equal(pixels_of([table.column(name)[0] for name in PIXELS[:3]]), read_image(path))
    assert "bytes" not in table.column_names


def test_an_address_is_read_from_its_store(photos: Path, store: str) -> None:
    content = (photos / "bus-160.png").read_bytes()
    with fsspec.open(f"{store}/bus.png", "wb") as file:
        file.write(content)
    table = loaded(path=[f"{store}/bus.png"])
    assert table.column("_height").to_pylist() == [213]


def test_what_cannot_be_read_has_a_reason_and_no_pixels(
    photos: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    paths = [str(photos / "damaged.jpg"), str(photos / "gone.jpg"), f"{store}/gone.jpg", None]
    table = loaded(path=paths)
    assert table.column("_height").to_pylist() == [None] * 4
    damaged, gone, vanished, nothing = table.column("_reason").to_pylist()
    assert "readable" in damaged or "picture" in damaged
    assert "no such file" in gone.lower()
    assert vanished == "no such file"
    assert nothing == "no path"


def test_a_row_with_a_reason_is_not_read(photos: Path) -> None:
    table = loaded(path=[str(photos / "bus-160.png")], reason=["no pictures or videos in it"])
    assert table.column("_reason").to_pylist() == ["no pictures or videos in it"]
    assert table.column("_height").to_pylist() == [None]


def test_videos_pass_without_pixels() -> None:
    table = loaded(path=["s3://bucket/clip.MP4", "clip"], kind=[None, "video"])
    assert table.column("_height").to_pylist() == [None, None]
    assert table.column("_reason").to_pylist() == [None, None]


def test_a_block_is_divided_where_its_pictures_are_large(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_BLOCK_BYTES", 2 * 160 * 213 * 3)
    names = ["bus-160.png"] * 5
    tables = list(load_pictures(pa.table({"path": [str(photos / name) for name in names], "number": range(5)})))
    assert [table.column("number").to_pylist() for table in tables] == [[0, 1], [2, 3], [4]]


def test_a_dataset_without_pictures_is_refused() -> None:
    with pytest.raises(SourceError, match=r"the columns label; expected a column `path`"):
        list(load_pictures(pa.table({"label": ["x"]})))


def test_images_of_ray_are_rgb(photos: Path) -> None:
    from ray.data.extensions import ArrowTensorArray

    bgr = read_image(photos / "bus-160.png")
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    table = pa.concat_tables(load_pictures(pa.table({"image": ArrowTensorArray.from_numpy(rgb[None])})))
    assert np.array_equal(pixels_of([table.column(name)[0] for name in PIXELS[:3]]), bgr)
