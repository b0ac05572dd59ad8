import csv
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePath

import av
import cv2
import numpy as np
import pytest

from detector import Detections
from detector.errors import OutputError
from detector.files import writing
from detector.inference.outputs import Outcome, Totals
from detector.inference.outputs.images import ImageWriter
from detector.inference.outputs.names import OutputNames
from detector.inference.outputs.summary import SummaryWriter
from detector.inference.outputs.tables import COLUMNS, CocoWriter, CsvWriter
from detector.media.images import read_image
from detector.media.sources import Frame, Source
from detector.media.video_writer import VideoWriter
from detector.media.videos import Timing, read_video
from support.sample_pictures import picture, save, save_video

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")


def frame(name: str = "a.jpg", image: np.ndarray | None = None, index: int | None = None) -> Frame:
    """A picture, or with an index a frame of a video of 25 frames per second."""
    image = picture() if image is None else image
    if index is None:
        return Frame(image, Source(name, "image", PurePath(name)))
    timing = Timing(Fraction(index, 25), Fraction(1, 25), Fraction(25))
    return Frame(image, Source(name, "video", PurePath(name)), index, index / 25, timing)


def faces(ids: list[int] | None = None) -> Detections:
    return Detections([[1, 2, 11.126, 22], [30, 4, 38, 9]], [0.91234, 0.5], [0, 2], ids, NAMES)


def temporary_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_csv_has_one_row_for_every_face(tmp_path: Path) -> None:
    writer = CsvWriter(tmp_path / "x.csv")
    writer.write(frame('comma, "quote"\nline é.jpg'), faces())
    writer.write(frame("v.mp4", index=3), faces([4, -1]))
    writer.write(frame("\udcff.jpg"), faces()[:1])  # a name that is not UTF-8
    assert not (tmp_path / "x.csv").exists()
    writer.close()
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == COLUMNS
    assert rows[0] == [
        'comma, "quote"\nline é.jpg',
        "0",
        "",
        "with_mask",
        "0.9123",
        "1.00",
        "2.00",
        "11.13",
        "22.00",
        "",
    ]
    assert rows[2][:4] == ["v.mp4", "3", "0.120", "with_mask"]
    assert [row[-1] for row in rows[2:4]] == ["4", ""]
    assert rows[4][0] == "\\udcff.jpg"


