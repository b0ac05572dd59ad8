import itertools
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
    boxes = [faces((100 + 3 * i, 50, 0.9, i // 10 % 3)) for i in range(30)]
    numbers = [tracker.update(box, i / 25).tracker_id[0] for i, box in enumerate(boxes)]
    assert numbers[0] == -1
    assert set(numbers[1:]) == {numbers[1]} != {-1}


def test_faces_without_a_number_are_kept_and_order_is_kept() -> None:
    tracker = FaceTracker(25, 0.25)
    given = faces((0, 0, 0.9, 0), (200, 0, 0.8, 1), (400, 0, 0.2, 2))
    for i in range(4):
        tracked = tracker.update(given, i / 25)
        assert tracked.xyxy.tolist() == given.xyxy.tolist()
        assert tracked.class_id.tolist() == [0, 1, 2]
    assert tracked.tracker_id.tolist() == [0, 1, -1]


def test_a_face_that_scores_low_or_is_hidden_for_a_second_keeps_its_number() -> None:
    tracker = FaceTracker(25, 0.25)
    seconds = (i / 25 for i in itertools.count())
    for _ in range(5):
        first = tracker.update(faces((100, 50, 0.9, 0)), next(seconds)).tracker_id[0]
    for _ in range(30):
        assert tracker.update(faces((100, 50, 0.12, 0)), next(seconds)).tracker_id[0] == first
    for _ in range(25):
        assert len(tracker.update(Detections.empty(), next(seconds))) == 0
    assert tracker.update(faces((100, 50, 0.9, 1)), next(seconds)).tracker_id[0] == first


def number_after(hidden: float, fps: float, claimed: float) -> tuple[int, int]:
    """The number of a face before and after it was hidden; the video may claim another rate than its frames come at."""
    tracker, face = FaceTracker(claimed, 0.25), faces((100, 50, 0.9, 0))
    seconds = 0.0
    for _ in range(5):
        before = tracker.update(face, seconds := seconds + 1 / fps).tracker_id[0]
    for _ in range(round(hidden * fps) - 1):
        tracker.update(Detections.empty(), seconds := seconds + 1 / fps)
    for _ in range(2):
        after = tracker.update(face, seconds := seconds + 1 / fps).tracker_id[0]
    return int(before), int(after)


@pytest.mark.parametrize(("fps", "claimed"), [(3, 10), (3, 30), (10, 10), (30, 5), (1, 25)])
def test_a_face_is_remembered_for_two_seconds_whatever_rate_the_camera_claims(fps: float, claimed: float) -> None:
    before, after = number_after(hidden=1.7 if fps > 1 else 2, fps=fps, claimed=claimed)
    assert before == after == 0
    before, after = number_after(hidden=2.7 if fps > 1 else 3, fps=fps, claimed=claimed)
    assert (before, after) == (0, 1)


def test_irregular_frames_are_followed_by_their_own_times() -> None:
    tracker, face = FaceTracker(10, 0.25), faces((100, 50, 0.9, 0))
    numbers = [tracker.update(face, at).tracker_id[0] for at in (0, 0.1, 0.15, 0.9, 3.8, 3.85)]
    assert numbers == [-1, 0, 0, 0, 0, 0]  # 2.9 s without a frame: nobody saw the face missing
    hidden = [len(tracker.update(Detections.empty(), at)) for at in (4.0, 4.9, 5.7)]
    assert hidden == [0, 0, 0]
    assert tracker.update(face, 5.8).tracker_id[0] == 0  # hidden in three frames, for less than two seconds
    tracker.update(Detections.empty(), 6.7)
    tracker.update(Detections.empty(), 7.6)
    assert [tracker.update(face, at).tracker_id[0] for at in (8.0, 8.1)] == [-1, 1]


def test_after_a_long_gap_everybody_is_numbered_anew() -> None:
    tracker, face = FaceTracker(10, 0.25), faces((100, 50, 0.9, 0))
    assert [tracker.update(face, at).tracker_id[0] for at in (0, 0.1, 6, 6.1)] == [-1, 0, -1, 1]


@pytest.mark.filterwarnings("error")
def test_times_that_stand_still_or_go_back_lose_nobody() -> None:
    tracker, face = FaceTracker(10, 0.25), faces((100, 50, 0.9, 0))
    times = (7200, 7200.1, 7200.1, 3600, 3600.1, 3600.2)  # a clock that is set back by an hour
    assert [tracker.update(face, at).tracker_id[0] for at in times] == [-1, 0, 0, 0, 0, 0]


def test_two_labels_on_one_face_become_one() -> None:
    tracked = FaceTracker(25, 0.25).update(faces((100, 50, 0.6, 0), (104, 52, 0.5, 2), (300, 50, 0.4, 1)), 0)
    assert tracked.labels == ["with_mask", "without_mask"]


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.parametrize("rate", [0.1, 0.3, 1, 60])
def test_any_frame_rate_will_do(rate: int) -> None:
    tracker = FaceTracker(rate, 0.25)
    numbers = [tracker.update(faces((10, 10, 0.9, 0)), i / rate).tracker_id[0] for i in range(3)]
    assert numbers == [-1, 0, 0]
