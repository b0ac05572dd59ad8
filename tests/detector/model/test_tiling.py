import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.boxes import iou
from detector import Detections, Detector
from detector.errors import UsageError
from detector.evaluation import evaluate
from detector.media.images import read_image
from detector.model.tiling import OVERLAP, merge, plan_layers, tile_side
from detector.settings import parse_tile
from support.commands import Ran
from support.sample_pictures import picture, save, save_video


class SquareFinder:
    """Stands in for a network: finds the bright squares in a dark picture, red ones as class 1, others as class 0.

    As a network does, it sees only what its input shows, so that a square cut by the edge of a tile is a smaller one,
    and nothing of less than four pixels.
    """

    names = ("with_mask", "without_mask", "mask_worn_incorrectly")
    imgsz, stride = 320, 32
    parallel = 1
    path = Path(__file__)

    def __init__(self, batch_size: int = 4, square: bool = False) -> None:
        self.batch_size, self.square = batch_size, square
        self.batches: list[tuple[int, ...]] = []

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self.batches.append(batch.shape)
        found = [self._find(image) for image in batch]
        most = max(1, *(len(boxes) for boxes in found)) if found else 1
        raw = np.zeros((len(batch), 7, most), np.float32)
        for i, boxes in enumerate(found):
            raw[i, :, : len(boxes)] = np.array(boxes, np.float32).reshape(-1, 7).T
        return raw

    def for_many(self) -> "SquareFinder":
        return self

    @staticmethod
    def _find(image: np.ndarray) -> list[list[float]]:
        _, _, stats, _ = cv2.connectedComponentsWithStats((image[..., 2] > 160).astype(np.uint8))
        boxes = []
        for x, y, w, h, _ in stats[1:]:
            if min(w, h) < 4:
                continue
            red = image[y + h // 2, x + w // 2, 0] < 100
            boxes.append([x + w / 2, y + h / 2, w, h, 0.0 if red else 0.9, 0.9 if red else 0.0, 0.0])
        return boxes


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Detector]:
    """Makes a detector that finds squares."""

    def make(batch_size: int = 4, square: bool = False, **settings: object) -> Detector:
        backend = SquareFinder(batch_size, square)
        monkeypatch.setattr("detector.inference.network.load_backend", lambda *_, **__: backend)
        return Detector(**settings)

    return make


