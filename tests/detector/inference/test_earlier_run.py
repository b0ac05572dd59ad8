import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from detector.errors import UsageError
from detector.inference.cancellation import Cancellation
from detector.inference.earlier_run import EarlierRun
from detector.inference.output_folder import Existing, prepare_output_folder
from detector.inference.outputs import Totals
from detector.inference.outputs.journal import JOURNAL, Journal, RunHead
from detector.inference.run import infer
from detector.media.sources import Frame
from support.commands import Ran
from support.found_faces import FixedDetector
from support.sample_pictures import picture, save, save_video

ALL = ("images", "csv", "json", "jsonl")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(6):
        save(tmp_path / "in" / "sub" / f"{number}.png", picture(seed=number))
    save_video(tmp_path / "in" / "sub" / "z.mp4", [picture(48, 64)] * 10)
    return tmp_path / "in"


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def run(
    photos: Path,
    out: Path,
    existing: Existing = "refuse",
    stop_after: int | None = None,
    detector: FixedDetector | None = None,
    **options: object,
) -> Totals:
    cancellation = Cancellation()
    frames = 0

    def count(_: Frame) -> None:
        nonlocal frames
        frames += 1
        if frames == stop_after:
            cancellation.cancel()

    earlier = prepare_output_folder(out, [photos], existing)
    options = {"save": ALL, "cancellation": cancellation, "on_frame": count, "earlier": earlier, **options}
    return infer(detector or FixedDetector(), [photos], out, **options)  # type: ignore[arg-type]


def same_results(one: Path, other: Path) -> bool:
    return files(one).keys() == files(other).keys() and all(
        files(one)[name] == files(other)[name] for name in files(one) if name != "summary.json"
    )


def test_an_earlier_run_is_refused_and_the_choices_are_named(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "out")
    before = files(tmp_path / "out")
    with pytest.raises(UsageError, match=r"earlier run; expected a new or empty folder; or `overwrite`.*`resume`"):
        run(photos, tmp_path / "out")
    assert files(tmp_path / "out") == before


def test_overwriting_removes_what_the_run_wrote_and_nothing_else(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(photos, out)
    (out / "sub" / "notes.txt").write_text("mine")
    (out / "1.png").write_bytes(b"also mine")
    save(photos / "1.png", picture())
    (photos / "sub" / "3.png").unlink()
    run(photos, out, "overwrite", save=["images", "csv"])
    left = files(out)
    assert left["sub/notes.txt"] == b"mine" and left["1.png"] == b"also mine"
    assert "1-2.png" in left and "sub/3.png" not in left and "detections.json" not in left


def test_every_file_is_listed_in_the_summary(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "out")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    listed = {name for entry in summary["inputs"] for name in entry["files"]} | set(summary["files"])
    assert listed | {"summary.json"} == files(tmp_path / "out").keys()
    EarlierRun(tmp_path / "out").remove()
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("stop_after", [1, 3, 6, 9])
def test_a_resumed_run_gives_what_an_undisturbed_one_gives(photos: Path, tmp_path: Path, stop_after: int) -> None:
    whole = run(photos, tmp_path / "whole")
    assert run(photos, tmp_path / "out", stop_after=stop_after).interrupted
    detector = FixedDetector()
    resumed = run(photos, tmp_path / "out", "resume", detector=detector)
    assert (resumed.outcomes, resumed.frames, resumed.faces) == (whole.outcomes, whole.frames, whole.faces)
    assert len(detector.read) == 7 - min(stop_after - 1, 6)
    assert same_results(tmp_path / "out", tmp_path / "whole")
    summaries = [json.loads((tmp_path / name / "summary.json").read_text()) for name in ("out", "whole")]
    assert summaries[0]["inputs"] == summaries[1]["inputs"] and summaries[0]["totals"] == summaries[1]["totals"]


def test_a_run_that_was_killed_is_resumed(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(photos, tmp_path / "whole")
    out = tmp_path / "out"
    run(photos, out, stop_after=4)
    journal = (out / JOURNAL).read_text().splitlines(keepends=True)
    process = json.loads(journal[0])["run"]["process"]
    # As a kill leaves it: a line broken off, no tables, a copy that no outcome names, a file under its temporary name.
    (out / JOURNAL).write_text("".join(journal[:-1]) + json.dumps({"file": "sub/5.png"}) + '\n{"frame": {"sour')
    for name in ("detections.csv", "detections.json", "detections.jsonl"):
        (out / name).unlink()
    (out / "sub" / "5.png").write_bytes(b"half")
    (out / "sub" / f".z.mp4.{process}.tmp").touch()
    (out / "summary.json").write_text('{"command": "detector infer", "state": "running"}')
    run(photos, out, "resume")
    assert same_results(out, tmp_path / "whole")


def test_inputs_that_failed_are_tried_again(photos: Path, tmp_path: Path) -> None:
    whole = (photos / "sub" / "2.png").read_bytes()
    (photos / "sub" / "2.png").write_bytes(whole[:20])
    assert run(photos, tmp_path / "out").outcomes["failed"] == 1
    (photos / "sub" / "2.png").write_bytes(whole)
    totals = run(photos, tmp_path / "out", "resume")
    assert (totals.outcomes["failed"], totals.outcomes["read"]) == (0, 7)
    with (tmp_path / "out" / "detections.csv").open() as file:
        assert sum(row["source"].endswith("2.png") for row in csv.DictReader(file)) == 2


def test_a_finished_run_cannot_be_resumed(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "out")
    with pytest.raises(UsageError, match="a run that is finished; expected one that was stopped; or `overwrite`"):
        run(photos, tmp_path / "out", "resume")


def test_resuming_where_nothing_is_begins(photos: Path, tmp_path: Path) -> None:
    assert run(photos, tmp_path / "out", "resume").outcomes["read"] == 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": {"conf": 0.5}}, "with `conf` 0.25, and now it is 0.5; expected the same options"),
        ({"save": ["csv"]}, r"with `save` \[.*\], and now it is \['csv'\]"),
    ],
)
def test_other_options_are_refused(photos: Path, tmp_path: Path, change: dict, message: str) -> None:
    run(photos, tmp_path / "out", stop_after=2, settings={"conf": 0.25})
    before = files(tmp_path / "out")
    with pytest.raises(UsageError, match=message):
        run(photos, tmp_path / "out", "resume", **{"settings": {"conf": 0.25}, **change})
    assert files(tmp_path / "out") == before


