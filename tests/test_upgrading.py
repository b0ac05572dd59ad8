"""`docs/upgrading.md`: what it names is there."""

import importlib.util
import re
from pathlib import Path

import pytest

from detector.errors import ConfigError
from detector.monitor.config.watch import load_config
from detector.people.settings import DecisionSettings

PAGE = (Path(__file__).resolve().parents[1] / "docs/upgrading.md").read_text(encoding="utf-8")


def new_modules() -> list[str]:
    """The modules in the right column of the table."""
    rows = re.findall(r"^\| `(?:detector|converters)\..*\|(.*)\|$", PAGE, re.MULTILINE)
    return re.findall(r"`((?:detector|converters)\.[a-z_.]+)`", " ".join(rows))


def test_the_modules_are_where_the_page_says() -> None:
    modules = new_modules()
    assert len(modules) > 20
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


def test_the_new_names_of_votes_are_those_of_the_configuration() -> None:
    named = dict(re.findall(r"`votes\.(\w+): ([\d.]+)`", PAGE))
    defaults = DecisionSettings()
    new = {name: float(value) for name, value in named.items() if name not in ("needed", "window_seconds")}
    assert len(new) == 4 and {name: getattr(defaults, name) for name in new} == new


@pytest.mark.parametrize("old", ["needed: 6", "window_seconds: 2"])
def test_the_old_names_are_refused_with_the_new_ones(tmp_path: Path, old: str) -> None:
    config = tmp_path / "watch.yaml"
    config.write_text(f"cameras: [{{source: 0}}]\nvotes: {{{old}}}\n")
    with pytest.raises(ConfigError, match="first_seconds"):
        load_config(config)
