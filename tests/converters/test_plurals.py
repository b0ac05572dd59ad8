"""Nouns that go with a number."""

import pytest

from converters.plurals import noun, quantity


@pytest.mark.parametrize(("number", "text"), [(0, "0 frames"), (1, "1 frame"), (2, "2 frames"), (1000, "1000 frames")])
def test_only_one_is_singular(number: int, text: str) -> None:
    assert quantity(number, "frame") == text


def test_a_plural_of_its_own() -> None:
    assert [noun(number, "person", "people") for number in (0, 1, 2)] == ["people", "person", "people"]
    assert quantity(3, "change of state", "changes of state") == "3 changes of state"
