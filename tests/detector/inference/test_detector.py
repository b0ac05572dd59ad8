from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from detector import Detections, Detector
from detector.errors import SourceError, UsageError
from detector.inference.finding import gamma_lut
from detector.libraries import import_ultralytics
from detector.media.images import read_image
from detector.model.letterbox import Letterbox
from detector.model.weights import shipped_weights
from support.sample_pictures import picture, save, save_video


@pytest.fixture(scope="module")
def theirs():
    return import_ultralytics().YOLO(str(shipped_weights()))


@pytest.fixture
def face(assets: Path) -> np.ndarray:
    return read_image(assets / "zidane.jpg")


def same(ours: Detections, others: Detections) -> bool:
    return (
        ours.class_id.tolist() == others.class_id.tolist()
        and np.allclose(ours.xyxy, others.xyxy, atol=0.1)
        and np.allclose(ours.confidence, others.confidence, atol=1e-3)
    )


def assert_equals_ultralytics(theirs, source: str | np.ndarray, conf: float, **settings: float) -> int:
    detector = Detector(device="cpu", backend="torch", conf=conf, multiscale="off", agnostic_nms=False, **settings)
    (result,) = theirs.predict(
        source, conf=conf, iou=settings.get("iou", 0.6), imgsz=detector.imgsz,
        max_det=int(settings.get("max_det", 300)), device="cpu", verbose=False,
    )  # fmt: skip
    ours = detector.predict(source)
    expected = Detections(result.boxes.xyxy, result.boxes.conf, result.boxes.cls)
    assert len(ours) == len(expected)
    assert ours.class_id.tolist() == expected.class_id.tolist()
    np.testing.assert_allclose(ours.xyxy, expected.xyxy, atol=1)
    np.testing.assert_allclose(ours.confidence, expected.confidence, atol=0.01)
    return len(ours)


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("name", ["bus.jpg", "zidane.jpg"])
def test_photos_give_what_ultralytics_gives(theirs, assets: Path, name: str) -> None:
    assert assert_equals_ultralytics(theirs, str(assets / name), conf=0.25) >= 1
    assert assert_equals_ultralytics(theirs, str(assets / name), conf=0.001) > 5


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1, 1), (7, 300), (333, 517), (640, 640), (641, 639), (500, 33)])
def test_odd_sizes_give_what_ultralytics_gives(theirs, size: tuple[int, int]) -> None:
    assert_equals_ultralytics(theirs, picture(*size), conf=0.001)


@pytest.mark.parametrize("settings", [{"iou": 0.2}, {"iou": 0.95}, {"max_det": 3}, {"imgsz": 500}, {"imgsz": 960}])
def test_settings_mean_what_they_mean_to_ultralytics(theirs, assets: Path, settings: dict[str, float]) -> None:
    assert_equals_ultralytics(theirs, str(assets / "bus.jpg"), conf=0.001, **settings)


@pytest.mark.slow
def test_real_crowds_give_what_ultralytics_gives(theirs, shared: Path) -> None:
    files = sorted((shared / "data" / "face-mask-detection" / "images").iterdir())[::60]
    assert sum(assert_equals_ultralytics(theirs, str(file), conf=0.25) for file in files) > 20


def test_every_kind_of_picture_gives_the_same(detector: Detector, assets: Path, face: np.ndarray) -> None:
    expected = detector.predict(face)
    assert len(expected) > 0
    path = assets / "zidane.jpg"
    opaque = np.dstack([face, np.full_like(face[..., :1], 255)])
    pillow = PIL.Image.fromarray(face[..., ::-1])
    for kind in (str(path), path, path.read_bytes(), BytesIO(path.read_bytes()), pillow, opaque, face * np.uint16(257)):
        assert same(detector.predict(kind), expected)
    assert same(detector.predict(face[:, ::-1]), detector.predict(face[:, ::-1].copy()))
    assert (expected.draw(path) == expected.draw(pillow)).all()
    assert (expected.crop(path)[0] == expected.crop(face)[0]).all()


@pytest.mark.slow
def test_a_list_gives_a_list_whose_pictures_do_not_affect_each_other(detector: Detector, face: np.ndarray) -> None:
    pictures = [face, picture(50, 400), face[:, ::-1].copy(), cv2.resize(face, (300, 300))]
    alone = [detector.predict(p) for p in pictures]
    together = detector.predict(pictures)
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))
    assert detector.predict([]) == []


