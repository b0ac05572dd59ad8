"""The documentation as a site: it builds without a warning, and loads nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOADED = {
    "img": "src",
    "script": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "link": "href",
}
REMOTE = re.compile(r"(https?:)?//")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (find_spec("material") and find_spec("mkdocstrings")),
        reason="the site is built by mkdocs-material and mkdocstrings: pip install '.[docs]'",
    ),
]


class Loads(HTMLParser):
    """What a page loads when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if address := dict(attrs).get(LOADED.get(tag, "")):
            self.found.append(address)


def remote_loads(site: Path) -> list[str]:
    found = []
    for page in site.rglob("*.html"):
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        found += [f"{page.name}: {address}" for address in loads.found if REMOTE.match(address)]
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        found += [
            f"{sheet.name}: {address}"
            for address in re.findall(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]+)", text)
        ]
    return found


def build(folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT, folder)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    assert "excluded from the built site" not in built.stderr
    return folder


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    assert remote_loads(site) == []


def test_the_help_of_every_command_is_there(site: Path) -> None:
    from detector.cli.app import app

    text = (site / "reference/command-line.html").read_text(encoding="utf-8")
    commands = [command.name for command in app.registered_commands]
    assert [name for name in commands if f'id="detector-{name}"' not in text] == []


def test_pages_from_outside_the_folder_are_there_with_their_links(site: Path) -> None:
    card = (site / "model-card.html").read_text(encoding="utf-8")
    assert 'href="training-log.html' in card
    assert 'href="files/weights/label-corrections.csv"' in card
    assert (site / "files/weights/label-corrections.csv").read_bytes() == (
        ROOT / "weights/label-corrections.csv"
    ).read_bytes()


def test_remote_addresses_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<a href="https://a.example"></a><img src="//b.example/x.png"><img src="x.png">'
    )
    (tmp_path / "style.css").write_text("@font-face { src: url('https://c.example/font.woff2') } b { c: url(d.svg) }")
    assert remote_loads(tmp_path) == ["page.html: //b.example/x.png", "style.css: https://c.example/font.woff2"]


def test_a_wrong_link_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# Page\n\n[there](#nowhere)\n")
    validation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("validation:")[1].split("\n\n")[0]
    (tmp_path / "mkdocs.yml").write_text(f"site_name: x\nvalidation:{validation}\n")
    built = build(tmp_path, tmp_path / "site")
    assert built.returncode != 0
    assert "#nowhere" in built.stderr