def test_coco_json_is_read_by_pycocotools(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    from pycocotools.coco import COCO

    writer = CocoWriter(tmp_path / "x.json", NAMES)
    writer.write(frame("a.jpg"), faces())
    writer.write(frame("empty.jpg"), Detections.empty(NAMES))
    writer.write(frame("v.mp4", index=2), faces([4, -1]))
    writer.close()
    coco = COCO(str(tmp_path / "x.json"))
    assert [c["name"] for c in coco.loadCats(coco.getCatIds())] == list(NAMES)
    assert [i["file_name"] for i in coco.loadImgs(coco.getImgIds())] == ["a.jpg", "empty.jpg", "v.mp4"]
    assert coco.imgs[3] == {"id": 3, "file_name": "v.mp4", "width": 80, "height": 60, "frame": 2, "seconds": 0.08}
    first, _, third, fourth = coco.loadAnns(coco.getAnnIds())
    assert (first["image_id"], first["category_id"], first["score"]) == (1, 0, 0.9123)
    assert first["bbox"] == [1, 2, 10.13, 20] and first["area"] == pytest.approx(202.6, abs=0.1)
    assert third["tracker_id"] == 4 and "tracker_id" not in fourth


def test_empty_tables_are_valid(tmp_path: Path) -> None:
    CsvWriter(tmp_path / "x.csv").close()
    CocoWriter(tmp_path / "x.json", NAMES).close()
    assert (tmp_path / "x.csv").read_text().strip() == ",".join(COLUMNS)
    assert json.loads((tmp_path / "x.json").read_text())["annotations"] == []
    assert temporary_files(tmp_path) == []


def test_the_summary_says_running_until_it_is_whole(tmp_path: Path) -> None:
    totals = Totals()
    writer = SummaryWriter(tmp_path / "summary.json", {"conf": 0.25}, totals)
    assert json.loads((tmp_path / "summary.json").read_text())["state"] == "running"
    writer.end(Outcome("a.jpg", "image", frames=1, faces={"with_mask": 2}, output="a.jpg"))
    writer.end(Outcome("b.jpg", outcome="failed", reason="an empty file"))
    totals.outcomes.update(read=1, failed=1)
    totals.interrupted = True
    writer.close()
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert [i["reason"] for i in summary["inputs"]] == [None, "an empty file"]
    assert summary["totals"]["inputs"] == 2
    assert summary["state"] == "interrupted"


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".bmp", ".tif", ".webp"])
def test_copies_keep_path_and_format(tmp_path: Path, suffix: str) -> None:
    writer = ImageWriter(OutputNames(tmp_path))
    writer.write(frame(f"sub/ä b{suffix}"), faces()[:0])
    outcome = Outcome("x")
    writer.end(outcome)
    assert outcome.output == f"sub/ä b{suffix}"
    head = (tmp_path / outcome.output).read_bytes()[:4]
    magic = {
        ".jpg": b"\xff\xd8",
        ".jpeg": b"\xff\xd8",
        ".png": b"\x89PNG",
        ".bmp": b"BM",
        ".tif": b"II*",
        ".webp": b"RIFF",
    }
    assert head.startswith(magic[suffix.lower()])
    assert np.abs(read_image(tmp_path / outcome.output).astype(int) - picture()).mean() < 3


def test_formats_that_cannot_be_written_become_png_and_names_never_collide(tmp_path: Path) -> None:
    writer = ImageWriter(OutputNames(tmp_path, ["summary.json"]))
    outputs = []
    for name in ("a.gif", "a.gif.png", "a.png", "A.png", "a.png"):
        writer.write(frame(name), faces())
        outcome = Outcome(name)
        writer.end(outcome)
        outputs.append(outcome.output)
    assert outputs == ["a.gif.png", "a.gif-2.png", "a.png", "A-2.png", "a-3.png"]
    assert len(list(tmp_path.iterdir())) == 5


def test_a_copy_replaces_a_link_not_what_it_points_to(tmp_path: Path) -> None:
    original = save(tmp_path / "original.png", picture())
    before = original.read_bytes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").symlink_to(original)
    ImageWriter(OutputNames(tmp_path / "out")).write(frame("a.png"), faces())
    assert original.read_bytes() == before


def written(path: Path, frames: list[np.ndarray], timings: list[Timing]) -> list[tuple[np.ndarray, Timing]]:
    writer = VideoWriter(path, frames[0], timings[0])
    for image, timing in zip(frames, timings, strict=True):
        writer.write(image, timing)
    assert not path.exists()
    writer.close()
    return list(read_video(path))


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(19001, 317)])
def test_videos_keep_rate_count_and_times(tmp_path: Path, rate: Fraction) -> None:
    # A clock of milliseconds, as in Matroska, must not make a steady video unsteady.
    timings = [Timing(Fraction(round(i / rate * 1000), 1000), Fraction(1, 1000), rate) for i in range(40)]
    result = written(tmp_path / "x.mp4", [picture(48, 64)] * 40, timings)
    assert len(result) == result[0][1].frames == 40
    assert result[0][1].rate == rate
    assert [t.seconds for _, t in result] == [i / rate for i in range(40)]


def test_videos_keep_uneven_times_to_a_millisecond(tmp_path: Path) -> None:
    times = [Fraction(i * 40 + i % 3 * 11 + (3000 if i > 9 else 0), 1000) for i in range(20)]
    timings = [Timing(time, Fraction(1, 1000), Fraction(15000, 611)) for time in times]
    result = written(tmp_path / "x.mp4", [picture(48, 64)] * 20, timings)
    assert max(abs(t.seconds - time) for (_, t), time in zip(result, times, strict=True)) <= Fraction(1, 1000)


