"""The names under which annotations know their pictures: paths of another machine, web addresses, encoded names."""

from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

_MOST_CHARACTERS = 4096  # of a path; a picture that is embedded as text is longer


def picture_names(*stated: object) -> tuple[str, ...]:
    """The names by which a picture may be found.

    Args:
        stated: What the annotation states, the best first. What is no text is passed over.

    Returns:
        Paths without what a web address adds, as they stand and with `%20` and the like decoded, each once.
    """
    texts = (value.strip() for value in stated if isinstance(value, str))
    return tuple(dict.fromkeys(name for text in texts if 0 < len(text) <= _MOST_CHARACTERS for name in _variants(text)))


def _variants(text: str) -> Iterator[str]:
    if text.startswith("data:"):  # the picture itself
        return
    path = _path_of_address(text)
    if path is not None:
        yield path
        return
    yield text
    if "%" in text:
        yield unquote(text)


def _path_of_address(text: str) -> str | None:
    """The path in a web address; None where the text is no address."""
    if "://" not in text and not text.startswith(("file:", "/data/local-files/")):
        return None
    try:
        address = urlsplit(text)
    except ValueError:
        return None
    local = parse_qs(address.query).get("d")  # Label Studio's way to name a file of its server
    return local[0] if local else unquote(address.path) or None
