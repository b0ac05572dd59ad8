"""Nouns that go with a number: 1 person, 2 people."""


def noun(number: float, singular: str, plural: str | None = None) -> str:
    """The form of a noun that goes with a number.

    Args:
        number: How many there are.
        singular: The noun for one.
        plural: The noun for none or several; None: the singular with an s.
    """
    return singular if number == 1 else plural or f"{singular}s"


def quantity(number: int, singular: str, plural: str | None = None) -> str:
    """A number and its noun, such as "1 camera", "3 cameras"; see `noun`."""
    return f"{number} {noun(number, singular, plural)}"