def test_videos_play_in_browsers(tmp_path: Path) -> None:
    timings = [Timing(Fraction(i, 25), Fraction(1, 25), Fraction(25)) for i in range(5)]
    red = np.full((47, 65, 3), (0, 0, 255), np.uint8)
    result = written(tmp_path / "x.mp4", [red] * 5, timings)
    assert result[0][0].shape == (48, 66, 3)
    assert np.abs(result[0][0].astype(int) - (0, 0, 255)).max() < 12
    with av.open(str(tmp_path / "x.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    data = (tmp_path / "x.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_times_that_stand_still_or_go_back_are_survived(tmp_path: Path) -> None:
    timings = [Timing(Fraction(i, 25), Fraction(0), Fraction(25)) for i in (0, 0, 2, 1, 3)]
    assert len(written(tmp_path / "x.mp4", [picture(48, 64)] * 5, timings)) == 5


def test_a_video_that_changes_its_size_keeps_the_first(tmp_path: Path) -> None:
    timings = [Timing(Fraction(i, 25), Fraction(1, 25), Fraction(25)) for i in range(2)]
    result = written(tmp_path / "x.mp4", [picture(48, 64), picture(96, 100)], timings)
    assert {image.shape for image, _ in result} == {(48, 64, 3)}


def test_an_unfinished_video_is_finished_on_closing(tmp_path: Path) -> None:
    writer = ImageWriter(OutputNames(tmp_path))
    for index in range(3):
        writer.write(frame("v.avi", picture(48, 64), index), faces())
    writer.close()
    assert len(list(read_video(tmp_path / "v.avi.mp4"))) == 3
    assert temporary_files(tmp_path) == []


def test_the_outcome_of_a_video_notes_that_its_copy_is_silent(tmp_path: Path) -> None:
    source = str(save_video(tmp_path / "in" / "v.avi", [picture(48, 64)] * 5, sound="adpcm_ms"))
    writer, outcome = ImageWriter(OutputNames(tmp_path / "out")), Outcome(source, note="odd")
    first = replace(frame("v.avi", picture(48, 64), 0), source=Source(source, "video", PurePath("v.avi")))
    writer.write(first, faces())
    writer.end(outcome)
    assert outcome.note == "odd; its copy is silent: MP4 cannot hold its sound"


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OutputError, match=r"a\.txt: not writable \(No space left"), writing(tmp_path / "a.txt") as path:
        path.write_text("new")
        raise OSError(28, "No space left on device")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_copies_larger_than_their_format_allows_become_png(tmp_path: Path) -> None:
    writer = ImageWriter(OutputNames(tmp_path))
    writer.write(frame("wide.webp", np.zeros((2, 16_400, 3), np.uint8)), Detections.empty(NAMES))
    assert cv2.imread(str(tmp_path / "wide.webp.png")).shape == (2, 16_400, 3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_video_on_a_full_disk_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.media.video_writer.temporary_name", lambda path: tmp_path / "full")
    (tmp_path / "full").symlink_to("/dev/full")
    writer = ImageWriter(OutputNames(tmp_path))
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    with pytest.raises(OutputError, match=r"v\.mp4: not writable \(.*[Nn]o space left"):
        for index in range(100):
            writer.write(frame("v.mp4", noise, index), faces())
        writer.close()
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_cannot_be_written_leaves_no_file_and_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("detector.media.video_writer.H264Writer.write", fail)
    writer, outcome = ImageWriter(OutputNames(tmp_path)), Outcome("v.mp4")
    with pytest.raises(OutputError, match=r"v\.mp4: not writable \(Input/output error"):
        writer.write(frame("v.mp4", picture(48, 64), 0), faces())
    writer.end(outcome)
    assert outcome.output is None
    assert list(tmp_path.iterdir()) == []
