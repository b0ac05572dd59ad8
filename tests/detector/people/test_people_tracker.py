import csv
from collections import defaultdict
from itertools import islice
from pathlib import Path

import pytest

from detector import Detections, Detector
from detector.errors import UsageError
from detector.people.face_tracker import WEAKEST_SCORE, FaceTracker
from detector.people.people_tracker import Change, PeopleSeen, PeopleTracker, check_class_names
from detector.people.settings import DecisionSettings, Zone
from detector.people.states import State

MASK, BARE, WRONG, UNDECIDED = range(4)
STATES = (State.WITH_MASK, State.WITHOUT_MASK, State.MASK_WORN_INCORRECTLY)
SHAPE = (480, 640, 3)
FPS = 10

# A face: the tracker's number, left edge, class, and what differs from a face of 60 pixels.
Face = tuple[int, float, int]


class Scene:
    """One camera at ten frames per second."""

    def __init__(self, settings: DecisionSettings | None = None, zones: tuple[Zone, ...] = ()) -> None:
        self.tracker = PeopleTracker(settings, zones, "door")
        self.time = 1000.0
        self.changes: list[tuple[float, Change]] = []

    def see(self, *faces: Face, frames: int = 1, size: float = 60, top: float = 100) -> PeopleSeen:
        boxes = [[x, top, x + size, top + size] for _, x, _ in faces]
        found = Detections(boxes, [0.8] * len(faces), [c for *_, c in faces], [track for track, *_ in faces])
        for _ in range(frames):
            seen = self.tracker.update(self.time, found, SHAPE)
            self.changes += [(self.time - 1000, change) for change in seen.changes]
            self.time += 1 / FPS
        return seen

    def story(self) -> list[tuple[int, State, State]]:
        return [(change.number, change.before, change.after) for _, change in self.changes]


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
    (first_time, first), (_, second), _ = scene.changes
    assert (first.confidence, first.xyxy) == (pytest.approx(0.8), (100, 100, 160, 160))
    assert first_time == pytest.approx(0.7)
    assert second.xyxy == (110, 100, 170, 160)


def test_one_frame_raises_nothing_whatever_it_shows() -> None:
    scene = Scene(DecisionSettings(first_seconds=0.1))
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
    assert scene.see((1, 100, BARE), frames=35).states == {1: State.WITHOUT_MASK, 2: State.WITH_MASK}
    assert scene.see((1, 100, BARE), frames=10).states == {1: State.WITHOUT_MASK}
    assert scene.see((2, 400, MASK), frames=1).states == {1: State.WITHOUT_MASK, 3: State.UNDECIDED}
    scene.see(frames=60)
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


@pytest.mark.parametrize(("x", "gap"), [(300, 5), (115, 45), (160, 5)])
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
    scene.see(frames=60)
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
    scene.time += 60
    assert scene.see((1, 100, MASK)).states == {2: State.UNDECIDED}


def test_times_that_go_back_change_nothing() -> None:
    scene = Scene()
    scene.see((1, 100, BARE), frames=20)
    scene.time -= 0.5
    assert scene.see((1, 100, BARE), frames=5).states == {1: State.WITHOUT_MASK}
    assert scene.see(frames=50).states == {}


def test_a_slow_camera_counts_people_and_knows_no_state() -> None:
    tracker, face = PeopleTracker(), Detections([[0, 0, 50, 50]], [0.9], [BARE], [1])
    seen = [tracker.update(i / 2.5, face, SHAPE) for i in range(50)]
    assert not any(people.known or people.changes for people in seen[3:])
    assert seen[-1].states == {1: State.UNDECIDED}
    assert seen[-1].rate == pytest.approx(2.5, abs=0.2)


def test_what_was_decided_in_a_slow_moment_is_told_once_afterwards() -> None:
    scene = Scene()
    scene.see((1, 100, BARE), frames=60)
    for i in range(50):  # twenty seconds
        scene.time += 0.3
        assert scene.see((1, 100, BARE if i < 25 else MASK)).states.keys() == {1}
    assert scene.story() == [(1, State.UNDECIDED, State.WITHOUT_MASK)]
    scene.see((1, 100, MASK), frames=60)
    assert scene.story()[1:] == [(1, State.WITHOUT_MASK, State.WITH_MASK)]


def test_people_have_their_time_in_each_state_without_the_time_after_they_left() -> None:
    scene = Scene()
    scene.see((1, 100, BARE), frames=21)
    scene.see(frames=20)  # turned away
    scene.see((1, 100, BARE), frames=10)
    seen = [scene.see() for _ in range(60)]
    (person,) = (person for people in seen for person in people.left)
    assert person.number == 1
    assert person.seconds[State.UNDECIDED] == pytest.approx(0.6)
    assert person.seconds[State.WITHOUT_MASK] == sum(person.seconds.values()) - person.seconds[State.UNDECIDED]
    assert sum(person.seconds.values()) == pytest.approx(5.0)


