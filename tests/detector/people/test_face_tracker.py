import itertools
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from detector import Detections, Detector
from detector.people.face_tracker import FaceTracker

SHAPE = (360, 640, 3)


def faces(*boxes: tuple[float, float, float, int]) -> Detections:
    """Boxes of 40 pixels from (x, y, score, class), best first."""
    rows = sorted(boxes, key=lambda box: -box[2])
    corners = [[x, y, x + 40, y + 40] for x, y, *_ in rows]
    return Detections(np.array(corners).reshape(-1, 4), [r[2] for r in rows], [r[3] for r in rows])


def test_a_face_keeps_its_number_when_it_moves_and_changes_class() -> None:
    tracker = FaceTracker(0.25)
    boxes = [faces((100 + 3 * i, 50, 0.9, i // 10 % 3)) for i in range(30)]
    numbers = [tracker.update(box, i / 25, SHAPE).tracker_id[0] for i, box in enumerate(boxes)]
    assert numbers[0] == -1
    assert set(numbers[1:]) == {numbers[1]} != {-1}


def test_faces_without_a_number_are_kept_and_order_is_kept() -> None:
    tracker = FaceTracker(0.25)
    given = faces((0, 0, 0.9, 0), (200, 0, 0.8, 1), (400, 0, 0.2, 2))
    for i in range(4):
        tracked = tracker.update(given, i / 25, SHAPE)
        assert tracked.xyxy.tolist() == given.xyxy.tolist()
        assert tracked.class_id.tolist() == [0, 1, 2]
    assert tracked.tracker_id.tolist() == [0, 1, -1]


def test_a_face_that_scores_low_or_is_hidden_for_a_second_keeps_its_number() -> None:
    tracker = FaceTracker(0.25)
    seconds = (i / 25 for i in itertools.count())
    for _ in range(5):
        first = tracker.update(faces((100, 50, 0.9, 0)), next(seconds), SHAPE).tracker_id[0]
    for _ in range(30):
        assert tracker.update(faces((100, 50, 0.12, 0)), next(seconds), SHAPE).tracker_id[0] == first
    for _ in range(25):
        assert len(tracker.update(Detections.empty(), next(seconds), SHAPE)) == 0
    assert tracker.update(faces((100, 50, 0.9, 1)), next(seconds), SHAPE).tracker_id[0] == first


def number_after(hidden: float, fps: float) -> tuple[int, int]:
    """The number of a face before and after it was hidden."""
    tracker, face = FaceTracker(0.25, gap_seconds=2), faces((100, 50, 0.9, 0))
    seconds = 0.0
    for _ in range(5):
        before = tracker.update(face, seconds := seconds + 1 / fps, SHAPE).tracker_id[0]
    for _ in range(round(hidden * fps) - 1):
        tracker.update(Detections.empty(), seconds := seconds + 1 / fps, SHAPE)
    for _ in range(2):
        after = tracker.update(face, seconds := seconds + 1 / fps, SHAPE).tracker_id[0]
    return int(before), int(after)


@pytest.mark.parametrize("fps", [3, 10, 30])
def test_a_face_is_remembered_for_as_long_as_a_gap_may_be_at_every_rate(fps: float) -> None:
    assert number_after(hidden=1.7, fps=fps) == (0, 0)
    assert number_after(hidden=2.7, fps=fps) == (0, 1)


def test_irregular_frames_are_followed_by_their_own_times() -> None:
    tracker, face = FaceTracker(0.25), faces((100, 50, 0.9, 0))
    times = (0, 0.1, 0.15, 0.9, 3.8, 3.85)
    assert [tracker.update(face, at, SHAPE).tracker_id[0] for at in times] == [-1, 0, 0, 0, 0, 0]


def test_after_a_long_gap_everybody_is_numbered_anew() -> None:
    tracker, face = FaceTracker(0.25), faces((100, 50, 0.9, 0))
    assert [tracker.update(face, at, SHAPE).tracker_id[0] for at in (0, 0.1, 6, 6.1)] == [-1, 0, -1, 1]


def numbers_of(tracker: FaceTracker, frames: list[tuple[float, Detections]]) -> list[list[int]]:
    return [tracker.update(found, at, SHAPE).tracker_id.tolist() for at, found in frames]


@pytest.mark.parametrize("fps", [5, 10, 25])
def test_a_face_is_followed_that_moves_by_more_than_its_width_between_looks(fps: float) -> None:
    frames = [(i / fps, faces((20 + 300 * i / fps, 50, 0.9, 0))) for i in range(round(2 * fps))]  # 60 pixels at 5 fps
    assert {row[0] for row in numbers_of(FaceTracker(0.25), frames)[1:]} == {0}


@pytest.mark.parametrize("fps", [5, 10, 25])
def test_two_people_who_cross_keep_their_numbers(fps: float) -> None:
    frames = []
    for i in range(round(1.9 * fps)):
        left, right = 20 + 300 * i / fps, 600 - 300 * i / fps
        hidden = abs(left - right) < 25  # by the one in front
        frames.append((i / fps, faces(*[(left, 50, 0.9, 0)], *([] if hidden else [(right, 55, 0.8, 0)]))))
    numbers = numbers_of(FaceTracker(0.25), frames)
    assert sorted(numbers[1]) == [0, 1]
    assert {row[0] for row in numbers[1:]} == {numbers[1][0]}
    assert {row[1] for row in numbers[1:] if len(row) > 1} == {numbers[1][1]}


@pytest.mark.parametrize("fps", [5, 10, 25])
def test_a_crowd_keeps_its_numbers_while_the_camera_turns(fps: float) -> None:
    frames = []
    for i in range(round(3 * fps)):
        shift = 200 * min(max(i / fps - 1, 0), 1)  # at 5 fps a width at each look
        frames.append((i / fps, faces(*[(150 + 95 * j - shift, 50 + 8 * j, 0.9 - 0.05 * j, 0) for j in range(5)])))
    numbers = numbers_of(FaceTracker(0.25), frames)
    for row in numbers[1:]:
        assert row[-3:] == numbers[1][-3:]  # those who stay in the picture


def test_a_change_of_resolution_changes_no_number() -> None:
    tracker = FaceTracker(0.25)
    first = [tracker.update(faces((100, 50, 0.9, 0), (400, 50, 0.8, 1)), i / 10, SHAPE) for i in range(5)][-1]
    half = Detections(first.xyxy / 2, first.confidence, first.class_id)
    assert tracker.update(half, 0.5, (180, 320)).tracker_id.tolist() == first.tracker_id.tolist()


def test_somebody_who_comes_in_where_another_left_the_picture_is_new() -> None:
    tracker = FaceTracker(0.25)
    numbers_of(tracker, [(i / 10, faces((430 + 20 * i, 50, 0.9, 0))) for i in range(10)])
    numbers_of(tracker, [(1.0 + i / 10, Detections.empty()) for i in range(6)])
    back = numbers_of(tracker, [(1.6 + i / 10, faces((600 - 20 * i, 50, 0.9, 0))) for i in range(3)])
    assert back == [[-1], [1], [1]]


@pytest.mark.filterwarnings("error")
def test_times_that_stand_still_or_go_back_lose_nobody() -> None:
    tracker, face = FaceTracker(0.25), faces((100, 50, 0.9, 0))
    times = (7200, 7200.1, 7200.1, 3600, 3600.1, 3600.2)  # a clock that is set back by an hour
    assert [tracker.update(face, at, SHAPE).tracker_id[0] for at in times] == [-1, 0, 0, 0, 0, 0]


def test_two_labels_on_one_face_become_one() -> None:
    tracked = FaceTracker(0.25).update(faces((100, 50, 0.6, 0), (104, 52, 0.5, 2), (300, 50, 0.4, 1)), 0, SHAPE)
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
