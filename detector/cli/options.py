"""Options that several commands share; those of the detector are made from the fields of `DetectorSettings`."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import Field, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from detector.settings import DetectorSettings, help_of, metavar_of

_SETTINGS = "settings"
_SHORT_NAMES = {"weights": "-w"}
_TYPES = get_type_hints(DetectorSettings)


def option_name(parameter: str) -> str:
    """The option of a parameter on the command line: `--max-det` for `max_det`."""
    return "--" + parameter.replace("_", "-")


def detector_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for every field of `DetectorSettings`.

    The options replace its parameter `settings`. If that is annotated as `DetectorSettings`, the command gets all
    options. If it is a dictionary, the command gets only the options that the user gave.

    Raises:
        UsageError: When the command is run: a value is out of range.
    """
    signature = inspect.signature(command)
    all_of_them = signature.parameters[_SETTINGS].annotation is DetectorSettings

    @wraps(command)
    def run(**arguments: Any) -> None:
        options = {option.name: arguments.pop(option.name) for option in fields(DetectorSettings)}
        if all_of_them:
            return command(**arguments, settings=DetectorSettings(**options))
        given = {name: value for name, value in options.items() if value is not None}
        DetectorSettings(**given)  # checks them
        return command(**arguments, settings=given)

    parameters = list(_replaced(signature, required=all_of_them))
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # read by typer
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _replaced(signature: inspect.Signature, *, required: bool) -> Iterator[inspect.Parameter]:
    for parameter in signature.parameters.values():
        if parameter.name == _SETTINGS:
            yield from (_parameter(option, required=required) for option in fields(DetectorSettings))
        else:
            yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)


def _parameter(option: "Field[Any]", *, required: bool) -> inspect.Parameter:
    """A field as a parameter that typer makes an option of."""
    default = option.default if required else None
    kind = _type_of(option) if default is not None else _type_of(option) | None
    annotation = Annotated[kind, _option(option, required=required)]  # type: ignore[valid-type]  # made at run time
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _type_of(option: "Field[Any]") -> type:
    """The type of the option: of several types that a field may have, the most general one."""
    types = get_args(_TYPES[option.name]) or (_TYPES[option.name],)
    return next(kind for kind in (str, bool, float, int) if kind in types)


def _option(option: "Field[Any]", *, required: bool = True) -> Any:
    name = option_name(option.name)
    is_switch = required and option.default is False  # no --no-... form: it is off by default
    names = f"{name}/--no-{name[2:]}" if _type_of(option) is bool and not is_switch else name
    short = [_SHORT_NAMES[option.name]] if option.name in _SHORT_NAMES else []
    shown = True if required or option.default is None else str(option.default)
    return typer.Option(names, *short, help=help_of(option), metavar=metavar_of(option), show_default=shown)


_OPTIONS = {option.name: option for option in fields(DetectorSettings)}
TrustWeights = Annotated[bool, _option(_OPTIONS["trust_weights"])]
DataYaml = Annotated[Path, typer.Argument(metavar="DATA.yaml", help="The dataset's data.yaml.", show_default=False)]
