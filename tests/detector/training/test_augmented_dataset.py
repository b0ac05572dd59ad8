import random
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from detector.augmentation.settings import Augmentation
from detector.errors import UsageError
from detector.training.augmented import AugmentedDataset, _ImageCache
from detector.training.data import load_datasets, load_thumbnails, usable_pictures, write_dataset
from detector.training.run import train

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")
PLAIN, THUMBNAIL = (255, 255, 255), (0, 0, 255)  # colours of faces


def make_split(folder: Path, split: str, size: tuple[int, int], colour: tuple[int, int, int]) -> None:
    for kind in ("images", "labels"):
        (folder / kind / split).mkdir(parents=True)
    for number in range(4):
        image = np.full((size[1], size[0], 3), 60, np.uint8)
        x, y, side = size[0] // 4, size[1] // 4, min(size) // 2
        image[y : y + side, x : x + side] = colour
        cv2.imwrite(str(folder / "images" / split / f"{number}.png"), image)
        box = (x + side / 2) / size[0], (y + side / 2) / size[1], side / size[0], side / size[1]
        (folder / "labels" / split / f"{number}.txt").write_text(f"{number % 3} " + " ".join(map(str, box)))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("data")
    for split in ("train", "val"):
        make_split(root / "pictures", split, (120, 90), PLAIN)
    make_split(root / "small", "train", (64, 64), THUMBNAIL)
    for name, splits in (("pictures", ("train", "val")), ("small", ("train",))):
        text = "".join(f"{split}: images/{split}\n" for split in splits) + f"names: {list(NAMES)}\n"
        (root / name / "data.yaml").write_text(text)
    return {name: root / name / "data.yaml" for name in ("pictures", "small")}


def dataset(data: dict[str, Path], out: Path, augmentation: Augmentation) -> AugmentedDataset:
    from ultralytics.cfg import get_cfg

    images = usable_pictures(load_datasets([data["pictures"]]), "train").images
    small = (
        usable_pictures(load_thumbnails([data["small"]], NAMES, augmentation.collages), "train").images
        if augmentation.collages
        else []
    )
    path = write_dataset(out / "data.yaml", NAMES, {"train": images, "val": images}, augmentation, small)
    description: dict[str, Any] = {**yaml.safe_load(path.read_text()), "yaml_file": str(path), "nc": 3, "channels": 3}
    settings = get_cfg(overrides={"mosaic": 0.5})
    return AugmentedDataset(
        split="train", img_path=str(out / "train.txt"), imgsz=96, batch_size=2, hyp=settings, data=description
    )


@pytest.mark.parametrize("mosaic", [False, True])
def test_every_kind_of_image_comes_with_its_boxes(data: dict[str, Path], tmp_path: Path, mosaic: bool) -> None:
    images = dataset(data, tmp_path, Augmentation(close_ups=0.3, collages=0.3, degrade=0.7, roll=0.3))
    random.seed(0)
    for _ in range(30):
        item = images[0] if mosaic else images.get_image_and_label(0)
        if mosaic:
            assert item["img"].shape == (3, 96, 96)
            assert ((item["bboxes"] >= 0) & (item["bboxes"] <= 1)).all()
        else:
            assert max(item["img"].shape) == 96
            assert len(item["cls"]) == len(item["instances"]) > 0


def test_each_use_of_an_image_is_another_draw_and_the_seed_decides(data: dict[str, Path], tmp_path: Path) -> None:
    images = dataset(data, tmp_path, Augmentation(close_ups=0.5, degrade=0.5))
    drawn = []
    for _ in range(2):
        random.seed(1)
        drawn.append([images.get_image_and_label(0)["img"] for _ in range(5)])
    assert all(np.array_equal(a, b) for a, b in zip(*drawn, strict=True))
    assert len({image.tobytes() for image in drawn[0]}) > 1


def test_collages_hold_thumbnails_and_nothing_else(data: dict[str, Path], tmp_path: Path) -> None:
    images = dataset(data, tmp_path, Augmentation(collages=0.9))
    random.seed(0)
    items = [images.get_image_and_label(0)["img"] for _ in range(40)]
    red = np.mean([bool(((image[..., 2] > 200) & (image[..., 1] < 80)).any()) for image in items])
    assert 0.7 < red < 1


@pytest.mark.slow
def test_a_training_with_all_of_it_runs_and_resumes_with_it(data: dict[str, Path], tmp_path: Path) -> None:
    augmentation = Augmentation(close_ups=0.3, collages=0.3, degrade=0.5, roll=0.5)
    out = tmp_path / "run"
    train(
        [data["pictures"]],
        out=out,
        epochs=1,
        imgsz=64,
        batch=2,
        device="cpu",
        augmentation=augmentation,
        thumbnails=[data["small"]],
    )
    written = yaml.safe_load((out / "data.yaml").read_text())
    assert Augmentation.from_dict(written["augmentation"]) == augmentation
    assert len((out / written["thumbnails"]).read_text().splitlines()) == 4
    assert (out / "best.pt").is_file()


def test_collages_and_thumbnails_belong_together(data: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="collages: given without `thumbnails`"):
        train([data["pictures"]], out=tmp_path / "a", augmentation=Augmentation(collages=0.2))
    with pytest.raises(UsageError, match="thumbnails: given without `collages`"):
        train([data["pictures"]], out=tmp_path / "b", thumbnails=[data["small"]])
    with pytest.raises(UsageError, match="together"):
        train([data["pictures"]], out=tmp_path / "c", augmentation=Augmentation(collages=0.5, close_ups=0.5))


def test_the_cache_drops_what_was_not_used_for_longest(data: dict[str, Path]) -> None:
    files = sorted(str(path) for path in (data["pictures"].parent / "images" / "train").iterdir())
    cache = _ImageCache(2 * 120 * 90 * 3)
    first = cache.read(files[0])
    cache.read(files[1])
    assert cache.read(files[0]) is first
    cache.read(files[2])
    assert cache.read(files[0]) is first
    assert list(cache._images) == [files[2], files[0]]
    with pytest.raises(FileNotFoundError):
        cache.read(files[0] + ".missing")
