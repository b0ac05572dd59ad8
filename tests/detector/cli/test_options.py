import inspect
from dataclasses import fields
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from detector import DetectorSettings, UsageError
from detector.cli.app import app
from detector.cli.options import detector_options, option_name
from detector.settings import help_of, limits_of

COMMANDS = ["infer", "eval", "watch"]


def options_of(command: str) -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return {option.name: option for option in group.commands[command].params}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("field", fields(DetectorSettings), ids=lambda field: field.name)
def test_every_command_has_every_option_of_the_detector(command: str, field) -> None:
    option = options_of(command)[field.name]
    assert option_name(field.name) in option.opts
    assert option.help.startswith(help_of(field))
    shown = option.show_default if isinstance(option.show_default, str) else option.default
    assert str(shown) == str(field.default)


@pytest.fixture
def taken() -> list[Any]:
    return []


def run(taken: list[Any], kind: Any, *arguments: str) -> list[Any]:
    """What a command gets as its settings."""

    def command(name: str, settings: kind, late: int = 3) -> None:
        taken.extend([name, settings, late])

    group = typer.Typer()
    group.command()(detector_options(command))
    CliRunner().invoke(group, arguments, catch_exceptions=False)
    return taken


def test_a_command_gets_the_settings_and_its_own_options(taken: list[Any]) -> None:
    settings = DetectorSettings(weights="a.pt", conf=0.5, tile=320, agnostic_nms=True)
    arguments = ["-w", "a.pt", "--conf", "0.5", "--tile", "320", "--agnostic-nms", "--late", "4"]
    assert run(taken, DetectorSettings, "name", *arguments) == ["name", settings, 4]


def test_without_options_everything_has_its_default(taken: list[Any]) -> None:
    assert run(taken, DetectorSettings, "name") == ["name", DetectorSettings(), 3]


def test_a_command_that_overrides_gets_what_was_given_and_nothing_else(taken: list[Any]) -> None:
    assert run(taken, dict[str, Any], "name", "--conf", "0.25", "--tile", "off", "--no-agnostic-nms") == [
        "name", {"conf": 0.25, "tile": "off", "agnostic_nms": False}, 3,
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [DetectorSettings, dict[str, Any]])
def test_a_value_out_of_range_is_refused_before_the_command_runs(taken: list[Any], kind) -> None:
    with pytest.raises(UsageError, match=r"conf: 7\.0; expected a number from 0 to 1"):
        run(taken, kind, "name", "--conf", "7")
    assert not taken


def test_the_help_of_a_number_says_its_limits() -> None:
    for field in fields(DetectorSettings):
        limits = limits_of(field)
        assert limits is None or "{:g} to {:.9g}".format(*limits) in help_of(field), field.name


def test_the_wrapped_command_keeps_its_documentation() -> None:
    def command(settings: DetectorSettings) -> None:
        """Do it."""

    assert inspect.getdoc(detector_options(command)) == "Do it."
