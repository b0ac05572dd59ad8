"""What a report says first."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from detector.monitor.report import Clock, collect, write_html
from detector.monitor.report.figures import Figures
from detector.monitor.report.headline import by_need, headline, period_before
from detector.monitor.store import EventReader, EventStore
from support.store_samples import NOON, minute

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two days: on the first half of the people wear masks; on the second fewer, mostly in the hall after one."""
    path = str(tmp_path_factory.mktemp("store") / "events.db")
    with EventStore.open(path) as store:
        for i in range(20):
            store.add_minute(minute(NOON + i * timedelta(minutes=1), "mmmwwwu", camera="door"))
            store.add_minute(minute(NOON + DAY + i * timedelta(minutes=1), "mmw", camera="door"))
            store.add_minute(minute(NOON + DAY + timedelta(minutes=60 + i), "mwww", camera="hall"))
    return path


def figures_of(path: str) -> tuple[Figures, Figures | None, str]:
    """The second day, the first, and the page."""
    page = Path(path).with_name("report.html")
    with EventReader.open(path) as reader:
        figures = collect(reader, Clock.of("UTC"), NOON + DAY, NOON + 2 * DAY, now=NOON + 3 * DAY)
        write_html(page, figures, reader)
        return figures, period_before(figures, reader), re.sub(r"[ \n]+", " ", page.read_text(encoding="utf-8"))


def test_the_first_sentence_says_where_and_when_and_whether_it_was_better(path: str) -> None:
    figures, before, page = figures_of(path)
    first = headline(figures, before)
    assert first.camera is not None
    assert (first.camera.name, first.camera.share) == ("hall", 0.75)
    assert first.hour is not None
    assert (first.hour.name, first.hour.share) == ("13:00", 0.75)
    assert first.better == pytest.approx(60 / 140 - 0.5)
    assert "Without mask most often at <bdi>hall</bdi> (75.0\xa0% of the time) and from 13:00 to 14:00" in page
    assert "Worse than in the time before by 7.1\xa0points." in page
    assert "The time before: <b>50.0\xa0%</b>" in page


def test_without_a_time_before_nothing_is_compared(path: str) -> None:
    with EventReader.open(path) as reader:
        figures = collect(reader, Clock.of("UTC"), NOON, NOON + DAY, now=NOON + 3 * DAY)
        before = period_before(figures, reader)
    assert before is None
    first = headline(figures, before)
    assert (first.better, first.camera, first.hour) == (None, None, None)


def test_what_is_not_known_widens_the_figure(path: str) -> None:
    with EventReader.open(path) as reader:
        first = headline(collect(reader, Clock.of("UTC"), NOON, NOON + DAY, now=NOON + 3 * DAY))
    assert (first.lowest, first.highest) == (pytest.approx(3 / 7), pytest.approx(4 / 7))


def test_cameras_come_by_need_and_short_times_have_no_hours_of_the_day(path: str) -> None:
    figures, _, page = figures_of(path)
    assert [camera.name for camera in by_need(figures.cameras)] == ["hall", "door"]
    assert "By hour of the day" not in page
    assert "By weekday" not in page
