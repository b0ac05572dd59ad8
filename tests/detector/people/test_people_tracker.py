from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from detector import Detections, Detector
from detector.errors import UsageError
from detector.people.people_tracker import PeopleTracker, check_class_names
from detector.people.settings import DecisionSettings, Zone
from detector.people.states import PeopleInView, State, StateChange

MASK, BARE, WRONG, UNDECIDED = range(4)
STATES = (State.WITH_MASK, State.WITHOUT_MASK, State.MASK_WORN_INCORRECTLY)
SHAPE = (480, 640, 3)
START = datetime(2026, 11, 21, 8, tzinfo=UTC)
FPS = 10

# A face: the tracker's number, left edge, class, and what differs from a face of 60 pixels.
Face = tuple[int, float, int]


class Scene:
    """One camera at ten frames per second."""

    def __init__(self, settings: DecisionSettings | None = None, zones: tuple[Zone, ...] = ()) -> None:
        self.tracker = PeopleTracker("door", settings, zones)
        self.time = START
        self.changes: list[StateChange] = []

    def see(self, *faces: Face, frames: int = 1, size: float = 60, top: float = 100) -> PeopleInView:
        boxes = [[x, top, x + size, top + size] for _, x, _ in faces]
        found = Detections(boxes, [0.8] * len(faces), [c for *_, c in faces], [track for track, *_ in faces])
        for _ in range(frames):
            seen = self.tracker.update(self.time, found, SHAPE)
            self.changes += seen.changes
            self.time += timedelta(seconds=1 / FPS)
        return seen

    def story(self) -> list[tuple[int, State, State]]:
        return [(change.track_id, change.before, change.after) for change in self.changes]


def test_a_person_is_decided_and_then_changes() -> None:
    scene = Scene()
    assert scene.see((5, 100, BARE)).states == {1: State.UNDECIDED}
    assert scene.changes == []
    assert scene.see((5, 100, BARE), frames=20).states == {1: State.WITHOUT_MASK}
    scene.see((5, 110, MASK), frames=40)
    scene.see((5, 110, WRONG), frames=40)
    assert scene.story() == [
        (1, State.UNDECIDED, State.WITHOUT_MASK),
        (1, State.WITHOUT_MASK, State.WITH_MASK),
        (1, State.WITH_MASK, State.MASK_WORN_INCORRECTLY),
    ]
    first, second, _ = scene.changes
    assert (first.camera, first.confidence, first.xyxy) == ("door", pytest.approx(0.8), (100, 100, 160, 160))
    assert first.time == START + timedelta(seconds=0.5)
    assert second.xyxy == (110, 100, 170, 160)


def test_one_frame_raises_nothing_whatever_it_shows() -> None:
    scene = Scene(DecisionSettings(needed=1))
    people = scene.see(*((i, 70 * i, i % 3) for i in range(8)))
    assert set(people.states.values()) == {State.UNDECIDED}
    assert scene.see(frames=50).states == {}
    assert scene.changes == []


def test_small_faces_are_in_view_but_do_not_vote() -> None:
    scene = Scene(DecisionSettings(min_face=20))
    assert scene.see((1, 100, BARE), frames=50, size=19).states == {1: State.UNDECIDED}
    assert scene.see((1, 100, BARE), frames=10, size=20).states == {1: State.WITHOUT_MASK}


def test_ignored_zones_hide_people_altogether() -> None:
    poster = Zone(name="poster", polygon=((0, 0), (0.3, 0), (0.3, 1), (0, 1)), count=False)
    scene = Scene(zones=(poster,))
    people = scene.see((1, 20, MASK), (2, 400, BARE), frames=20)
    assert list(people.states.values()) == [State.WITHOUT_MASK]
    assert len(scene.changes) == 1
    assert sum(scene.tracker.totals().values()) == 1


def test_a_zone_outside_the_picture_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(zones=(Zone(name="till", polygon=((700, 0), (900, 0), (900, 400))),))
    scene.see((1, 100, BARE), frames=3)
    assert caplog.messages == ["door: zone 'till' reaches outside the picture of 640 x 480"]


def test_people_stay_in_view_for_a_while_and_are_counted_when_they_have_left() -> None:
    scene = Scene()
    scene.see((1, 100, BARE), (2, 400, MASK), frames=20)
    assert scene.see((1, 100, BARE), frames=15).states == {1: State.WITHOUT_MASK, 2: State.WITH_MASK}
    assert scene.see((1, 100, BARE), frames=10).states == {1: State.WITHOUT_MASK}
    assert scene.see((2, 400, MASK), frames=1).states == {1: State.WITHOUT_MASK, 3: State.UNDECIDED}
    scene.see(frames=40)
    assert scene.tracker.totals() == {
        State.WITH_MASK: 1,
        State.WITHOUT_MASK: 1,
        State.MASK_WORN_INCORRECTLY: 0,
        State.UNDECIDED: 1,
    }


def test_a_new_number_where_somebody_vanished_is_the_same_person() -> None:
    scene = Scene()
    scene.see((1, 100, BARE), (2, 400, MASK), frames=20)
    scene.see((2, 400, MASK), frames=15)
    people = scene.see((7, 115, BARE), (2, 400, MASK))
    assert people.states == {1: State.WITHOUT_MASK, 2: State.WITH_MASK}
    scene.see((7, 115, BARE), (2, 400, MASK), frames=30)
    assert len(scene.changes) == 2
    assert sum(scene.tracker.totals().values()) == 2


