"""Videos in parts, as actors take them: joined, they are the whole video."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from detector import Detector
from detector.cluster.tables import Answer
from detector.cluster.videos import PartJoiner, cut_videos, part_of, watch_part, watch_video
from support.sample_pictures import picture, save_video


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return save_video(tmp_path / "clip.mp4", [picture(60, 80, i) for i in range(30)], key_every=10)


def answered(row: dict[str, Any], answer: Answer) -> dict[str, Any]:
    return {**row, **vars(answer)}


def test_parts_joined_are_the_whole_video(clip: Path, detector: Detector) -> None:
    rows = cut_videos(pa.table({"input": [7], "path": [str(clip)]}), 0.3).to_pylist()
    assert [row["part"] for row in rows] == [0, 1, 2]
    done = []
    for row in rows:
        part = part_of(row)
        answer = (
            watch_video(detector, row["path"], track=False) if part is None else watch_part(detector, row["path"], part)
        )
        done.append(answered(row, answer))
    (joined,) = PartJoiner().join(reversed(done))
    whole = watch_video(detector, str(clip), track=False)
    assert (joined["frames"], joined["faces"]) == (whole.frames, whole.faces)
    assert (joined["width"], joined["height"], joined["outcome"]) == (80, 60, "read")


def row(part: int, outcome: str = "read") -> dict[str, Any]:
    face = {"frame": 1, "label": "with_mask"}
    return {"input": 3, "part": part, "parts": 3, **vars(Answer("video", outcome, None, 8, 6, 10, 5.0, [face]))}


def test_frames_are_counted_through_all_parts() -> None:
    joiner = PartJoiner()
    assert list(joiner.join([row(2), row(0)])) == []
    (joined,) = joiner.join([row(0), row(1)])
    assert [face["frame"] for face in joined["faces"]] == [1, 11, 21]
    assert (joined["frames"], joined["milliseconds"]) == (30, 15.0)


def test_a_video_with_a_bad_part_is_left_for_one_piece() -> None:
    assert list(PartJoiner().join([row(0), row(1, "failed"), row(2)])) == []


def test_what_is_no_video_is_a_row(tmp_path: Path, detector: Detector) -> None:
    answer = watch_video(detector, str(tmp_path / "gone.mp4"), track=False)
    assert (answer.outcome, answer.kind, answer.frames) == ("failed", None, 0)
    assert answer.reason