def test_faces_without_a_number_are_not_looked_at() -> None:
    tracker = PeopleTracker()
    for faces in (Detections.empty(), Detections([[0, 0, 50, 50]], [0.9], [BARE], [-1])):
        assert tracker.update(0.0, faces, SHAPE).states == {}


def test_weights_with_other_classes_are_refused() -> None:
    check_class_names(("with_mask", "without_mask"))
    with pytest.raises(
        UsageError, match="the class 'mask'; expected classes called with_mask, without_mask, mask_worn"
    ):
        check_class_names(("with_mask", "mask"))


@pytest.fixture(scope="module")
def clip_faces(shared: Path) -> list[tuple[float, Detections, tuple[int, ...]]]:
    """What is found in each frame of the clip until its last change."""
    from detector.media.sources import Source, find_sources, read_frames

    detector = Detector(device="cpu", conf=WEAKEST_SCORE)
    (source,) = find_sources([shared / "data" / "videos" / "putting-masks-on.mp4"])
    assert isinstance(source, Source)
    frames = islice(read_frames(source), 13 * 25)
    return [(float(frame.seconds or 0), detector.predict(frame.image), frame.image.shape) for frame in frames]


@pytest.mark.slow
@pytest.mark.parametrize("rate", [25, 10, 5])
def test_each_change_of_four_people_is_known_within_two_seconds(
    clip_faces: list[tuple[float, Detections, tuple[int, ...]]], shared: Path, rate: float
) -> None:
    """They put masks on. The man on the left takes his off and puts it on again. A masked Mona Lisa is in a zone."""
    painting = Zone(name="painting", polygon=((0.44, 0.2), (0.56, 0.2), (0.56, 0.4), (0.44, 0.4)), count=False)
    faces_of, people = FaceTracker(0.25), PeopleTracker(zones=(painting,))
    found: defaultdict[int, list[tuple[float, State]]] = defaultdict(list)
    last = -1.0
    for seconds, each, shape in clip_faces:
        if seconds - last < 1 / rate - 0.01:
            continue
        last = seconds
        faces = faces_of.update(each, seconds, shape)
        for change in people.update(seconds, faces[faces.confidence > 0.25], shape).changes:
            found[change.number].append((seconds, change.after))
    with (shared / "cases" / "watch" / "clip-changes.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["person"] != "poster on the wall"]
    expected: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        expected[row["person"]].append(float(row["seconds"]))
    assert len(found) == len(expected) == 4
    # In the order of x, as people are numbered from the left.
    for number, person in enumerate(("left", "front centre", "behind right of centre", "right"), 1):
        assert [state for _, state in found[number]] == [
            (State.WITHOUT_MASK, State.WITH_MASK)[i % 2] for i in range(len(expected[person]))
        ]
        delays = [at - truth for (at, _), truth in zip(found[number], expected[person], strict=True)]
        # By eye, a change is seen to half a second.
        assert all(0 <= delay <= 2.25 for delay in delays), (person, delays)


def test_people_keep_their_state_and_their_time_goes_on_while_nothing_moves() -> None:
    scene = Scene()
    scene.see((5, 100, BARE), (6, 300, MASK), frames=20)
    for step in range(100):
        seen = scene.tracker.stay(scene.time + step / FPS)
    assert seen.states == {1: State.WITHOUT_MASK, 2: State.WITH_MASK}
    assert seen.known
    assert seen.rate == pytest.approx(FPS)
    people = scene.tracker._identities.in_view()
    assert people[1].seconds[State.WITHOUT_MASK] == pytest.approx(11.2, abs=0.3)
    assert not seen.changes


def test_who_is_not_decided_is_not_decided_by_frames_in_which_nothing_moved() -> None:
    scene = Scene()
    scene.see((5, 100, BARE), frames=3)
    for step in range(100):
        seen = scene.tracker.stay(scene.time + step / FPS)
    assert seen.states == {1: State.UNDECIDED}
    assert scene.tracker.open_faces()


def test_who_was_not_found_leaves_although_nothing_moves() -> None:
    scene = Scene()
    scene.see((5, 100, BARE), frames=20)
    scene.see()
    assert scene.tracker.open_faces()
    left = [person for step in range(60) for person in scene.tracker.stay(scene.time + step / FPS).left]
    assert [person.number for person in left] == [1]
    assert not scene.tracker.open_faces()


def test_a_look_that_disagrees_leaves_something_open_until_it_is_settled() -> None:
    scene = Scene()
    scene.see((5, 100, BARE), frames=20)
    assert not scene.tracker.open_faces()
    scene.see((5, 100, MASK))
    assert scene.tracker.open_faces()
    scene.see((5, 100, MASK), frames=30)
    assert scene.story()[-1] == (1, State.WITHOUT_MASK, State.WITH_MASK)
    assert not scene.tracker.open_faces()


def test_a_face_too_small_to_vote_leaves_nothing_open() -> None:
    scene = Scene()
    scene.see((5, 100, BARE), frames=3, size=10)
    assert not scene.tracker.open_faces()