def test_other_inputs_are_refused(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "out", stop_after=2)
    with pytest.raises(UsageError, match=r"now .*sub is given; expected the same inputs"):
        run(photos / "sub", tmp_path / "out", "resume")


@pytest.mark.parametrize("existing", ["overwrite", "resume"])
def test_a_run_that_is_still_going_on_is_left_alone(photos: Path, tmp_path: Path, existing: Existing) -> None:
    pytest.importorskip("fcntl")
    run(photos, tmp_path / "out", stop_after=2)
    going_on = Journal(tmp_path / "out", RunHead([], {}), Totals())
    going_on.begin()
    before = files(tmp_path / "out")
    with pytest.raises(UsageError, match="still going on"):
        run(photos, tmp_path / "out", existing)
    assert files(tmp_path / "out") == before


def test_a_changed_summary_removes_nothing_outside(photos: Path, tmp_path: Path) -> None:
    mine = save(tmp_path / "mine.png", picture())
    (tmp_path / "elsewhere").mkdir()
    linked = save(tmp_path / "elsewhere" / "x.png", picture())
    out = tmp_path / "out"
    out.mkdir()
    (out / "link").symlink_to(tmp_path / "elsewhere")
    entry = {"source": "x", "files": ["../mine.png", str(mine), "link/x.png"]}
    (out / "summary.json").write_text(json.dumps({"command": "detector infer", "inputs": [entry]}))
    run(photos, out, "overwrite")
    assert mine.exists() and linked.exists()


def test_a_run_of_version_0_1_is_overwritten(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    save(out / "old.png", picture())
    (out / "detections.csv").touch()
    (out / "summary.json").write_text('{"command": "detector infer", "inputs": [{"source": "o", "output": "old.png"}]}')
    run(photos, out, "overwrite", save=["json"])
    assert files(out).keys() == {"detections.json", "summary.json"}


def test_a_damaged_summary_is_said(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "summary.json").write_text('{"command": "detector infer", ')
    with pytest.raises(UsageError, match=r"summary\.json: damaged"):
        run(photos, tmp_path / "out", "overwrite")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--overwrite"], "--overwrite: no --out; expected --out with the folder whose results are replaced"),
        (["--overwrite", "--resume"], "--overwrite: together with --resume; expected one of the two"),
        (["--resume", "--save", "none"], "--resume: together with --save none; expected results to write"),
        (["--resume"], "no such folder; expected --out with the folder that is meant"),
    ],
)
def test_contradicting_options_are_wrong_usage(
    infer: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = infer(save(tmp_path / "x.png", picture()), *arguments)
    assert ran.status == 2 and message in ran.err
