"""Reads a YAML configuration, with variables of the environment and settings of the command line."""

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from converters.reading.yaml_file import read_yaml
from detector.errors import ConfigError
from detector.monitor.config.yaml_lines import located

_VARIABLE = re.compile(r"\$?\$\{([^}]*)\}")
# Values of these are not repeated in errors: they are secret, or hold credentials.
_SECRET = re.compile(r"password|token|secret|headers|url|source|view|user|command", re.IGNORECASE)
_LONGEST_VALUE = 60
_PHRASES = (
    (r"^Field required", "a value"),
    (r"valid dictionary", "a mapping of names to values"),
    (r"valid (?:tuple|list)", "a list"),
    (r"valid string", "a text"),
    (r"valid path", "a path"),
    (r"valid (integer|number|boolean)", r"a valid \1"),
    (r"should (?:be|have) ((?:greater|less) than.*)", r"a number \1"),
    (r"should have (at (?:least|most) \d+ \w+)", r"\1"),
    (r"expected tags: (.*)", r"one of \1"),
    (r"^Unable to extract tag", "a value"),
    (r"should be (.*)", r"\1"),
    (r"^Value error, (.*)", r"\1"),
)


def read_config(path: Path) -> dict[Any, Any]:
    """The mapping that the YAML file of a configuration holds.

    Raises:
        ConfigError: It cannot be read, is not YAML, does not hold a mapping, or has a key that is a list, a mapping or
            a duplicate.
    """
    return read_yaml(path, ConfigError, "a YAML file with `cameras`", unique_keys=True)


def merged(data: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """`data` with the values of `overrides` in place of its own, section by section."""
    result = dict(data)
    for key, value in overrides.items():
        section = result.get(key)
        both = isinstance(section, Mapping) and isinstance(value, Mapping)
        result[key] = merged(section, value) if both else value  # type: ignore[arg-type]
    return result


def substitute(value: Any, subject: str | Path, used: set[str], at: str = "") -> Any:
    """`value` with `${NAME}` in its texts replaced by variables of the environment; `$${` stands for `${`.

    Args:
        value: What YAML was read into, or a part of it.
        subject: The file, for errors.
        used: Gets the values that were put in.
        at: The path of the field, for errors.

    Raises:
        ConfigError: A variable is not set.
    """
    if isinstance(value, Mapping):
        return {key: substitute(item, subject, used, _join(at, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [substitute(item, subject, used, _join(at, i)) for i, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        name = match[1]
        if name not in os.environ:
            expected = f"export {name}=... before the start" if name.isidentifier() else "${NAME}"
            raise ConfigError(located(subject, at), f"{at}: the environment variable {name!r} is not set", expected)
        used.add(os.environ[name])
        return os.environ[name]

    return _VARIABLE.sub(look_up, value)


def wrong(found: str, expected: str, at: str = "") -> PydanticCustomError:
    """An error for validators that says what was found.

    Args:
        found: What is wrong, without secrets.
        expected: What should be there.
        at: The path of the field below the section that is validated.
    """
    return PydanticCustomError("setting", "{expected}", {"found": found, "expected": expected, "at": at})


def check_fields(data: Any, known: Sequence[str]) -> Any:
    """Refuse unknown fields of a section, naming the one that was probably meant.

    Raises:
        PydanticCustomError: There is one.
    """
    for key in data if isinstance(data, Mapping) else ():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            raise wrong("no such field", near[0] if near else f"one of {', '.join(known)}", str(key)[:_LONGEST_VALUE])
    return data


def explain(error: ValidationError, subject: str | Path, raw: Any) -> ConfigError:
    """Turn an error of pydantic into an error that says, for every wrong field, where, what was found and expected.

    Args:
        error: The error of the validation.
        subject: The file.
        raw: The data before variables were put in, so that the error repeats `${NAME}` and not its value.
    """
    problems = [_Problem.of(problem, raw) for problem in _in_file_order(error, raw)]
    # pydantic also reports the list that holds a wrong item: the item is enough.
    inner: dict[str, _Problem] = {}
    for problem in problems:
        if not any(other.is_below(problem) for other in problems):
            inner.setdefault(problem.where, problem)
    first, *others = inner.values()
    lines = [f"{located(subject, other.where)}: {other.found_there}; expected {other.expected}" for other in others]
    return ConfigError(located(subject, first.where), first.found_there, "\n".join([first.expected, *lines]))


@dataclass(frozen=True, slots=True)
class _Problem:
    """A wrong field: its path in the file, what was found there, and what was expected."""

    where: str
    found: str
    expected: str

    @classmethod
    def of(cls, problem: Any, raw: Any) -> "_Problem":
        where, value = _place(raw, problem["loc"])
        if problem["type"].startswith("union_tag"):  # the kind of a sink, which pydantic looks at from outside
            where, value = _join(where, "type"), value.get("type", _ABSENT)
        context = problem.get("ctx", {})
        if "at" in context:
            where, found = _join(where, context["at"]) if context["at"] else where, context["found"]
        elif problem["type"] == "missing" or value is _ABSENT:
            found = "missing"
        else:
            found = _found(where, value)
        return cls(where, found, _expected(problem["msg"]))

    @property
    def found_there(self) -> str:
        return f"{self.where or 'top level'}: {self.found}"

    def is_below(self, other: "_Problem") -> bool:
        return self.where != other.where and (
            not other.where or self.where.startswith((f"{other.where}.", f"{other.where}["))
        )


def _in_file_order(error: ValidationError, raw: Any) -> list[Any]:
    """What pydantic found, in the order in which the fields stand in the file."""
    order = {(name,): place for place, name in enumerate(raw)}
    problems = error.errors(include_url=False, include_input=False)
    return sorted(problems, key=lambda problem: order.get(problem["loc"][:1], len(order)))


def _found(where: str, value: Any) -> str:
    """What stands in a field, in words that repeat no secret."""
    if value is None:
        return "empty"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "a mapping"
    if _SECRET.search(where):
        return "not as it should be"
    return repr(value) if len(repr(value)) <= _LONGEST_VALUE else repr(value)[:_LONGEST_VALUE] + "..."


def _expected(message: str) -> str:
    """The end of the sentence that begins with "expected", from a message of pydantic."""
    for pattern, text in _PHRASES:
        if match := re.search(pattern, message):
            return match.expand(text)
    return message


_ABSENT = object()


def _place(raw: Any, location: Sequence[int | str]) -> tuple[str, Any]:
    """The path of a field as the YAML file has it, and its value there."""
    where, value = "", raw
    for part in location:
        if isinstance(value, Mapping):
            if part not in value and value.get("type") == part:
                continue  # pydantic names the kind of sink here, which is no level of the file
            where, value = _join(where, part), value.get(part, _ABSENT)
        elif isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
            where, value = _join(where, part), value[part]
        else:
            break  # inside a value that has been read by then, such as one branch of a union
    return where, value


def _join(at: str, part: int | str) -> str:
    if isinstance(part, int):
        return f"{at}[{part}]"
    return f"{at}.{part}" if at else str(part)
