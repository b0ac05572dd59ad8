"""Wrong command lines, in one style: `--conf: 7.0; expected a number from 0 to 1`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from typer.core import TyperCommand

from detector.errors import MaskDetectorError, OptionError

# Some releases of typer define this class themselves, others take it from click.
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
            MaskDetectorError: The error of the command. The subject of an `OptionError`, and names of parameters that
                an error has in backticks, become the names of options: `int8` becomes --int8.
        """
        try:
            return super().invoke(ctx)
        except MaskDetectorError as error:
            options = {str(parameter.name): _shown(parameter) for parameter in self.params}
            subject = options.get(error.subject, error.subject) if isinstance(error, OptionError) else error.subject
            expected = None if error.expected is None else _with_options(error.expected, options)
            raise type(error)(subject, _with_options(error.found, options), expected) from error


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
    """What is wrong with an option that does not exist, or with the number of its values."""
    if "requires" in error.message:
        return "no value; expected one after it"
    if "does not take" in error.message:
        return "a value; expected none"
    near = sorted(getattr(error, "possibilities", None) or ())
    command = error.ctx.command_path if error.ctx else "detector"
    return "no such option; expected " + (" or ".join(near) if near else f"one that `{command} --help` lists")


def _shown(parameter: Any) -> str:
    """The name of a parameter for users: the long name of an option, the metavar of an argument."""
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name.upper())


def _with_options(text: str, options: Mapping[str, str]) -> str:
    """A text in which the name of an option replaces each parameter that stands in backticks."""
    return re.sub(r"`(\w+)`", lambda name: options.get(name[1], name[0]), text)


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