@pytest.mark.slow
def test_batches_give_what_single_pictures_give(monkeypatch: pytest.MonkeyPatch, face: np.ndarray) -> None:
    detector = Detector(device="cpu")
    pictures = [face, face[::-1].copy(), picture(50, 400), face[:, ::-1].copy()]
    alone = detector.predict(pictures)
    monkeypatch.setattr(detector._network.backend, "batch_size", 3)
    assert all(same(a, b) for a, b in zip(alone, detector.predict(pictures), strict=True))


def test_boxes_lie_inside_the_picture_and_best_comes_first(face: np.ndarray) -> None:
    faces = Detector(device="cpu", conf=0.001, multiscale="off").predict(face[100:400, 600:900])
    assert len(faces) > 1
    assert (faces.xyxy >= 0).all() and (faces.xyxy <= 300).all()
    assert (np.diff(faces.confidence) <= 0).all()
    assert faces.names == ("with_mask", "without_mask", "mask_worn_incorrectly")


@pytest.mark.slow
def test_gamma_brightens_dark_pictures(detector: Detector, face: np.ndarray) -> None:
    assert gamma_lut(1).tolist() == list(range(256))
    assert gamma_lut(2)[64] == round(255 * (64 / 255) ** 0.5) == 128
    dark = cv2.LUT(face, gamma_lut(0.25))
    best = {g: float(Detector(device="cpu", conf=0.01, gamma=g).predict(dark).confidence[:2].sum()) for g in (1, 4)}
    assert best[4] > best[1]


def test_the_size_is_that_of_the_weights_unless_given(detector: Detector) -> None:
    assert detector.imgsz % 32 == 0
    assert Detector(device="cpu", imgsz=401).imgsz == 416


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"conf": 1.5}, "conf"),
        ({"conf": float("nan")}, "conf"),
        ({"iou": -0.1}, "iou"),
        ({"imgsz": 16}, "imgsz"),
        ({"max_det": 0}, "max_det"),
        ({"gamma": 0}, "gamma"),
        ({"tile": 0}, "tile"),
        ({"backend": "tensorrt"}, "backend"),
        ({"device": "tpu"}, "device"),
        ({"device": -1}, "device"),
        ({"device": True}, "device"),
        ({"device": None}, "device"),
    ],
)
def test_settings_out_of_range_are_named(settings: dict[str, object], name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}: "):
        Detector(**{"device": "cpu", **settings})


