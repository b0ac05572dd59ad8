from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from detector import Detections, Detector
from detector.inference.tracking import FaceTracker


def faces(*boxes: tuple[float, float, float, int]) -> Detections:
    """Boxes of 40 pixels from (x, y, score, class), best first."""
    rows = sorted(boxes, key=lambda box: -box[2])
    corners = [[x, y, x + 40, y + 40] for x, y, *_ in rows]
    return Detections(np.array(corners).reshape(-1, 4), [r[2] for r in rows], [r[3] for r in rows])


def test_a_face_keeps_its_number_when_it_moves_and_changes_class() -> None:
    tracker = FaceTracker(25, 0.25)
    numbers = [tracker.update(faces((100 + 3 * i, 50, 0.9, i // 10 % 3))).tracker_id[0] for i in range(30)]
    assert numbers[0] == -1
    assert set(numbers[1:]) == {numbers[1]} != {-1}


def test_faces_without_a_number_are_kept_and_order_is_kept() -> None:
    tracker = FaceTracker(25, 0.25)
    given = faces((0, 0, 0.9, 0), (200, 0, 0.8, 1), (400, 0, 0.2, 2))
    for _ in range(4):
        tracked = tracker.update(given)
        assert tracked.xyxy.tolist() == given.xyxy.tolist()
        assert tracked.class_id.tolist() == [0, 1, 2]
    assert tracked.tracker_id.tolist() == [0, 1, -1]


def test_a_face_that_scores_low_or_is_hidden_for_a_second_keeps_its_number() -> None:
    tracker = FaceTracker(25, 0.25)
    for _ in range(5):
        first = tracker.update(faces((100, 50, 0.9, 0))).tracker_id[0]
    for _ in range(30):
        assert tracker.update(faces((100, 50, 0.12, 0))).tracker_id[0] == first
    for _ in range(25):
        assert len(tracker.update(Detections.empty())) == 0
    assert tracker.update(faces((100, 50, 0.9, 1))).tracker_id[0] == first


def test_two_labels_on_one_face_become_one() -> None:
    tracked = FaceTracker(25, 0.25).update(faces((100, 50, 0.6, 0), (104, 52, 0.5, 2), (300, 50, 0.4, 1)))
    assert tracked.labels == ["with_mask", "without_mask"]


def test_two_videos_are_numbered_apart(detector: Detector, assets: Path, tmp_path: Path) -> None:
    from detector.media.images import read_image
    from support.sample_pictures import save_video

    image = read_image(assets / "zidane.jpg")
    videos = [save_video(tmp_path / name, [image] * 4) for name in ("a.mp4", "b.mp4")]
    numbers: dict[str, list[int]] = {"a.mp4": [], "b.mp4": []}
    for frame, found in detector.stream(videos, track=True):
        assert (found.confidence > 0.25).all()
        numbers[Path(frame.source.name).name] += found.tracker_id.tolist()
    assert numbers["a.mp4"] == numbers["b.mp4"]
    assert max(numbers["a.mp4"]) >= 0


def test_five_faces_of_a_real_video_keep_their_numbers(shared: Path) -> None:
    video = shared / "data" / "videos" / "putting-masks-on.mp4"
    seen: Counter[int] = Counter()
    # The stretch in which three people put masks on.
    stream = Detector(device="cpu", imgsz=640).stream(video, track=True)
    for _, found in islice(stream, 60):
        seen.update(found.tracker_id.tolist())
    numbered = [count for number, count in seen.items() if number >= 0 and count > 5]
    assert len(numbered) == 5
    assert min(numbered) > 50


@pytest.mark.parametrize("rate", [1, 60])
def test_any_frame_rate_will_do(rate: int) -> None:
    tracker = FaceTracker(rate, 0.25)
    assert [tracker.update(faces((10, 10, 0.9, 0))).tracker_id[0] for _ in range(3)] == [-1, 0, 0]
