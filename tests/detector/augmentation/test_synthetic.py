import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from converters.annotation import AnnotatedImage, Box
from converters.formats.yolo import read_picture
from converters.labels import CLASS_NAMES
from converters.problems import Problems
from detector import Detector
from detector.augmentation import draw_mask
from detector.augmentation.landmarks import Face, LandmarkFinder
from detector.augmentation.synthetic import write_synthetic
from detector.augmentation.transplant import Donor, bare, hang_mask
from detector.errors import OptionError, UsageError, WeightsError
from detector.media.images import read_image

SKIN, BLUE = (140, 170, 215), (214, 187, 150)  # BGR
BOX = (50.0, 40.0, 130.0, 150.0)
EYES, NOSE, MOUTH = 84.0, 104.0, 122.0  # rows


def points(turned: float = 0.0) -> NDArray[np.float64]:
    """Eyes, nose and corners of the mouth of the face that `portrait` draws."""
    x = 90 + turned
    return np.array([(70, EYES), (110, EYES), (x, NOSE), (76, MOUTH), (104, MOUTH)], float)


def portrait(worn: str | None = None, light: float = 1.0, colour: tuple[int, int, int] = BLUE) -> NDArray[np.uint8]:
    """A face of one colour with dark eyes, before a grey wall."""
    image = np.full((190, 180, 3), 70, np.uint8)
    cv2.ellipse(image, (90, 95), (40, 55), 0, 0, 360, SKIN, -1)
    for x in (70, 110):
        cv2.circle(image, (x, int(EYES)), 4, (40, 40, 40), -1)
    cv2.ellipse(image, (90, int(MOUTH)), (14, 4), 0, 0, 360, (100, 90, 190), -1)
    if worn is not None:
        image = draw_mask(image, BOX, worn, colour)  # type: ignore[arg-type]
    noise = np.random.default_rng(0).normal(0, 2, image.shape)
    return (image * light + noise).clip(0, 255).astype(np.uint8)


def face(turned: float = 0.0) -> Face:
    return Face(np.array(BOX), points(turned))


def bluish(image: NDArray[np.uint8], row: float, column: int = 90) -> bool:
    """Whether there is cloth, not skin: skin is far redder than it is blue."""
    patch = image[int(row) - 1 : int(row) + 2, column - 1 : column + 2].reshape(-1, 3).mean(axis=0)
    return bool(patch[0] > patch[2])


def test_the_coordinates_of_a_face_follow_its_tilt_and_size() -> None:
    turn = np.array([[0.0, 3.0], [-3.0, 0.0]])  # three times as large, turned by a quarter
    upright, tilted = face(), Face(np.array(BOX), points() @ turn.T)
    assert upright.in_units == pytest.approx(tilted.in_units)
    assert tilted.unit == pytest.approx(3 * upright.unit)
    assert face(turned=8).yaw == pytest.approx(-face(turned=-8).yaw) and face().yaw == 0


def test_a_bared_nose_leaves_the_mask_on_mouth_and_chin() -> None:
    masked = portrait("correctly")
    changed = bare(masked, face(), Donor.cut(portrait(), face()), bottom=0.8)
    assert changed is not None
    assert [bluish(masked, row) for row in (NOSE, MOUTH, 140)] == [True, True, True]
    assert [bluish(changed, row) for row in (NOSE, MOUTH, 140)] == [False, True, True]


def test_a_mask_taken_off_leaves_no_cloth() -> None:
    changed = bare(portrait("correctly"), face(), Donor.cut(portrait(), face()))
    assert changed is not None
    assert not any(bluish(changed, row) for row in (90, NOSE, MOUTH, 140))


def test_a_mask_is_hung_where_it_is_asked_for() -> None:
    donor = Donor.cut(portrait("correctly"), face())
    on, below = hang_mask(portrait(), face(), donor), hang_mask(portrait(), face(), donor, top=0.8)
    assert on is not None and below is not None
    assert [bluish(on, row) for row in (NOSE, MOUTH)] == [True, True]
    assert [bluish(below, row) for row in (NOSE, MOUTH)] == [False, True]


def test_a_mask_takes_on_the_light_of_the_face() -> None:
    donor = Donor.cut(portrait("correctly"), face())
    bright, dark = hang_mask(portrait(), face(), donor), hang_mask(portrait(light=0.6), face(), donor)
    assert bright is not None and dark is not None
    ratio = dark[125:140, 80:100].mean() / bright[125:140, 80:100].mean()
    assert ratio == pytest.approx(0.6, abs=0.06)


def test_the_picture_itself_and_what_is_far_from_the_face_stay_as_they_are() -> None:
    image, donor = portrait(), Donor.cut(portrait("correctly"), face())
    before = image.copy()
    changed = hang_mask(image, face(), donor)
    assert changed is not None
    assert (image == before).all()
    assert (changed[:60] == image[:60]).all() and (changed[:, :30] == image[:, :30]).all()