def test_what_is_no_picture_is_refused(detector: Detector, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no\\.jpg: no such file"):
        detector.predict([picture(), tmp_path / "no.jpg"])
    with pytest.raises(SourceError, match="a value of type NoneType"):
        detector.predict(None)  # what cv2.imread returns for a file that it cannot read
    with pytest.raises(SourceError, match=r"image\[1\]: an array of float64"):
        detector.predict([picture(), picture() / 255])
    with pytest.raises(SourceError, match=r"^https://example.org/x.jpg: an address; .*download it"):
        detector.predict("https://example.org/x.jpg")


@pytest.mark.parametrize("source", [None, picture(), 1.5, b"content", [picture()], PIL.Image.new("RGB", (9, 9)), True])
def test_a_stream_names_what_it_cannot_take(detector: Detector, source: object) -> None:
    found = type(source[0] if isinstance(source, list) else source).__name__
    with pytest.raises(
        SourceError, match=f"^source: a value of type {found}; expected a path, .*`predict` takes pictures"
    ):
        next(detector.stream(source))
    with pytest.raises(SourceError, match=r"^rtsp://camera/live: .*detector watch"):
        next(detector.stream("rtsp://user:secret@camera/live"))


def test_conf_and_classes_hold_for_one_call(assets: Path) -> None:
    detector = Detector(device="cpu", conf=0.001, multiscale="off")
    path = assets / "bus.jpg"
    everything = detector.predict(path)
    assert len(set(everything.class_id)) > 1
    assert detector.predict(path, conf=0.3) == everything[everything.confidence > 0.3]
    bare = everything[everything.class_id == 1]
    for classes in ("without_mask", 1, ["without_mask"], (1,), np.array([1]), iter([1, "without_mask"])):
        assert detector.predict(path, classes=classes) == bare
    assert detector.predict([path], classes=[0, "mask_worn_incorrectly"])[0] == everything[everything.class_id != 1]
    assert len(detector.predict(path, classes=[])) == 0
    assert detector.predict(path) == everything
    assert detector.conf == 0.001


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"conf": 2}, "conf: 2; expected a number from 0 to 1"),
        ({"classes": "mask"}, "classes: 'mask'; expected with_mask, without_mask, mask_worn_incorrectly, or an id"),
        ({"classes": [0, 3]}, "classes: 3; "),
        ({"classes": [-1]}, "classes: -1; "),
        ({"classes": True}, "classes: True; "),
        ({"classes": 1.0}, "classes: 1.0; "),
        ({"errors": "ignore"}, 'errors: \'ignore\'; expected "raise" or "skip"'),
    ],
)
def test_arguments_of_a_call_are_checked(detector: Detector, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{said}"):
        detector.predict(picture(), **arguments)


@pytest.mark.parametrize("batch_size", [1, 2, 16])
def test_a_bad_picture_of_a_list_keeps_its_place(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, face: np.ndarray, batch_size: int
) -> None:
    monkeypatch.setattr(detector._network.backend, "batch_size", batch_size)
    seen: list[tuple[int, int]] = []
    given = ["no.jpg", face, b"no picture", face, None]
    found = detector.predict(given, errors="skip", progress=lambda done, total: seen.append((done, total)))
    assert [str(faces.error).partition(";")[0] for faces in found] == [
        "no.jpg: no such file",
        "None",
        "image[2]: not a picture, or too damaged to tell",
        "None",
        "image[4]: a value of type NoneType",
    ]
    assert [len(faces) > 0 for faces in found] == [False, True, False, True, False]
    assert seen == [(min(done, 5), 5) for done in range(batch_size, 5 + batch_size, batch_size)]
    with pytest.raises(SourceError, match=r"^no.jpg: "):
        detector.predict(given)
    with pytest.raises(SourceError, match=r"^image\[2\]: "):
        detector.predict([face, face, b"no picture"])


def test_a_single_bad_picture_can_be_skipped_too(detector: Detector) -> None:
    faces = detector.predict("no.jpg", errors="skip")
    assert isinstance(faces, Detections)
    assert isinstance(faces.error, SourceError)
    assert faces.names == detector.names


def test_stream_yields_everything_before_it_raises(detector: Detector, tmp_path: Path) -> None:
    save(tmp_path / "a.png", picture())
    (tmp_path / "b.png").write_text("no picture")
    save(tmp_path / "c.png", picture())
    seen = []
    with pytest.raises(SourceError, match=r"b\.png: not a picture"):
        for frame, faces in detector.stream(tmp_path):
            seen.append(Path(frame.source.name).name)
            assert isinstance(faces, Detections)
    assert seen == ["a.png", "c.png"]


@pytest.mark.slow
def test_stream_keeps_the_order_of_frames_in_batches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    detector = Detector(device="cpu")
    monkeypatch.setattr(detector._network.backend, "batch_size", 4)
    video = save_video(tmp_path / "b.mp4", [picture(48, 64)] * 6)
    paths = [save(tmp_path / "a.png", picture()), video, save(tmp_path / "c.png", picture())]
    frames = [(Path(f.source.name).name, f.index) for f, _ in detector.stream(paths)]
    assert frames == [("a.png", 0), *(("b.mp4", i) for i in range(6)), ("c.png", 0)]


def test_letterbox_brings_boxes_back() -> None:
    box = Letterbox.fit((333, 517), 640)
    assert (box.shape, box.resized) == ((416, 640), (412, 640))
    inner = np.array([[box.left, box.top, box.left + 640, box.top + 412]], np.float32)
    assert np.allclose(box.to_source(inner), [[0, 0, 517, 333]])
    assert Letterbox.fit((333, 517), 640, square=True).apply(picture(333, 517)).shape == (640, 640, 3)


def test_class_agnostic_nms_leaves_one_label_a_face() -> None:
    from detector.model.nms import non_max_suppression

    # Two boxes on one face, under different classes, and a second face apart.
    prediction = np.array(
        [[50, 51, 200], [50, 50, 60], [40, 40, 30], [40, 40, 30], [0.9, 0.1, 0.2], [0.1, 0.6, 0.8], [0, 0, 0]],
        np.float32,
    )
    both = non_max_suppression(prediction, 0.25, 0.6, 300)
    one = non_max_suppression(prediction, 0.25, 0.6, 300, agnostic=True)
    assert both[2].tolist() == [0, 1, 1]
    assert one[2].tolist() == [0, 1]
    assert one[0].tolist() == [[30, 30, 70, 70], [185, 45, 215, 75]]


def test_options_are_changed_without_loading_the_network_again(detector: Detector) -> None:
    other = detector.with_options(conf=0.6, tile=200, multiscale="off")
    assert (other.conf, other.tile, other.settings.multiscale) == (0.6, 200, "off")
    assert (detector.conf, detector.tile, detector.settings.multiscale) == (0.25, None, "auto")
    assert other.with_options(tile="off").tile is None
    assert other._network is detector._network
    with pytest.raises(UsageError):
        detector.with_options(conf=2)
