import csv
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count, islice
from pathlib import Path, PurePath

import numpy as np
import PIL.Image
import pytest

from detector import Detections, Detector
from detector.errors import OutputError
from detector.inference.cancellation import Cancellation
from detector.inference.output_folder import prepare_output_folder
from detector.inference.outputs import Outcome, Totals
from detector.inference.outputs.journal import JOURNAL
from detector.inference.run import infer as run_infer
from detector.media.images import read_image
from detector.media.sources import Frame, Source, read_frames
from detector.media.videos import Timing, read_video
from support.commands import DETECTOR, Ran, interrupt
from support.overlap import AtOnce
from support.sample_pictures import picture, save, save_video

Infer = Callable[..., Ran]


@pytest.fixture
def photos(tmp_path: Path, assets: Path) -> Path:
    folder = tmp_path / "photos"
    for name in ("bus.jpg", "zidane.jpg"):
        (folder / "sub").mkdir(parents=True, exist_ok=True)
        (folder / "sub" / name).write_bytes((assets / name).read_bytes())
    save(folder / "plain.png", picture())
    return folder


def summary(out: Path) -> dict:
    return json.loads((out / "summary.json").read_text())


def outcomes(out: Path) -> dict[str, tuple[str, str | None]]:
    return {Path(i["source"]).name: (i["outcome"], i["reason"]) for i in summary(out)["inputs"]}


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "detections.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


@pytest.mark.essential
@pytest.mark.slow
def test_a_folder_gives_copies_tables_and_a_summary(infer: Infer, photos: Path, tmp_path: Path) -> None:
    before = snapshot(photos)
    ran = infer(photos, "--out", tmp_path / "out")
    assert ran.status == 0, ran.err
    files = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    tables = {"detections.csv", "detections.json", "summary.json"}
    assert files == tables | {"plain.png", "sub/bus.jpg", "sub/zidane.jpg"}
    totals = summary(tmp_path / "out")["totals"]
    assert totals["inputs"] == totals["read"] == totals["frames"] == 3
    faces = rows(tmp_path / "out")
    assert len(faces) == sum(totals["faces"].values()) >= 2
    assert len(json.loads((tmp_path / "out" / "detections.json").read_text())["annotations"]) == len(faces)
    assert (read_image(tmp_path / "out" / "plain.png") == picture()).all()
    drawn = read_image(tmp_path / "out/sub/zidane.jpg").astype(int) - read_image(photos / "sub/zidane.jpg")
    assert (np.abs(drawn) > 60).any()
    assert snapshot(photos) == before
    assert "total of 3 inputs" in ran.out and str(totals["faces"]["without_mask"]) in ran.out
    assert ran.err == ""


@pytest.mark.slow
def test_every_bad_input_has_its_outcome_and_the_rest_is_read(infer: Infer, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    save(folder / "good.jpg", picture())
    whole = save(folder / "cut.jpg", np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8))
    whole.write_bytes(whole.read_bytes()[:9000])
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("not a picture")
    (folder / "text.mp4").write_text("not a video")
    PIL.Image.new("1", (20_000, 20_000)).save(folder / "huge.png")
    save_video(folder / "clip.mp4", [picture(48, 64)] * 5)
    ran = infer(folder, tmp_path / "missing.jpg", "--out", tmp_path / "out")
    assert ran.status == 1
    result = outcomes(tmp_path / "out")
    assert {name for name, (outcome, _) in result.items() if outcome == "read"} == {"good.jpg", "clip.mp4"}
    reasons = {
        "cut.jpg": "truncated",
        "empty.png": "an empty file",
        "text.jpg": "not a picture",
        "text.mp4": "not readable as a video",
        "huge.png": "megapixels",
        "missing.jpg": "no such file",
    }
    for name, reason in reasons.items():
        assert reason in (result[name][1] or "")
        assert f"{name}: " in ran.err
    assert summary(tmp_path / "out")["totals"]["failed"] == 6


def test_unusual_pictures_are_read(infer: Infer, tmp_path: Path) -> None:
    folder = tmp_path / "in ü 画"
    grey = np.linspace(0, 65535, 80 * 60).reshape(60, 80).astype(np.uint16)
    save(folder / "sixteen.png", grey)
    save(folder / "sixteen.tif", np.dstack([grey] * 3))
    save(folder / "alpha.PNG", np.dstack([picture(), np.zeros((60, 80), np.uint8)]))
    PIL.Image.fromarray(picture()).convert("CMYK").save(folder / "cmyk.jpg")
    PIL.Image.fromarray(picture()).convert("L").save(folder / "grey.jpeg")
    PIL.Image.fromarray(picture()).convert("P").save(folder / "palette.gif")
    frames = [PIL.Image.new("RGB", (31, 21), colour) for colour in ("red", "blue", "green")]
    frames[0].save(folder / "moves.gif", save_all=True, append_images=frames[1:])
    save(folder / "new\nline.png", picture())
    ran = infer(folder, "--out", tmp_path / "out")
    assert ran.status == 0, ran.err
    assert len(list(read_video(tmp_path / "out" / "moves.gif.mp4"))) == 3
    assert (tmp_path / "out" / "new\nline.png").exists()
    assert "new\\nline.png" in ran.out


