"""Wrong command lines, in one style: `--conf: 7.0; expected a number from 0 to 1`."""

import re
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand

from detector.errors import OptionError

# typer carries this class in itself in some of its releases, and takes it from click in others.
ClickException: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

# What typer says about a value, and how an error of ours says it.
_PHRASES = (
    (r"Input should be a valid integer.*", "a whole number"),
    (r"Input should be a valid (number|date|boolean).*", r"a \1"),
    (r"Input should be ((?:greater|less) than.*)", r"a number \1"),
    (r"Input should be (.*)", r"\1"),
    (r".* is not a valid (?:integer|int)( range)?", "a whole number"),
    (r".* is not a valid (?:float|number)( range)?", "a number"),
    (r".* is not in the range (.*)", r"a number in the range \1"),
    (r".* is not (one of .*)", r"\1"),
)


class Command(TyperCommand):
    """A command whose errors name its options, and not the parameters behind them."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            OptionError: An option has a value that it cannot have.
        """
        try:
            return super().invoke(ctx)
        except OptionError as error:
            for parameter in self.params:
                if parameter.name == error.subject:
                    raise OptionError(_shown(parameter), error.found, error.expected) from error
            raise


def describe(error: Any, arguments: Sequence[str]) -> str:
    """What is wrong with a command line.

    Args:
        error: A `ClickException`.
        arguments: The words of the command line.

    Returns:
        Where, what was found, and what was expected; empty where the help has been printed instead.
    """
    if parameter := getattr(error, "param", None):
        return _describe_value(error, parameter, arguments)
    if name := getattr(error, "option_name", None):
        return f"{name}: {_reason(error, name)}"
    command = error.ctx.command_path if getattr(error, "ctx", None) else "detector"
    message = str(error.format_message()).rstrip(".")
    if match := re.fullmatch(r"No such command '(.*)'", message):
        return f"{match[1]}: no such command; expected one that `{command} --help` lists"
    if match := re.fullmatch(r"Got unexpected extra argument\S* \((.*)\)", message):
        return f"{match[1]}: one argument too many; expected what `{command} --help` lists"
    return message


def _describe_value(error: Any, parameter: Any, arguments: Sequence[str]) -> str:
    name = _shown(parameter)
    message = str(error.message).removeprefix("Value error, ").rstrip(".")
    if not message:
        return f"{name}: missing"
    expected = next((match.expand(text) for how, text in _PHRASES if (match := re.fullmatch(how, message))), None)
    if expected is None:
        return f"{name}: {message}"
    found = _given(parameter, arguments)
    return f"{name}: {found}; expected {expected.replace(chr(39), '')}"


def _reason(error: Any, name: str) -> str:
    """What is wrong with an option that has no value, or that there is not."""
    if "requires" in error.message:
        return "no value; expected one after it"
    if "does not take" in error.message:
        return "a value; expected none"
    near = sorted(getattr(error, "possibilities", None) or ())
    command = error.ctx.command_path if error.ctx else "detector"
    return "no such option; expected " + (" or ".join(near) if near else f"one that `{command} --help` lists")


def _shown(parameter: Any) -> str:
    """What a user calls a parameter: the long name of an option, the metavar of an argument."""
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name.upper())


def _given(parameter: Any, arguments: Sequence[str]) -> str:
    """The last value that a command line has for an option, in quotes unless it is a number."""
    names = [*parameter.opts, *parameter.secondary_opts]
    for place in range(len(arguments) - 1, -1, -1):
        word, equals, value = arguments[place].partition("=")
        if word in names and equals:
            return _quoted(value)
        if word in names and place + 1 < len(arguments):
            return _quoted(arguments[place + 1])
    return "a value"


def _quoted(value: str) -> str:
    try:
        return f"{float(value):.12g}"
    except ValueError:
        return repr(value)
