import csv
from fractions import Fraction
from pathlib import Path, PurePath

import numpy as np
import pytest

from detector import Detections
from detector.errors import UsageError
from detector.inference.outputs import Outcome
from detector.inference.outputs.names import OutputNames
from detector.inference.outputs.people import COLUMNS, PeopleWriter
from detector.media.images import read_image
from detector.media.sources import Frame, Source
from detector.media.videos import Timing

Face = tuple[int, int, tuple[int, int, int, int]]

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")
MASK, BARE, INCORRECT = range(3)
LEFT, RIGHT = (20, 20, 60, 60), (200, 20, 240, 60)
COLOURS = {MASK: 80, BARE: 160, INCORRECT: 240}


class Video:
    """A video of 10 frames per second whose faces are given."""

    def __init__(self, folder: Path, name: str = "clip.mp4") -> None:
        self.names, self.name, self.frames = OutputNames(folder, ("people.csv",)), name, 0
        self.writer = PeopleWriter(self.names, "people.csv", NAMES)
        self.folder = folder

    def show(self, seconds: float, *faces: Face, prepared: bool = True) -> "Video":
        """Show faces, each with the number of its track, its class and its place."""
        for _ in range(round(seconds * 10)):
            image = np.zeros((100, 300, 3), np.uint8)
            for _, label, (x1, y1, x2, y2) in faces:
                image[y1:y2, x1:x2] = COLOURS[label]
            source = Source(self.name, "video", PurePath(self.name))
            time = Fraction(self.frames, 10)
            frame = Frame(image, source, self.frames, float(time), Timing(time, Fraction(1, 10), Fraction(10)))
            found = Detections(
                np.array([place for *_, place in faces], np.float32).reshape(-1, 4),
                [0.8] * len(faces),
                [label for _, label, _ in faces],
                [track for track, *_ in faces],
                NAMES,
            )
            self.writer.write(frame, found, self.writer.prepare(frame, found) if prepared else None)
            self.frames += 1
        return self

    def end(self, **fields: object) -> Outcome:
        outcome = Outcome(self.name, "video", **fields)  # type: ignore[arg-type]
        outcome.files = outcome.files or self.names.take_claimed()
        self.writer.end(outcome)
        self.frames = 0
        return outcome

    def rows(self) -> list[dict[str, str]]:
        self.writer.close()
        with (self.folder / "people.csv").open(newline="") as file:
            reader = csv.DictReader(file)
            assert tuple(reader.fieldnames or ()) == COLUMNS
            return list(reader)


def test_each_person_has_one_row_however_often_it_is_seen(tmp_path: Path) -> None:
    video = Video(tmp_path).show(3, (0, MASK, LEFT), (1, BARE, RIGHT))
    outcome = video.end()
    assert outcome.people == {"with_mask": 1, "without_mask": 1, "mask_worn_incorrectly": 0, "undecided": 0}
    first, second = video.rows()
    assert [first["person"], first["state"], first["frames"], first["tracker_ids"]] == ["1", "with_mask", "30", "0"]
    assert [second["person"], second["state"], second["first_seconds"]] == ["2", "without_mask", "0.000"]
    assert (float(second["last_seconds"]), float(second["confidence"])) == (2.9, 0.8)


def test_who_puts_a_mask_on_is_one_person_with_the_time_in_both_states(tmp_path: Path) -> None:
    video = Video(tmp_path).show(4, (0, BARE, LEFT)).show(4, (0, MASK, LEFT))
    assert video.end().people == {"with_mask": 1, "without_mask": 0, "mask_worn_incorrectly": 0, "undecided": 0}
    (row,) = video.rows()
    assert row["state"] == "with_mask"
    assert float(row["seconds_without_mask"]) > 3 and float(row["seconds_with_mask"]) > 2
    times = [float(value) for name, value in row.items() if name.startswith("seconds_")]
    assert sum(times) == pytest.approx(float(row["last_seconds"]) - float(row["first_seconds"]), abs=0.01)


def test_a_face_that_gets_another_track_in_its_place_stays_one_person(tmp_path: Path) -> None:
    video = Video(tmp_path).show(2, (0, BARE, LEFT)).show(1).show(2, (7, BARE, LEFT))
    assert video.end().people is not None
    (row,) = video.rows()
    assert (row["tracker_ids"], row["frames"]) == ("0 7", "40")


def test_the_picture_shows_the_state_of_the_row(tmp_path: Path) -> None:
    video = Video(tmp_path).show(4, (0, BARE, LEFT)).show(4, (0, MASK, LEFT))
    outcome = video.end()
    (row,) = video.rows()
    assert row["picture"] == "people/clip.mp4/1.jpg"
    assert row["picture"] in outcome.files
    picture = read_image(tmp_path / row["picture"])
    assert abs(int(picture[32, 32, 0]) - COLOURS[MASK]) < 10
    assert max(picture.shape) <= 160


def test_who_is_seen_too_shortly_is_undecided(tmp_path: Path) -> None:
    video = Video(tmp_path).show(0.3, (0, BARE, LEFT)).show(6)
    assert video.end().people == {"with_mask": 0, "without_mask": 0, "mask_worn_incorrectly": 0, "undecided": 1}
    (row,) = video.rows()
    assert (row["state"], row["confidence"]) == ("undecided", "")
    assert (tmp_path / row["picture"]).is_file()


def test_numbers_begin_again_with_each_video(tmp_path: Path) -> None:
    video = Video(tmp_path).show(2, (0, MASK, LEFT))
    video.end()
    video.name = "other.mp4"
    video.show(2, (0, BARE, LEFT))
    video.end()
    assert [(row["source"], row["person"], row["state"]) for row in video.rows()] == [
        ("clip.mp4", "1", "with_mask"),
        ("other.mp4", "1", "without_mask"),
    ]


def test_pictures_have_no_people(tmp_path: Path) -> None:
    video = Video(tmp_path)
    frame = Frame(np.zeros((10, 10, 3), np.uint8), Source("a.jpg", "image", PurePath("a.jpg")))
    video.writer.write(frame, Detections([[1, 1, 9, 9]], [0.9], [0], None, NAMES), [None])
    outcome = Outcome("a.jpg", "image")
    video.writer.end(outcome)
    assert outcome.people is None
    assert video.rows() == []


def test_a_run_that_goes_on_writes_the_same_rows_without_the_frames(tmp_path: Path) -> None:
    video = Video(tmp_path).show(2, (0, MASK, LEFT), (1, BARE, RIGHT))
    outcome = video.end()
    before = video.rows()
    again = Video(tmp_path).show(2, (0, MASK, LEFT), (1, BARE, RIGHT), prepared=False)
    assert again.end(files=outcome.files).people == outcome.people
    assert again.rows() == before
    assert sorted(path.name for path in (tmp_path / "people").rglob("*.jpg")) == ["1.jpg", "2.jpg"]


def test_weights_with_other_classes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the class 'cat'"):
        PeopleWriter(OutputNames(tmp_path), "people.csv", ("cat", "dog"))
    assert list(tmp_path.iterdir()) == []
