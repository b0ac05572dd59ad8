"""The page itself: in a real browser where there is one, and with names that are up to no good."""

import html
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from converters.labels import CLASS_NAMES
from detector.cli.report import report
from detector.errors import UsageError
from detector.media.colours import hex_of, rgb_of
from detector.monitor.alerts.outbox import DeliveryStatus
from detector.monitor.report.charts import bar, column_chart
from detector.monitor.report.figures import Counts, Slice
from detector.monitor.report.html import duration, percent, short
from detector.monitor.store import EventStore
from detector.people.states import Direction, LineCrossing
from support.store_samples import NOON, UNDECIDED, WITH, WITHOUT, WRONG, alert, at, change, minute
from support.waiting import HANGS

# What a browser would run, load or stumble over.
HOSTILE = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\"'><svg onload=alert(1)>{{ 7 * 7 }}{% raw %}",
    "</style></title><h1>taken</h1>",
    "a" * 100,
    "Tür 'ä' & \N{RIGHT-TO-LEFT OVERRIDE} 入口 😷",
)


def jpeg(colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 72), colour).save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A day and a half of a camera with pictures, a week before of another."""
    path = str(tmp_path / "events.db")
    with EventStore.open(path) as store:
        for i in range(0, 36 * 60, 20):
            store.add_minute(minute(at(60 * i), "mmmmmmiiwu", camera="door"))
        store.add_minute(minute(NOON - timedelta(days=7), "w", camera="hall"))
        for i, (before, after) in enumerate(((UNDECIDED, WITHOUT), (WITHOUT, WRONG), (WRONG, WITH))):
            colour = ((255, 0, 255), (0, 255, 255), (0, 255, 0))[i]
            store.add_change(change(at(i), after, before=before, snapshot=jpeg(colour)))
        raised = alert(at(9), snapshot=jpeg((255, 128, 0)))
        store.outbox.add(raised, ["ops"])
        store.outbox.mark(raised.id, "ops", DeliveryStatus.DEAD, 15, "refused by 10.0.0.1")
    return path


Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the command and gives what it printed."""
    app = typer.Typer()
    app.command()(report)

    def run(*arguments: object) -> str:
        out = ("--out", tmp_path / "report.html", "--timezone", "Europe/Berlin")
        result = CliRunner().invoke(app, [str(argument) for argument in (*arguments, *out)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return run


Browser = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def chromium(tmp_path: Path) -> Browser:
    """Runs headless Chromium, with nothing to remember and nobody to call."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("there is no Chromium")
    quiet = ("no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-component-update")
    switches = [f"--{name}" for name in ("headless", *quiet, "disable-sync", "hide-scrollbars")]

    def start(page: Path, *more: str) -> subprocess.CompletedProcess[str]:
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        command = [program, *switches, profile, *more, page.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=True)

    return start


# Shows the report in frames of several widths, and tells what came of it. (The report itself runs no script.)
FRAMES = """
<!DOCTYPE html><meta charset="utf-8"><body><pre id="found"></pre>
<iframe style="width: 360px; height: 800px" srcdoc="{page}"></iframe>
<iframe style="width: 1100px; height: 800px" srcdoc="{page}"></iframe>
<script>
onload = () => {{
  const found = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument, box = e => e.getBoundingClientRect();
    return {{
      title: page.title,
      width: page.documentElement.scrollWidth,
      images: [...page.images].map(image => [image.naturalWidth, image.complete, box(image).width > 20]),
      shares: [...page.querySelectorAll("svg.plot rect.share")].filter(e => box(e).width > 1).length,
      labels: [...page.querySelectorAll("svg.plot text")].filter(e => box(e).width > 1).map(e => e.textContent),
      big: page.querySelector(".big").textContent,
      scripts: page.scripts.length,
      headings: [...page.querySelectorAll("h1, h2")].map(e => e.textContent),
      cameras: [...page.querySelectorAll(".camera h3")].map(e => e.textContent),
    }};
  }});
  document.getElementById("found").textContent = JSON.stringify(found);
}};
</script>
"""


def unfolded(page: Path) -> str:
    """The page with all lists open."""
    return page.read_text(encoding="utf-8").replace("<details", "<details open")


def in_frames(chromium: Browser, page: Path) -> list[dict[str, object]]:
    frames = page.with_name("frames.html")
    frames.write_text(FRAMES.format(page=html.escape(unfolded(page))), encoding="utf-8")
    dom = chromium(frames, "--dump-dom", "--virtual-time-budget=10000").stdout
    found: list[dict[str, object]] = json.loads(html.unescape(re.findall(r'<pre id="found">(.*?)</pre>', dom, re.S)[0]))
    return found


def test_a_browser_shows_figures_and_pictures_on_a_phone_and_a_desk(
    path: str, run: Run, chromium: Browser, tmp_path: Path
) -> None:
    run(path, "--camera", "door")
    phone, desk = in_frames(chromium, tmp_path / "report.html")
    for view, width in ((phone, 360), (desk, 1100)):
        assert view["width"] == width  # nothing sticks out
        assert view["big"] == "66.7\xa0%"
        assert view["images"] == [[64, True, True]] * 4
        assert view["shares"] == 3 * (36 + 24)  # hours, hours of the day; three classes in each
        assert "Share of the decided" in view["labels"]  # type: ignore[operator]
        assert view["headings"] == [
            "Mask report",
            "Over time",
            "By camera",
            "By hour of the day",
            "People",
            "Alerts",
            "Events",
            "When cameras were watched",
            "How it was counted",
        ]
    assert len(phone["labels"]) < len(desk["labels"])  # type: ignore[arg-type]


def near(image: np.ndarray, colour: tuple[int, int, int]) -> int:
    """How many pixels have about this colour."""
    return int((np.abs(image.astype(int) - colour).max(axis=-1) < 24).sum())


@pytest.mark.slow
def test_colours_of_classes_and_pictures_are_on_the_screen(
    path: str, run: Run, chromium: Browser, tmp_path: Path
) -> None:
    run(path, "--camera", "door")
    shot = tmp_path / "shot.png"
    (tmp_path / "report.html").write_text(unfolded(tmp_path / "report.html"), encoding="utf-8")
    chromium(tmp_path / "report.html", "--window-size=1100,9000", f"--screenshot={shot}")
    image = np.asarray(Image.open(shot).convert("RGB"))
    for colour in ((255, 0, 255), (0, 255, 255), (0, 255, 0), (255, 128, 0)):
        assert near(image, colour) > 1000  # faces, 64 by 56 pixels or so
    for name in CLASS_NAMES:
        assert near(image, rgb_of(name)) > 5000


def test_the_colours_of_the_page_are_those_of_drawings(path: str, run: Run, tmp_path: Path) -> None:
    run(path)
    page = (tmp_path / "report.html").read_text()
    for name in CLASS_NAMES:
        assert re.findall(rf"--{name}: ([^;]*);", page) == [hex_of(name)]
        assert f".{name} {{ fill: var(--{name}); background: var(--{name}); }}" in page


def test_it_prints_on_paper(path: str, run: Run, chromium: Browser, tmp_path: Path) -> None:
    run(path)
    pdf = tmp_path / "report.pdf"
    chromium(tmp_path / "report.html", "--no-pdf-header-footer", f"--print-to-pdf={pdf}")
    pages = re.findall(rb"/Type /Pages\b.*?/Count (\d+)", pdf.read_bytes(), re.S)
    assert 2 <= max(map(int, pages)) <= 6


def hostile_store(path: str) -> None:
    with EventStore.open(path) as store:
        for i, name in enumerate(HOSTILE):
            store.add_minute(minute(at(), "mwi", camera=name))
            store.add_change(change(at(i), WITHOUT, camera=name))
            raised = alert(at(i), camera=name, rule=name, message=name)
            store.outbox.add(raised, [name])
            store.outbox.mark(raised.id, name, DeliveryStatus.DEAD, 2, name)


def test_names_of_cameras_are_text_whatever_they_say(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "<b>hostile.db")
    hostile_store(path)
    run(path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"<(script|h1|img|b)\b[^>]*>(.{0,20})", page)[:1] == [("h1", "Mask report</h1>")]
    assert len(re.findall(r"<(?:script|h1|img)\b", page)) == 1
    for name in HOSTILE:
        assert html.escape(name).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
        assert (name in page) == (html.escape(name) == name)


def test_many_names_do_not_stand_before_the_figures(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "many.db")
    with EventStore.open(path) as store:
        for i in range(9):
            store.add_minute(minute(at(), "m", camera=f"camera {i}"))
    run(path)
    head, *rest = (tmp_path / "report.html").read_text(encoding="utf-8").split("</header>")
    assert "9 cameras" in head
    assert "camera 3" not in head
    assert "camera 3" in rest[0]


def test_a_browser_runs_nothing_that_a_name_says(run: Run, chromium: Browser, tmp_path: Path) -> None:
    path = str(tmp_path / "hostile.db")
    hostile_store(path)
    run(path)
    for view, width in zip(in_frames(chromium, tmp_path / "report.html"), (360, 1100), strict=True):
        assert str(view["title"]).startswith("Mask report")
        assert view["scripts"] == 0
        assert view["cameras"] == sorted(HOSTILE) * 2
        assert view["width"] == width


def test_the_file_needs_nothing_else(path: str, run: Run, tmp_path: Path) -> None:
    run(path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for reference in re.findall(r"""(?:src|href|srcset|data|action)\s*=\s*["']?([^"'\s>]*)""", page):
        assert reference.startswith("data:image/jpeg;base64,")
    assert re.findall(r"url\(([^)]*)\)", page) == ["#hatch"]
    assert not re.findall(r"https?:|@import|<(?:script|link|iframe)\b", page)
    assert "default-src 'none'" in page


def test_lines_are_in_the_page_and_the_tables(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "lines.db")
    with EventStore.open(path) as store:
        store.add_minute(minute(NOON, "w"))
        for i, direction in enumerate((Direction.IN, Direction.IN, Direction.OUT)):
            store.add_crossing(LineCrossing("door", at(i), "<b>till", direction, 1, WITH if i else WITHOUT))
    printed = run(path, "--json", tmp_path / "report.json", "--csv", tmp_path / "tables")
    assert "door, <b>till: 2 in, 1 out." in printed
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h2>In and out</h2>" in page
    assert "&lt;b&gt;till" in page
    (line,) = json.loads((tmp_path / "report.json").read_text())["lines"]
    assert (line["camera"], line["line"]) == ("door", "<b>till")
    assert (line["in"]["with_mask"], line["in"]["without_mask"], line["out"]["with_mask"]) == (1, 1, 1)
    rows = (tmp_path / "tables" / "crossings.csv").read_text().splitlines()
    assert rows[0] == "time,camera,line,direction,state,run,track_id"
    assert [row.split(",")[3:5] for row in rows[1:]] == [
        ["in", "without_mask"],
        ["in", "with_mask"],
        ["out", "with_mask"],
    ]
    figures = (tmp_path / "tables" / "figures.csv").read_text()
    assert "crossed_in,door: <b>till,,1,1,0,0,0,2,0.5," in figures


def test_a_store_without_lines_has_no_table_of_them(path: str, run: Run, tmp_path: Path) -> None:
    run(path, "--csv", tmp_path / "tables")
    assert "In and out" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not (tmp_path / "tables" / "crossings.csv").exists()


def test_events_and_alerts_link_the_clips_that_are_there(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "clips of & <doors>"
    folder.mkdir()
    here, gone = folder / "door 1.mp4", folder / "gone.mp4"
    here.touch()
    path = str(tmp_path / "linked.db")
    with EventStore.open(path) as store:
        store.add_minute(minute(NOON, "w"))
        for clip in (here, gone):
            store.add_change(change(at(1), clip=str(clip)))
        store.outbox.add(alert(at(9), clip=str(here)), [])
    run(path, "--json", tmp_path / "report.json", "--csv", tmp_path / "tables")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.findall(r'href="([^"]*)"', page) == ["clips%20of%20%26%20%3Cdoors%3E/door%201.mp4"] * 2
    data = json.loads((tmp_path / "report.json").read_text())
    assert [event["clip"] for event in data["events"]["newest"]] == [str(gone), str(here)]
    assert data["alerts"]["newest"][0]["clip"] == str(here)
    for name in ("events", "alerts"):
        assert (tmp_path / "tables" / f"{name}.csv").read_text().splitlines()[1].endswith(str(here))


def test_the_command_says_what_it_found(path: str, run: Run, tmp_path: Path) -> None:
    printed = run(path, "--csv", tmp_path / "tables", "--json", tmp_path / "report.json")
    assert "2026-11-14 13:00 to 2026-11-23 00:41 (Europe/Berlin)" in printed
    rows = [line.split() for line in printed.splitlines()]
    assert ["door", "648", "108", "216", "108", "66.7", "%", "5.0", "%"] in rows
    assert next(row for row in rows if row[:1] == ["all"])[:7] == ["all", "648", "109", "216", "108", "66.6", "%"]
    assert "1 person, 3 changes of state, 1 alert." in printed
    assert {file.name for file in (tmp_path / "tables").iterdir()} == {
        "figures.csv",
        "events.csv",
        "alerts.csv",
        "gaps.csv",
    }


def test_options_choose_time_camera_and_rows(path: str, run: Run, tmp_path: Path) -> None:
    run(path, "--from", "2026-11-21 13:00", "--to", "2026-11-21", "--camera", "door", "--rows", "1")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Sat 21 Nov 2026, 13:00 – 24:00" in page
    assert "1 camera chosen: <bdi>door</bdi>" in page
    assert "The newest 1 of 3 changes of state" in page
    run(path, "--rows", "0")
    assert "3 changes of state, none of them shown here" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_it_reads_events_db_unless_told_otherwise(path: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(path).parent)
    assert Path(path).name == "events.db"
    assert run() == run(path)


@pytest.mark.parametrize("option", ["--out", "--csv", "--json"])
def test_no_file_is_written_over_the_store_or_another(option: str, tmp_path: Path) -> None:
    store, link = tmp_path / "events.csv", tmp_path / "link.csv"
    hostile_store(str(store))
    link.symlink_to(store)
    before = store.read_bytes()
    app = typer.Typer()
    app.command()(report)
    for options in ((option, store), (option, link), ("--out", tmp_path / "a", "--json", tmp_path / "b" / ".." / "a")):
        result = CliRunner().invoke(app, [str(store), *map(str, options)])
        assert isinstance(result.exception, UsageError)
        assert "expected a file of its own" in str(result.exception)
    assert store.read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} <= {"events.csv", "events.csv-wal", "events.csv-shm", "link.csv"}


@pytest.mark.parametrize(
    ("share", "said"),
    [(None, "–"), (0, "0.0 %"), (1, "100 %"), (0.5, "50.0 %"), (0.00001, "< 0.1 %"), (0.99999, "> 99.9 %")],
)
def test_all_and_nothing_are_said_only_where_it_is_so(share: float | None, said: str) -> None:
    assert percent(share).replace("\xa0", " ") == said


@pytest.mark.parametrize(
    ("value", "said"), [(1, "1"), (90_000, "90,000"), (100_000, "100 k"), (3_000_000, "3 M"), (2 * 10**9, "2,000 M")]
)
def test_numbers_beside_a_chart_are_short(value: int, said: str) -> None:
    assert short(value).replace("\xa0", " ") == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(12, "12 s"), (60, "1 min"), (3600, "1 h"), (3660, "1 h 1 min"), (90000, "1 d 1 h"), (86400, "1 d")],
)
def test_durations_in_words(seconds: float, said: str) -> None:
    assert duration(seconds).replace("\xa0", " ") == duration(timedelta(seconds=seconds)).replace("\xa0", " ") == said


def test_columns_fill_the_chart_and_classes_stack_to_the_whole() -> None:
    parts = [Slice(str(i), None, Counts(6, 1, 2, 3 * i), 60.0) for i in range(40)]
    chart = column_chart(parts, [part.name for part in parts], Counts(6, 1, 2))
    assert chart.columns[0].x == 0
    assert chart.columns[-1].x + chart.columns[-1].width == pytest.approx(100)
    first = chart.columns[0]
    assert [piece.state for piece in first.shares] == [WITH, WRONG, WITHOUT]
    assert first.shares[0].start + first.shares[0].size == pytest.approx(150)
    assert first.shares[-1].start == pytest.approx(0)
    assert chart.mean == pytest.approx(first.shares[0].start)
    assert chart.most == 200
    assert sum(column.label_on == "all" for column in chart.columns) <= 5
    assert sum(column.label_on != "none" for column in chart.columns) <= 14
    assert [(piece.state, round(piece.start), round(piece.size)) for piece in bar(Counts(6, 1, 2))] == [
        (WITH, 0, 67),
        (WRONG, 67, 22),
        (WITHOUT, 89, 11),
    ]
    assert bar(Counts(undecided=3)) == ()
    assert column_chart([], [], Counts()).most == 1