@pytest.mark.parametrize(("x", "gap"), [(300, 5), (115, 25), (160, 5)])
def test_a_new_number_elsewhere_or_later_is_another_person(x: float, gap: int) -> None:
    scene = Scene()
    scene.see((1, 100, BARE), frames=20)
    scene.see(frames=gap)
    scene.see((7, x, BARE), frames=20)
    assert scene.story() == [(1, State.UNDECIDED, State.WITHOUT_MASK), (2, State.UNDECIDED, State.WITHOUT_MASK)]


def test_the_face_stays_the_person_where_the_old_number_goes_with_the_mask() -> None:
    scene = Scene()
    scene.see((1, 100, MASK), frames=20)
    for i in range(4):  # the mask is taken away sideways, and followed; the face gets a new number
        people = scene.see((1, 120 + 10 * i, MASK), (2, 100, BARE))
        assert people.states == {1: State.WITH_MASK}
    scene.see((2, 100, BARE), frames=40)
    assert scene.story() == [(1, State.UNDECIDED, State.WITH_MASK), (1, State.WITH_MASK, State.WITHOUT_MASK)]
    assert sum(scene.tracker.totals().values()) == 1


def test_two_people_close_to_each_other_are_two() -> None:
    scene = Scene()
    scene.see((1, 100, MASK), frames=20)
    scene.see((1, 130, MASK), (2, 95, BARE), frames=20)
    assert scene.story() == [(1, State.UNDECIDED, State.WITH_MASK), (2, State.UNDECIDED, State.WITHOUT_MASK)]


def test_a_queue_past_a_door_is_as_many_people() -> None:
    scene = Scene()
    for frame in range(300):  # every second somebody comes in at the left and walks out at the right, 12 pixels a frame
        walkers = [(n, 12.0 * (frame - 10 * n), n % 2) for n in range(30) if 0 <= frame - 10 * n < 45]
        scene.see(*walkers)
    scene.see(frames=40)
    assert sum(scene.tracker.totals().values()) == 30
    assert len(scene.changes) == 30


def test_people_of_one_frame_are_numbered_from_the_left() -> None:
    people = Scene().see((9, 500, BARE), (4, 20, MASK), (6, 250, BARE))
    assert people.states.keys() == {1, 2, 3}
    scene = Scene()
    scene.see((9, 500, BARE), (4, 20, MASK), frames=20)
    assert scene.story() == [(1, State.UNDECIDED, State.WITH_MASK), (2, State.UNDECIDED, State.WITHOUT_MASK)]


def test_after_an_outage_everybody_is_new() -> None:
    scene = Scene()
    scene.see((1, 100, BARE), frames=20)
    scene.time += timedelta(minutes=1)
    assert scene.see((1, 100, MASK)).states == {2: State.UNDECIDED}


def test_a_clock_that_is_set_back_changes_nothing() -> None:
    scene = Scene()
    scene.see((1, 100, BARE), frames=20)
    scene.time -= timedelta(hours=1)
    assert scene.see((1, 100, BARE), frames=5).states == {1: State.WITHOUT_MASK}
    assert scene.see(frames=30).states == {}


def test_a_slow_camera_decides_too() -> None:
    tracker = PeopleTracker("slow")
    seen = [
        tracker.update(START + timedelta(seconds=3 * i), Detections([[0, 0, 50, 50]], [0.9], [BARE], [1]), SHAPE)
        for i in range(10)
    ]
    assert [len(people.changes) for people in seen] == [0] * 5 + [1] + [0] * 4


def test_faces_without_a_number_are_not_looked_at() -> None:
    tracker = PeopleTracker("door")
    for faces in (Detections.empty(), Detections([[0, 0, 50, 50]], [0.9], [BARE], [-1])):
        assert tracker.update(START, faces, SHAPE).states == {}


def test_weights_with_other_classes_are_refused() -> None:
    check_class_names(("with_mask", "without_mask"))
    with pytest.raises(
        UsageError, match="the class 'mask'; expected classes called with_mask, without_mask, mask_worn"
    ):
        check_class_names(("with_mask", "mask"))


@pytest.mark.slow
def test_four_people_who_put_masks_on(shared: Path) -> None:
    """The man on the left fits his mask, loses it, and puts it on again, later than the rest."""
    from detector.inference.tracking import WEAKEST_SCORE, FaceTracker
    from detector.media.sources import Source, find_sources, read_frames

    rate = 5
    detector, tracker = Detector(device="cpu", imgsz=320, conf=WEAKEST_SCORE), FaceTracker(rate, 0.25)
    painting = Zone(name="painting", polygon=((0.44, 0.2), (0.56, 0.2), (0.56, 0.4), (0.44, 0.4)), count=False)
    people = PeopleTracker("door", zones=(painting,))
    changes: list[StateChange] = []
    (source,) = find_sources([shared / "data" / "videos" / "putting-masks-on.mp4"])
    assert isinstance(source, Source)
    for frame in islice(read_frames(source), 0, 14 * 25, 25 // rate):
        assert frame.seconds is not None
        faces = tracker.update(detector.predict(frame.image), frame.seconds)
        time = START + timedelta(seconds=frame.seconds)
        seen = people.update(time, faces[faces.confidence > 0.25], frame.image.shape)
        changes += seen.changes
    stories = defaultdict(list)
    for change in changes:
        stories[change.track_id].append(change.after)
    once = [State.WITHOUT_MASK, State.WITH_MASK]
    assert stories == {1: once + once, 2: once, 3: once, 4: once}
    seconds = [(change.time - START).total_seconds() for change in changes]
    assert seconds == sorted(seconds)
    assert seconds[3] < 1.5  # all four bare-faced
    assert seconds[4] > 3.0  # all four masked, as it seems
    assert seconds[7] < 6.0
    assert 7.5 < seconds[8] < 9.5  # the man on the left
    assert 12.0 < seconds[9] < 14.0
    assert people.totals()[State.WITH_MASK] == sum(people.totals().values()) == 4
