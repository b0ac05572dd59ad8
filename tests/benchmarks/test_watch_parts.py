"""The pieces of `benchmarks/watch.py`."""

import cv2
import numpy as np
import pytest

from detector.monitor.motion import MotionFilter
from support.sample_pictures import picture, save_video
from watch_parts.measured import Event, pair_events
from watch_parts.replay import replay
from watch_parts.senders import delay_of, moving_a_third, wide
from watch_parts.stamps import read_stamp, stamp, to_jpeg


def street() -> np.ndarray:
    return cv2.resize(picture(12, 20, 1), (320, 182), interpolation=cv2.INTER_LINEAR)


@pytest.mark.parametrize("number", [0, 1, 1242, 4095])
def test_a_picture_carries_its_number_through_compression(number: int) -> None:
    jpeg = np.frombuffer(to_jpeg(stamp(street(), number)), np.uint8)
    assert read_stamp(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)) == number


def test_a_number_that_changes_is_no_motion(tmp_path) -> None:
    pictures = moving_a_third(save_video(tmp_path / "clip.mp4", [street()] * 10))
    images = [cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR) for each in pictures]
    assert [read_stamp(image) for image in images] == list(range(30))
    motion = MotionFilter(4.0)
    looks = [motion.needs_look(image, 100 + number / 10) for number, image in enumerate(images[10:])]
    assert sum(look is not None for look in looks) <= 7


def test_in_a_wide_camera_only_a_part_moves(tmp_path) -> None:
    clip = [cv2.resize(picture(12, 20, seed), (960, 506), interpolation=cv2.INTER_LINEAR) for seed in range(10)]
    images = [
        cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR)
        for each in wide(save_video(tmp_path / "clip.mp4", clip))
    ]
    motion = MotionFilter(4.0)
    looks = [motion.needs_look(image, 100 + number / 10) for number, image in enumerate(images)]
    assert looks[0] == (0, 0, 1280, 720)
    assert looks[-1] is not None
    assert np.abs(np.array(looks[-1]) - (640, 360, 1024, 562)).max() <= 8


def test_the_delay_of_a_picture_is_since_it_was_last_due() -> None:
    assert delay_of(100.0, 50, 25, 101.25) == pytest.approx(0.25)
    assert delay_of(100.0, 50, 25, 105.5) == pytest.approx(0.5)


def event(number: int, after: str = "with_mask", left: float = 10.0) -> Event:
    return Event("door", number, 0.1, ("undecided", after), (left, 10, left + 40, 50))


def test_events_are_the_same_where_person_change_and_time_are() -> None:
    ours = [event(20), event(95), event(40, "without_mask"), event(60, left=200)]
    theirs = [event(15), event(103), event(40), event(60)]
    later, different = pair_events(ours, theirs)
    assert later == pytest.approx([0.2, -0.32])
    assert different == 4


def test_cameras_with_and_without_motion_first_see_the_same_pictures(assets) -> None:
    faces = cv2.resize(cv2.imread(str(assets / "zidane.jpg")), (480, 270), interpolation=cv2.INTER_AREA)
    events, looked = replay([to_jpeg(stamp(faces, number)) for number in range(50)], 8.0, None)
    assert events["off"]
    assert [each.change for each in events["auto"]] == [each.change for each in events["off"]]
    assert 0 < looked < 0.5
