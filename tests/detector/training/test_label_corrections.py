from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from converters.annotation import AnnotatedImage, Box
from detector.augmentation.settings import Augmentation
from detector.errors import UsageError
from detector.evaluation.doubtful_labels import DoubtfulLabel
from detector.training.augmented import AugmentedDataset
from detector.training.data import load_datasets, usable_pictures, write_dataset
from detector.training.label_corrections import LabelCorrections, fill, read_label_corrections
from detector.training.label_drafts import write_draft
from detector.training.labelled import LabelledDataset

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")
HEADER = "image,width,height,action,label,x1,y1,x2,y2,note"
ADD = "a,200,100,add,without_mask,100,20,140,60,behind the others"
RELABEL = "a,200,100,relabel,without_mask,20,20,60,58,"
IGNORE = "a,200,100,ignore,,150,10,180,40,too small to tell"
GREY = 114


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def corrections(tmp_path: Path, *rows: str) -> LabelCorrections:
    return read_label_corrections(write(tmp_path / "corrections.csv", *rows), NAMES)


def picture(path: str = "a.png", size: tuple[int, int] = (200, 100), *boxes: Box) -> AnnotatedImage:
    return AnnotatedImage(Path(path), boxes or (Box(20, 20, 60, 60, "with_mask"),), size, Path("a.txt"))


def test_faces_are_added_and_labels_changed(tmp_path: Path) -> None:
    corrected = corrections(tmp_path, ADD, RELABEL).apply(picture())
    assert corrected.boxes == (Box(20, 20, 60, 60, "without_mask"), Box(100, 20, 140, 60, "without_mask"))


def test_corrections_that_the_label_file_has_too_change_nothing(tmp_path: Path) -> None:
    read = corrections(tmp_path, ADD, RELABEL, IGNORE)
    once = read.apply(picture())
    assert read.apply(once) is once


def test_an_ignored_face_loses_its_box(tmp_path: Path) -> None:
    image = picture("a.png", (200, 100), Box(20, 20, 60, 60, "with_mask"), Box(151, 11, 180, 41, "with_mask"))
    read = corrections(tmp_path, IGNORE)
    assert read.apply(image).boxes == image.boxes[:1]
    assert [(box.x1, box.y1, box.x2, box.y2) for box in read.ignored(image)] == [(150, 10, 180, 40)]


def test_corners_are_scaled_in_a_larger_copy_and_not_used_in_another_picture_of_that_name(tmp_path: Path) -> None:
    read = corrections(tmp_path, ADD)
    larger = read.apply(picture("large/a.jpg", (501, 250), Box(0, 0, 9, 9, "with_mask")))
    assert larger.boxes[1].x1 == pytest.approx(250.5) and larger.boxes[1].y2 == pytest.approx(150)
    other = picture("other/a.jpg", (100, 200))
    assert read.apply(other) is other


def test_synthetic_pictures_get_added_faces_and_keep_their_labels(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "synthetic.csv").write_text("picture,source\nsynthetic-1.jpg,/data/a.jpg\n")
    image = picture(str(tmp_path / "images" / "synthetic-1.jpg"))
    read = corrections(tmp_path, ADD, RELABEL, IGNORE)
    assert [box.label for box in read.apply(image).boxes] == ["with_mask", "without_mask"]
    assert len(read.ignored(image)) == 1


def test_the_summary_counts_what_was_done_and_what_was_not_used(tmp_path: Path) -> None:
    summary = corrections(tmp_path, ADD, RELABEL, IGNORE, ADD.replace("a,", "b,", 1)).summary([picture()])
    assert summary == (
        "Label corrections: 1 face added, 1 label changed, 1 region ignored; 1 of pictures that are not trained on."
    )


def test_regions_are_grey_but_for_faces_beside_them() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    fill(image, [(0.5, 0, 0.75, 0.5)], [(0.7, 0, 0.9, 0.5)])
    assert (image[:50, 100:140] == GREY).all()
    assert image[:, 140:].max() == image[50:].max() == image[:, :100].max() == 0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ADD.replace("add", "remove"), "row 1 .a.: action 'remove'"),
        (ADD.replace("without_mask", "face"), "label 'face', expected one of with_mask, without_mask"),
        (ADD.replace("140", "many"), "expected numbers"),
        (ADD.replace("140", "240"), "no box in a picture of 200 x 100"),
        (ADD.replace("140", "nan"), "no box in a picture"),
        (ADD.replace("200", "0"), "no box in a picture"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        corrections(tmp_path, row)


def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column width, height"):
        read_label_corrections(write(tmp_path / "a.csv", header="image,action,label,x1,y1,x2,y2"), NAMES)
    with pytest.raises(UsageError, match="missing"):
        read_label_corrections(tmp_path / "missing.csv", NAMES)


def make_dataset(root: Path) -> Path:
    for split in ("train", "val"):
        for kind in ("images", "labels"):
            (root / kind / split).mkdir(parents=True)
        cv2.imwrite(str(root / "images" / split / "a.png"), np.full((100, 200, 3), 200, np.uint8))
        (root / "labels" / split / "a.txt").write_text("0 0.2 0.4 0.2 0.4\n")
    (root / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: {list(NAMES)}\n")
    return root / "data.yaml"


@pytest.mark.parametrize("kind", [LabelledDataset, AugmentedDataset])
def test_training_pictures_are_corrected_and_validation_pictures_are_not(
    tmp_path: Path, kind: type[LabelledDataset]
) -> None:
    from ultralytics.cfg import get_cfg

    out = tmp_path / "out"
    out.mkdir()
    datasets = load_datasets([make_dataset(tmp_path / "data")])
    lists = {split: usable_pictures(datasets, split).images for split in ("train", "val")}
    file = write(tmp_path / "reviewed.csv", ADD, RELABEL, IGNORE)
    path = write_dataset(out / "data.yaml", NAMES, lists, Augmentation(roll=1e-9), label_corrections=file)
    file.unlink()  # the training has a copy, so that it can be resumed
    data: dict[str, Any] = {**yaml.safe_load(path.read_text()), "yaml_file": str(path), "nc": 3, "channels": 3}

    def item(split: str) -> dict[str, Any]:
        settings = get_cfg(overrides={"mosaic": 0.0, "hsv_v": 0.0, "fliplr": 0.0})
        images = kind(split=split, img_path=str(out / f"{split}.txt"), imgsz=100, hyp=settings, data=data)
        return images.get_image_and_label(0)

    train, val = item("train"), item("val")
    assert train["cls"].ravel().tolist() == [1, 1]
    assert val["cls"].ravel().tolist() == [0]
    assert (train["img"][6:19, 76:89] == GREY).all() and (train["img"][:, :70] == 200).all()
    assert (val["img"] == 200).all()


def test_a_draft_of_what_a_detector_sees_differently_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "draft.csv"
    doubtful = [
        DoubtfulLabel("not annotated", Path("x/a.png"), (100, 20, 201, 60), None, "without_mask", 0.9),
        DoubtfulLabel("other label", Path("x/a.png"), (20, 20, 60, 60), "with_mask", "mask_worn_incorrectly", 0.7),
        DoubtfulLabel("two labels", Path("x/a.png"), (20, 20, 60, 60), "with_mask", "without_mask"),
    ]
    assert write_draft(path, doubtful, {Path("x/a.png"): (200, 100)}) == 2
    boxes = read_label_corrections(path, NAMES).apply(picture()).boxes
    assert boxes == (Box(20, 20, 60, 60, "mask_worn_incorrectly"), Box(100, 20, 200, 60, "without_mask"))
