"""The ids of COCO files, which some tools write as numbers in one place and as text in another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

_Value = TypeVar("_Value")


def is_id(value: object) -> bool:
    """Whether a value of a JSON document may be an id."""
    return isinstance(value, int | str | float) and not isinstance(value, bool)


@dataclass
class Ids(Generic[_Value]):
    """Things by their ids.

    Attributes:
        by_id: The things.
    """

    by_id: Mapping[Any, _Value]
    _found: set[Any] = field(default_factory=set)

    @property
    def retyped(self) -> int:
        """How many ids were found by their text only, such as 0 by "0"."""
        return len(self._found)

    def find(self, stated: object) -> Any | None:
        """The id that is meant, or None where there is none, or several have the same text."""
        if not is_id(stated):
            return None
        if stated in self.by_id:
            return stated
        found = self._by_text.get(_text(stated))
        if found is not None:
            self._found.add(found)
        return found

    @cached_property
    def _by_text(self) -> dict[str, Any]:
        keys: dict[str, Any] = {}
        for key in self.by_id:
            keys[_text(key)] = None if _text(key) in keys else key
        return keys


def _text(key: object) -> str:
    return str(key).strip()