@pytest.mark.slow
def test_a_video_cut_short_is_answered_as_far_as_it_goes(infer: Infer, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(100)]
    video = save_video(tmp_path / "cut.mp4", frames, movflags="faststart")
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    ran = infer(video, "--out", tmp_path / "out")
    assert ran.status == 1
    assert "damaged" in ran.out
    (entry,) = summary(tmp_path / "out")["inputs"]
    assert entry["outcome"] == "damaged"
    assert f"{entry['frames']} frames read of about 100" in entry["reason"]
    assert summary(tmp_path / "out")["totals"]["damaged"] == 1
    assert entry["reason"] in " ".join(ran.err.split())
    assert 30 < entry["frames"] < 70
    assert len(list(read_video(tmp_path / "out" / "cut.mp4"))) == entry["frames"]


def test_files_of_a_folder_that_are_left_out_are_counted(infer: Infer, tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", picture())
    for name in ("a.txt", "b.txt", "c.xml"):
        (tmp_path / "in" / name).write_text("-")
    ran = infer(tmp_path / "in", "--out", tmp_path / "out")
    assert ran.status == 0
    assert "Left out, neither picture nor video: 2 .txt, 1 .xml" in ran.out
    assert summary(tmp_path / "out")["totals"]["left_out"] == {".txt": 2, ".xml": 1}


def test_a_folder_without_pictures_is_a_failure(infer: Infer, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    ran = infer(tmp_path / "in", "--out", tmp_path / "out")
    assert ran.status == 1
    assert "no pictures or videos in it" in ran.err


@pytest.mark.slow
def test_inputs_of_the_same_name_do_not_replace_each_other(infer: Infer, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        save(tmp_path / folder / "x.png", picture())
    assert infer(tmp_path / "a" / "x.png", tmp_path / "b" / "x.png", "--out", tmp_path / "out").status == 0
    assert [i["output"] for i in summary(tmp_path / "out")["inputs"]] == ["x.png", "x-2.png"]
    assert infer(tmp_path / "a", tmp_path / "b", "--out", tmp_path / "two").status == 0
    assert [i["output"] for i in summary(tmp_path / "two")["inputs"]] == ["a/x.png", "b/x.png"]


@pytest.mark.slow
def test_results_inside_the_input_are_not_read_again(
    infer: Infer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "x.png", picture())
    monkeypatch.chdir(tmp_path)
    for folder in ("runs/infer", "runs/infer-2"):
        assert infer(".").status == 0
        assert summary(Path(folder))["totals"]["inputs"] == 1


@pytest.mark.slow
def test_an_earlier_run_is_replaced_only_if_asked_and_no_other_folder(
    infer: Infer, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert infer(photos / "plain.png", "--out", out).status == 0
    assert infer(photos / "plain.png", "--out", out).status == 2
    assert infer(photos / "plain.png", "--out", out, "--conf", 0.5, "--overwrite").status == 0
    before = snapshot(photos)
    refused = infer(photos / "plain.png", "--out", photos)
    assert refused.status == 2 and "a folder with other files in it" in refused.err
    inside = infer(out / "plain.png", "--out", out)
    assert inside.status == 2 and "inside the output folder" in inside.err
    assert snapshot(photos) == before


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/none"])
def test_an_output_that_cannot_be_written_is_said_in_one_line(infer: Infer, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    ran = infer(save(tmp_path / "x.png", picture()), "--out", tmp_path / place)
    assert ran.status == 2
    assert ran.out == "" and ran.err.startswith("Error: ") and ran.err.count("\n") == 1


@pytest.mark.slow
def test_save_chooses_what_is_written(
    infer: Infer, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert infer(photos, "--save", "csv", "--out", "out").status == 0
    assert {p.name for p in Path("out").iterdir()} == {"detections.csv", "summary.json"}
    ran = infer(photos, "--save", "none")
    assert ran.status == 0 and "total of 3 inputs" in ran.out
    assert not Path("runs").exists()
    wrong = infer(photos, "--save", "images,xml")
    assert wrong.status == 2 and "--save: 'xml'; expected" in wrong.err


@pytest.mark.parametrize(
    "argument",
    [
        "--conf=2",
        "--iou=x",
        "--imgsz=1",
        "--max-det=0",
        "--gamma=0",
        "--nonsense",
        "--device=tpu",
        "--backend=tensorrt",
    ],
)
def test_settings_out_of_range_are_wrong_usage(infer: Infer, tmp_path: Path, argument: str) -> None:
    ran = infer(save(tmp_path / "x.png", picture()), "--out", tmp_path / "out", argument)
    assert ran.status == 2
    assert not (tmp_path / "out").exists()


def test_no_input_is_wrong_usage(infer: Infer) -> None:
    assert infer().status == 2


def test_many_inputs_are_summed_up(infer: Infer, tmp_path: Path) -> None:
    for number in range(40):
        save(tmp_path / "in" / f"{number}.png", picture(8, 8))
    (tmp_path / "in" / "bad.png").touch()
    ran = infer(tmp_path / "in", "--out", tmp_path / "out", "--imgsz", 32)
    assert ran.status == 1
    assert "total of 41 inputs" in ran.out and "39.png" not in ran.out
    assert "bad.png: an empty file" in ran.err


@pytest.mark.slow
def test_tracking_numbers_the_faces_of_videos_only(infer: Infer, tmp_path: Path, assets: Path) -> None:
    image = read_image(assets / "zidane.jpg")
    save_video(tmp_path / "in" / "clip.mp4", [image] * 4)
    save(tmp_path / "in" / "photo.jpg", image)
    assert infer(tmp_path / "in", "--out", tmp_path / "out", "--track").status == 0
    ids = {(Path(r["source"]).name, r["frame"]): r["tracker_id"] for r in rows(tmp_path / "out")}
    assert ids["clip.mp4", "0"] == ids["photo.jpg", "0"] == ""
    assert ids["clip.mp4", "1"] == ids["clip.mp4", "3"] != ""


def test_a_missing_camera_is_a_failed_input(infer: Infer, tmp_path: Path) -> None:
    ran = infer("97", "--out", tmp_path / "out")
    assert ran.status == 1
    assert "not available" in ran.err


@pytest.mark.slow
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_whole_files(tmp_path: Path, signal_number: int) -> None:
    video = save_video(tmp_path / "long.mp4", [picture(48, 64)] * 2000)
    save(tmp_path / "never.png", picture())
    out = tmp_path / "out"
    arguments = ["infer", video, tmp_path / "never.png", "--out", out, "--imgsz", "640"]
    # The copy appears under a name of its own when the first frame has come.
    ran = interrupt(*DETECTOR, *arguments, when=lambda _: [*out.glob(".long.mp4.*.tmp")], number=signal_number)
    assert ran.status == 130, ran.err
    report = summary(tmp_path / "out")
    (entry,) = report["inputs"]
    assert (report["state"], entry["outcome"]) == ("interrupted", "interrupted")
    assert 0 < entry["frames"] < 2000
    assert len(list(read_video(tmp_path / "out" / "long.mp4"))) == entry["frames"]
    assert len(json.loads((tmp_path / "out" / "detections.json").read_text())["images"]) == entry["frames"]
    assert [p.name for p in (tmp_path / "out").iterdir() if p.name.startswith(".")] == [JOURNAL]


def test_a_camera_runs_until_it_is_stopped_and_that_is_its_end(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def camera(number: int, is_cancelled: object) -> Iterator[tuple[np.ndarray, Timing]]:  # for the hardware alone
        for index in count():
            yield picture(48, 64), Timing(Fraction(index * 41, 1000), Fraction(0), Fraction(25))

    monkeypatch.setattr("detector.media.sources.read_camera", camera)
    out = tmp_path / "out"
    prepare_output_folder(out, ["0"])
    cancellation = Cancellation()

    def cancel_after_five(frame: Frame) -> None:
        if frame.index == 4:
            cancellation.cancel()

    totals = run_infer(detector, ["0"], out, on_frame=cancel_after_five, cancellation=cancellation)
    assert (totals.outcomes["read"], totals.frames, totals.interrupted) == (1, 5, False)
    assert [float(t.seconds) for _, t in read_video(out / "camera-0.mp4")] == [0, 0.041, 0.082, 0.123, 0.164]
    assert summary(out)["state"] == "finished"


_HANGING = """
import sys, threading, time
from pathlib import Path
import cv2, numpy
hangs_after, sys.argv[1:] = sys.argv[1], sys.argv[2:]

class Camera:
    def isOpened(self): return True
    def get(self, what): return 25.0
    def read(self):
        if hangs_after == "nothing" or list(Path(sys.argv[-1]).glob(".camera-0.mp4.*")):
            print("hangs", flush=True)
            threading.Event().wait()
        time.sleep(0.01)
        return True, numpy.zeros((48, 64, 3), numpy.uint8)
    def release(self): pass

cv2.VideoCapture = lambda number: Camera()
from detector.cli.app import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("hangs_after", "status"), [("some frames", 0), ("nothing", 130)])
def test_one_signal_ends_the_run_of_a_camera_that_hangs(
    tmp_path: Path, signal_number: int, hangs_after: str, status: int
) -> None:
    command = [sys.executable, "-c", _HANGING, hangs_after, "infer", "0", "--out", tmp_path / "out"]
    ran = interrupt(*command, when=lambda printed: "hangs" in printed, number=signal_number)
    assert ran.status == status, ran.err
    report = summary(tmp_path / "out")
    assert (report["totals"]["frames"] > 0) == (status == 0)
    assert report["state"] == ("finished" if status == 0 else "interrupted")


def test_large_pictures_are_drawn_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = AtOnce()
    large = np.zeros((6000, 6000, 3), np.uint8)  # 108 megabytes, and as many for its copy

    class FewFaces:
        names = Detections.empty().names

        def steps(self, *_: object, **__: object) -> Iterator[tuple[Frame, Detections]]:
            for number in range(6):
                yield Frame(large, Source(f"{number}.png", "image", PurePath(f"{number}.png"))), Detections.empty()

    def draw(frame: Frame, faces: Detections, style: object) -> bytes:
        with at_once:
            time.sleep(0.05)
        return b"-"

    monkeypatch.setattr("detector.inference.run.available_cores", lambda: 8)
    monkeypatch.setattr("detector.inference.outputs.images.render", draw)
    assert run_infer(FewFaces(), [], tmp_path, save=["images"]).frames == 6  # type: ignore[arg-type]
    assert at_once.most == 1


def fails(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("broken", ["CsvWriter.write", "CocoWriter.write", "SummaryWriter.end", "H264Writer.write"])
def test_results_that_cannot_be_written_end_the_run(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    kind, method = broken.split(".")
    module = {"SummaryWriter": "inference.outputs.summary", "H264Writer": "media.video_writer"}
    monkeypatch.setattr(f"detector.{module.get(kind, 'inference.outputs.tables')}.{kind}.{method}", fails)
    video = save_video(tmp_path / "clip.mp4", [picture(48, 64)] * 3)
    with pytest.raises(OutputError, match="No space left on device"):
        run_infer(detector, [video], tmp_path / "out")


def test_what_cannot_be_read_is_an_input_that_failed_not_a_result(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(source: Source, *_: object) -> Iterator[Frame]:
        yield from islice(read_frames(source), 2)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("detector.inference.batching.read_frames", break_off)
    monkeypatch.setattr("detector.inference.batching.read_image", fails)
    video = save_video(tmp_path / "clip.mp4", [picture(48, 64)] * 3)
    totals = run_infer(detector, [video, save(tmp_path / "x.png", picture())], tmp_path / "out")
    assert (totals.outcomes["failed"], totals.frames) == (2, 2)
    assert outcomes(tmp_path / "out") == {
        "clip.mp4": ("failed", "Input/output error"),
        "x.png": ("failed", "No space left on device"),
    }


def test_errors_of_the_caller_are_not_reported_as_those_of_results(detector: Detector, tmp_path: Path) -> None:
    image = save(tmp_path / "x.png", picture())
    with pytest.raises(BrokenPipeError):
        run_infer(detector, [image], tmp_path / "out", on_frame=raise_broken_pipe)


def raise_broken_pipe(_: Frame) -> None:
    raise BrokenPipeError(32, "Broken pipe")


def test_the_table_shows_what_was_found_of_many_classes(capsys: pytest.CaptureFixture[str]) -> None:
    from detector.cli.outcomes import OutcomeTable

    names = tuple(f"class{number}" for number in range(80))
    totals = Totals(Counter(read=1), frames=1, faces=Counter(class7=2))
    table = OutcomeTable(names)
    table.add(Outcome("x.jpg", "image", frames=1, faces=dict.fromkeys(names, 0) | {"class7": 2}))
    table.print(totals, None, ())
    printed = capsys.readouterr().out
    assert "x.jpg" in printed and "class7" in printed and "class8" not in printed


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        (Totals(frames=1, faces=Counter(with_mask=1)), "annotated copies, labels/ with images/ and data.yaml, crops/"),
        (Totals(frames=1), "annotated copies, labels/ with images/ and data.yaml"),
        (Totals(), "labels/, data.yaml"),
    ],
    ids=["a face", "no face", "no picture"],
)
def test_only_results_that_were_written_are_named(
    totals: Totals, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from detector.cli.outcomes import OutcomeTable

    OutcomeTable(("with_mask",)).print(totals, tmp_path, ("images", "labels", "crops"))
    assert f"Results in {tmp_path}: {expected}, summary.json\n" in capsys.readouterr().out