def test_a_donor_that_looks_the_other_way_is_mirrored() -> None:
    two_coloured = portrait("correctly")
    two_coloured[:, 90:] = portrait("correctly", colour=(60, 160, 60))[:, 90:]
    donor = Donor.cut(two_coloured, face(turned=8))
    same, opposite = hang_mask(portrait(), face(turned=8), donor), hang_mask(portrait(), face(turned=-8), donor)
    assert same is not None and opposite is not None
    green = [image[130, column, 1] > image[130, column, 0] for image in (same, opposite) for column in (75, 105)]
    assert green == [False, True, True, False]


def test_a_face_without_a_mask_gives_none() -> None:
    plain = np.full((190, 180, 3), 128, np.uint8)
    assert hang_mask(portrait(), face(), Donor.cut(plain, face())) is None


class KnownLandmarks(LandmarkFinder):
    """Stands in for YuNet, which does not see a face in what `portrait` draws."""

    def __init__(self) -> None:
        pass

    def find(self, image: NDArray[np.uint8], xyxy: Sequence[float]) -> Face | None:
        return face()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[AnnotatedImage]:
    folder = tmp_path_factory.mktemp("portraits")
    images = []
    for number in range(12):
        label = CLASS_NAMES[number % 3]
        worn = {"with_mask": "correctly", "without_mask": None, "mask_worn_incorrectly": "slipped"}[label]
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), portrait(worn, light=0.8 + number / 50))
        images.append(AnnotatedImage(path, (Box(*BOX, label),), (180, 190), path.with_suffix(".txt")))
    return images


def test_synthetic_pictures_are_a_dataset_with_a_list_of_every_change(
    pictures: list[AnnotatedImage], tmp_path: Path
) -> None:
    made = write_synthetic(pictures, 40, KnownLandmarks(), tmp_path / "made", names=CLASS_NAMES)
    assert len(made) == 40
    read = [read_picture(image.path, CLASS_NAMES, "train", Problems()) for image in made]
    assert [image.boxes[0].label for image in read if image] == [image.boxes[0].label for image in made]
    with (tmp_path / "made" / "synthetic.csv").open() as file:
        changes = list(csv.DictReader(file))
    assert [row["picture"] for row in changes] == [image.path.name for image in made]
    assert [row["label"] for row in changes] == [image.boxes[0].label for image in made]
    assert {row["label"] for row in changes} == set(CLASS_NAMES)
    for row in changes:
        picture = cv2.imread(str(tmp_path / "made" / "images" / row["picture"]))
        source = cv2.imread(row["source"])
        assert picture is not None and source is not None and row["source_label"] != row["label"]
        if row["recipe"] == "mask over eyes":
            assert bluish(picture, EYES) and not bluish(picture, 143)
        elif row["label"] == "mask_worn_incorrectly":
            assert not bluish(picture, NOSE) and bluish(picture, 143)
        else:
            assert bluish(picture, NOSE) == (row["label"] == "with_mask")
    assert cv2.imread(str(tmp_path / "made" / "sheet.jpg")) is not None


def test_the_same_seed_makes_the_same_pictures(pictures: list[AnnotatedImage], tmp_path: Path) -> None:
    def run(name: str, seed: int) -> list[bytes]:
        made = write_synthetic(pictures, 6, KnownLandmarks(), tmp_path / name, names=CLASS_NAMES, seed=seed)
        return [image.path.read_bytes() for image in made]

    assert run("a", 3) == run("b", 3) != run("c", 4)


def test_a_dataset_with_other_classes_is_refused(pictures: list[AnnotatedImage], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mask_worn_incorrectly"):
        write_synthetic(pictures, 1, KnownLandmarks(), tmp_path / "made", names=["with_mask", "without_mask"])


def test_pictures_that_offer_nothing_to_change_are_an_error(pictures: list[AnnotatedImage], tmp_path: Path) -> None:
    only_incorrect = [image for image in pictures if image.boxes[0].label == "mask_worn_incorrectly"]
    with pytest.raises(OptionError, match="not one face"):
        write_synthetic(only_incorrect, 1, KnownLandmarks(), tmp_path / "made", names=CLASS_NAMES)


def test_a_file_that_is_no_face_detector_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        LandmarkFinder(tmp_path / "absent.onnx")
    (tmp_path / "wrong.onnx").write_bytes(b"not a network")
    with pytest.raises(WeightsError, match="cannot run"):
        LandmarkFinder(tmp_path / "wrong.onnx")


def test_real_faces_have_their_eyes_above_the_nose_above_the_mouth(
    shared: Path, assets: Path, detector: Detector
) -> None:
    finder = LandmarkFinder(shared / "models" / "face_detection_yunet_2023mar.onnx")
    picture = read_image(assets / "zidane.jpg")
    xyxy = detector.predict(picture).xyxy[0]
    found = finder.find(picture, xyxy)
    assert found is not None
    eyes, nose, mouth = found.points[:2, 1].mean(), found.points[2, 1], found.points[3:, 1].mean()
    assert xyxy[1] < eyes < nose < mouth < xyxy[3]
    assert finder.find(picture, (20, 20, 120, 140)) is None
