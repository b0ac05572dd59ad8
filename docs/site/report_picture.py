"""Makes docs/report.png: the beginning of the report of a made-up fortnight, on a desk and on a phone.

Usage: python docs/site/report_picture.py docs/report.png

It needs Playwright and Chromium (`make browser`), as the tests of the pages do.
"""

import io
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright
from typer.testing import CliRunner

from detector.cli.app import app
from detector.monitor.store import EventStore
from detector.people.states import MinuteCount, State, StateChange

_WITH, _WITHOUT, _WRONG, _UNDECIDED = State
_START = datetime(2026, 10, 24, 0, tzinfo=UTC)  # the fortnight before is for comparison
_END = datetime(2026, 11, 20, 23, tzinfo=UTC)
# People in view at a time, and the shares of those with a mask and with one worn incorrectly.
_CAMERAS = {
    "canteen": (2.2, 0.71, 0.12), "entrance": (1.5, 0.83, 0.07), "loading bay": (0.9, 0.61, 0.11),
    "workshop": (1.2, 0.80, 0.09),
}  # fmt: skip
_FROM, _TO = "2026-11-07 00:00", "2026-11-21 00:00"


def fill(store: EventStore) -> None:
    """Write minutes and changes of four weeks."""
    rng = np.random.default_rng(0)
    track = 0
    minute = _START
    while minute < _END:
        if 5 <= minute.hour < 21:
            busy = (0.2 if minute.weekday() >= 5 else 1.0) * (1.8 if minute.hour in (6, 12, 16) else 1.0)
            better = 0.04 if minute >= _START + timedelta(days=14) else 0.0
            for camera, (people, worn, wrong) in _CAMERAS.items():
                worn_now = worn + better - (0.3 if camera == "loading bay" and minute.hour == 16 else 0.0)
                shares = np.array([worn_now, max(1 - worn_now - wrong, 0.02), wrong, 0.05])
                counts = rng.multinomial(rng.poisson(people * busy), shares / shares.sum())
                states = dict(zip((_WITH, _WITHOUT, _WRONG, _UNDECIDED), map(int, counts), strict=True))
                seconds = {state: 60.0 * number for state, number in states.items()}
                store.add_minute(MinuteCount(camera, minute, int(counts.sum()), states, 600, 60.0, seconds))
                for state, number in states.items():
                    for _ in range(number if state is not _UNDECIDED and rng.random() < 0.1 else 0):
                        track += 1
                        time = minute + timedelta(seconds=float(rng.uniform(0, 59)))
                        store.add_change(
                            StateChange(
                                time=time, camera=camera, track_id=track, before=_UNDECIDED, after=state,
                                confidence=0.9, xyxy=(10.0, 10.0, 60.0, 70.0),
                            )
                        )  # fmt: skip
        minute += timedelta(minutes=1)
        if minute.minute == 0:
            store.flush(60)


def main(out: Path) -> None:
    """Fill a store, write its report, and take two pictures of it."""
    with tempfile.TemporaryDirectory() as folder:
        database, page = Path(folder) / "events.db", Path(folder) / "report.html"
        with EventStore.open(str(database)) as store:
            fill(store)
        options = ["report", str(database), "--from", _FROM, "--to", _TO, "--timezone", "UTC", "--out", str(page)]
        result = CliRunner().invoke(app, options)
        if result.exit_code:
            raise SystemExit(result.output)
        shots = []
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for width, height in ((1000, 1330), (390, 1330)):
                tab = browser.new_page(viewport={"width": width, "height": height})
                tab.goto(page.as_uri())
                shots.append(Image.open(io.BytesIO(tab.screenshot())))
            browser.close()
    width = sum(shot.width for shot in shots) + 60
    sheet = Image.new("RGB", (width, shots[0].height + 40), (224, 228, 231))
    sheet.paste(shots[0], (20, 20))
    sheet.paste(shots[1], (shots[0].width + 40, 20))
    small = sheet.resize((1080, round(1080 / width * sheet.height)), Image.Resampling.LANCZOS)
    small.quantize(64).save(out, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