def squares(height: int, width: int, sides: list[int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A dark picture with squares at random places that do not touch, and their boxes."""
    random = np.random.default_rng(seed)
    image = np.full((height, width, 3), 20, np.uint8)
    taken = np.zeros((height, width), bool)
    boxes = []
    for side in sorted(sides, reverse=True):
        gap = 4 + side // 2  # what lies nearer than this in a small view of the picture is one blob
        for _ in range(1000):
            x, y = random.integers(width - side), random.integers(height - side)
            if not taken[max(y - gap, 0) : y + side + gap, max(x - gap, 0) : x + side + gap].any():
                break
        else:
            raise AssertionError("no room")
        taken[y : y + side, x : x + side] = True
        image[y : y + side, x : x + side] = 255 if len(boxes) % 2 else (0, 0, 255)
        boxes.append([x, y, x + side, y + side])
    return image, np.array(boxes, np.float32)


def assert_found_once(faces: Detections, boxes: np.ndarray) -> None:
    overlaps = iou(faces.xyxy, boxes)
    assert len(faces) == len(boxes)
    assert sorted(overlaps.argmax(axis=1)) == list(range(len(boxes)))
    assert overlaps.max(axis=0).min() > 0.7
    assert (faces.class_id == (overlaps.argmax(axis=1) + 1) % 2).all()


def same(a: Detections, b: Detections) -> bool:
    return all(np.array_equal(getattr(a, f), getattr(b, f)) for f in ("xyxy", "confidence", "class_id"))


@pytest.mark.parametrize(("given_", "meant"), [(None, None), ("off", None), ("auto", "auto"), (400, 400), ("400", 400)])
def test_tile_is_off_auto_or_pixels(given_: object, meant: object) -> None:
    assert parse_tile(given_) == meant


@pytest.mark.parametrize("wrong", [0, -5, 31, 9000, "0", "-5", "abc", "", "1.5", 1.5, True, "²"])
def test_other_tiles_are_refused(wrong: object) -> None:
    with pytest.raises(UsageError, match=r"^tile: "):
        parse_tile(wrong)


def test_auto_follows_the_scale_of_training_and_leaves_small_pictures_alone() -> None:
    assert tile_side("auto", (2160, 3840)) == 400
    assert tile_side("auto", (500, 600)) is None
    assert tile_side("auto", (601, 500)) == 400
    assert tile_side(500, (300, 500)) is None
    assert tile_side(500, (501, 300)) == 500
    assert tile_side(None, (2160, 3840)) is None


@settings(deadline=None)  # a busy machine is no failure
@given(
    height=st.integers(1, 4000),
    width=st.integers(1, 4000),
    side=st.integers(32, 1000),
    square=st.booleans(),
    imgsz=st.sampled_from([64, 320, 640, 800]),
)
def test_layers_cover_the_picture_and_leave_no_gap(height, width, side, square, imgsz) -> None:
    if max(height, width) <= side:
        return
    layers = plan_layers((height, width), side, imgsz, 32, square)
    # Every size of face is some layer's own.
    assert layers[0].smallest == 0 and layers[-1].largest == math.inf
    assert all(fine.largest == coarse.smallest for fine, coarse in pairwise(layers))
    assert layers[-1].origins == ((0, 0),) and layers[-1].letterbox.source == (height, width)
    scales = []
    for layer in layers:
        tile_height, tile_width = layer.letterbox.source
        for whole, size, starts in (
            (width, tile_width, sorted({left for left, _ in layer.origins})),
            (height, tile_height, sorted({top for _, top in layer.origins})),
        ):
            assert starts[0] == 0 and starts[-1] + size == whole
            # Whatever is no larger than this lies whole in one of the tiles.
            assert all(b <= a + size - math.floor(layer.largest) + 1 for a, b in pairwise(starts))
        assert max(layer.letterbox.shape) <= imgsz
        if square:
            assert layer.letterbox.shape == (imgsz, imgsz)
        scales.append(max(layer.letterbox.resized) / max(layer.letterbox.source))
    assert max(layers[0].letterbox.source) <= side and scales[0] >= imgsz / side * 0.99
    assert 0.9 * OVERLAP * side < layers[0].largest < OVERLAP * side
    # No step between scales is so large that a face too large for a tile is too small for the next layer.
    assert all(fine / coarse < 5.6 + 64 / imgsz * 5 for fine, coarse in pairwise(scales))


def test_faces_cut_by_a_tile_or_too_large_for_it_are_left_to_others() -> None:
    layer = plan_layers((1000, 2000), 500, 800)[0]
    height, width = layer.letterbox.source
    boxes = np.array(
        [
            [0, 0, 40, 40],
            [width - 40, 50, width - 1, 90],
            [50, height - 40, 90, height],
            [100, 100, 140, 140],
            [100, 100, 300, 120],
        ],
        np.float32,
    )
    assert layer.own(boxes, layer.origins[0]).tolist() == [True, False, False, True, False]
    # At the far corner the same edges are those of the picture.
    corner = layer.origins[-1]
    assert layer.own(boxes[1:4] + np.array([*corner, *corner], np.float32), corner).all()


def merged(rows: list[tuple[float, float, float, float, float, int, bool]], max_det: int = 300) -> list[int]:
    """Indices kept of rows x1, y1, x2, y2, score, tile, too small for its layer."""
    table = np.array([row[:5] for row in rows], np.float32)
    view, coarse = np.array([row[5] for row in rows]), np.array([row[6] for row in rows])
    return merge(table[:, :4], table[:, 4], view, coarse, max_det).tolist()


def test_a_face_seen_by_two_tiles_is_one_face() -> None:
    assert merged([(10, 10, 30, 30, 0.8, 0, False), (11, 10, 31, 31, 0.9, 1, False)]) == [1]


def test_neighbours_that_one_tile_tells_apart_stay_two() -> None:
    left, right = (10, 10, 40, 40), (20, 10, 50, 40)  # they overlap by half
    rows = [(*box, score, tile, False) for tile in (0, 1) for box, score in ((left, 0.8 + tile / 10), (right, 0.7))]
    assert merged(rows) == [2, 3]


def test_a_blur_around_two_faces_gives_way_to_both() -> None:
    faces = [(10, 10, 30, 30, 0.6, 0, False), (32, 10, 52, 30, 0.5, 0, False)]
    assert merged([*faces, (9, 9, 53, 31, 0.9, 1, True)]) == [0, 1]


def test_the_better_view_gives_the_label_and_the_doubt() -> None:
    # Tile 0 is undecided between two labels, as it would be without tiles; tile 1 has another favourite.
    assert merged([(10, 10, 30, 30, 0.8, 0, 0), (10, 10, 30, 30, 0.3, 0, 0), (10, 11, 30, 31, 0.6, 1, 0)]) == [0, 1]


def test_the_best_come_first_and_no_more_than_asked_for() -> None:
    rows = [(x, 0, x + 10, 10, score, x, False) for x, score in ((0, 0.3), (100, 0.9), (200, 0.5))]
    assert merged(rows) == [1, 2, 0]
    assert merged(rows, max_det=2) == [1, 2]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("square", [False, True])
def test_every_size_at_every_place_is_found_once(finder: Callable[..., Detector], seed: int, square: bool) -> None:
    sides = [6, 8, 10, 12] * 10 + [20, 30, 40] * 8 + [60, 90, 130] * 2 + [200, 300, 500]
    image, boxes = squares(1700, 2600, sides, seed)
    assert_found_once(finder(tile=200, square=square).predict(image), boxes)
    assert len(finder(tile=None, square=square).predict(image)) < len(boxes)


def test_a_face_over_the_corner_of_four_tiles_is_one_face(finder: Callable[..., Detector]) -> None:
    layer = plan_layers((600, 600), 200, 320)[0]
    (left, top), (height, width) = layer.origins[0], layer.letterbox.source
    for side in (10, 30, 60, 120):
        image = np.full((600, 600, 3), 20, np.uint8)
        x, y = left + width - side // 2, top + height - side // 2
        image[y : y + side, x : x + side] = (0, 0, 255)
        assert_found_once(finder(tile=200).predict(image), np.array([[x, y, x + side, y + side]], np.float32))


@pytest.mark.parametrize("size", [(300, 12_000), (9000, 40), (1, 3000), (201, 201), (200, 201)])
def test_any_shape_of_picture_works(finder: Callable[..., Detector], size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 20, np.uint8)
    side = min(16, *size)
    image[:side, -side:] = (0, 0, 255)
    faces = finder(tile=200).predict(image)
    assert (faces.xyxy[:, 2:] <= size[::-1]).all()
    if side > 1:
        assert_found_once(faces, np.array([[size[1] - side, 0, size[1], side]], np.float32))


def test_tiles_run_in_batches_of_one_shape(finder: Callable[..., Detector]) -> None:
    image, _ = squares(700, 1300, [20] * 30)
    answers = []
    for batch_size in (1, 3, 64):
        detector = finder(batch_size=batch_size, tile=200, multiscale="off")
        answers.append(detector.predict(image))
        sizes = [shape[0] for shape in detector._network.backend.batches]
        assert max(sizes) <= batch_size
        assert sum(sizes) == sum(len(layer.origins) for layer in plan_layers((700, 1300), 200, 320))
    assert all(same(answer, answers[0]) for answer in answers)


def test_neighbours_in_a_list_change_nothing(finder: Callable[..., Detector]) -> None:
    pictures = [squares(*size, [12] * 9, seed)[0] for seed, size in enumerate([(700, 900), (150, 180), (700, 900)])]
    detector = finder(tile="auto")
    assert all(same(detector.predict(p), both) for p, both in zip(pictures, detector.predict(pictures), strict=True))


def test_max_det_holds_for_the_whole_picture(finder: Callable[..., Detector]) -> None:
    image, boxes = squares(700, 1300, [12] * 40)
    assert len(finder(tile=200).predict(image)) == len(boxes)
    assert len(finder(tile=200, max_det=7).predict(image)) == 7


def test_gamma_reaches_the_tiles(finder: Callable[..., Detector]) -> None:
    image, boxes = squares(700, 1300, [12] * 20)
    dark = (image * 0.2).astype(np.uint8)
    assert len(finder(tile=200).predict(dark)) == 0
    assert len(finder(tile=200, gamma=4).predict(np.where(image > 20, dark, 0).astype(np.uint8))) == len(boxes)


@pytest.mark.slow
def test_pictures_no_larger_than_a_tile_are_seen_as_ever(detector: Detector, assets: Path) -> None:
    image = cv2.resize(read_image(assets / "zidane.jpg"), (600, 338))
    expected = detector.predict(image)
    assert len(expected)
    for tile in ("off", "auto", 600, 8192):
        assert same(Detector(device="cpu", tile=tile).predict(image), expected)


@pytest.mark.slow
def test_faces_that_a_large_picture_hides_are_found(assets: Path) -> None:
    scene = picture(1000, 1500)
    small = cv2.resize(read_image(assets / "zidane.jpg"), (200, 112), interpolation=cv2.INTER_AREA)
    scene[413:525, 731:931] = small
    alone = Detector(device="cpu", imgsz=640, conf=0.5).predict(small)
    whole, tiled = (Detector(device="cpu", imgsz=640, tile=tile).predict(scene) for tile in ("off", "auto"))
    faces = alone.xyxy + np.float32([731, 413, 731, 413])
    assert len(faces) and iou(tiled.xyxy, faces).max(axis=0).min() > 0.5
    assert not len(whole) or iou(whole.xyxy, faces).max(axis=0).min() < 0.5


def test_faces_of_a_video_in_tiles_are_numbered(finder: Callable[..., Detector], tmp_path: Path) -> None:
    image, boxes = squares(480, 720, [16, 20, 24, 40])
    video = save_video(tmp_path / "clip.mp4", [image] * 4)
    answers = [faces for _, faces in finder(tile=160).stream(video, track=True)]
    assert [len(faces) for faces in answers] == [len(boxes)] * 4
    assert sorted(answers[-1].tracker_id.tolist()) == list(range(len(boxes)))


@pytest.mark.slow
def test_infer_tiles_and_says_when_it_would_help(infer: Callable[..., Ran], tmp_path: Path) -> None:
    large = save(tmp_path / "large.png", picture(40, 700))
    tiled = infer(large, "--imgsz", 64, "--tile", "auto", "--out", tmp_path / "tiled")
    assert (tiled.status, tiled.err) == (0, "")
    assert json.loads((tmp_path / "tiled" / "summary.json").read_text())["settings"]["tile"] == "auto"
    plain = infer(large, save(tmp_path / "small.png", picture(40, 60)), "--imgsz", 64, "--out", tmp_path / "plain")
    assert plain.status == 0
    assert plain.err.count("\n") == 1 and "1 of 2 frames are over 128 px long" in plain.err and "--tile" in plain.err
    assert json.loads((tmp_path / "plain" / "summary.json").read_text())["settings"]["tile"] == "off"


@pytest.mark.parametrize("tile", ["0", "-5", "abc", "12.5"])
def test_wrong_tiles_are_wrong_usage(infer: Callable[..., Ran], tmp_path: Path, tile: str) -> None:
    ran = infer(save(tmp_path / "x.png", picture()), f"--tile={tile}", "--out", tmp_path / "out")
    assert ran.status == 2 and ran.err.startswith("Error: --tile: ")
    assert not (tmp_path / "out").exists()


def test_eval_measures_tiles(finder: Callable[..., Detector], tmp_path: Path) -> None:
    image, boxes = squares(700, 1300, [12] * 10)
    save(tmp_path / "images" / "val" / "a.png", image)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 / [1300, 700]
    rows = [f"{(i + 1) % 2} {x:.6f} {y:.6f} {12 / 1300:.6f} {12 / 700:.6f}" for i, (x, y) in enumerate(centres)]
    (tmp_path / "labels" / "val").mkdir(parents=True)
    (tmp_path / "labels" / "val" / "a.txt").write_text("\n".join(rows))
    (tmp_path / "data.yaml").write_text("val: images/val\nnames: [with_mask, without_mask, mask_worn_incorrectly]\n")
    finder()
    metrics = evaluate(tmp_path / "data.yaml", tile="200", out=tmp_path / "out", resamples=1)
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["tile"] == metrics.tile == 200
    assert metrics.overall.any_face.recall == 1.0
    whole = evaluate(tmp_path / "data.yaml", resamples=1)
    assert whole.tile is None and whole.overall.any_face.recall == 0.0
