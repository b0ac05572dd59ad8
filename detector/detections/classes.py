"""Classes as callers name them, by name or id."""

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any, TypeAlias

from detector.errors import OptionError

Classes: TypeAlias = str | int | Iterable[str | int]
"""One or several classes, by name or id."""


def class_ids(classes: Classes, names: Sequence[str]) -> list[int]:
    """The ids of classes.

    Args:
        classes: One or several names or ids.
        names: Class names by class id.

    Raises:
        UsageError: There is no such class.
    """
    given = [classes] if isinstance(classes, str) or not isinstance(classes, Iterable) else classes
    return [_class_id(each, names) for each in given]


def _class_id(given: Any, names: Sequence[str]) -> int:
    if isinstance(given, str) and given in names:
        return names.index(given)
    if isinstance(given, Integral) and not isinstance(given, bool) and int(given) in range(len(names)):
        return int(given)
    raise OptionError("classes", repr(given), f"{', '.join(names)}, or an id from 0 to {len(names) - 1}")
