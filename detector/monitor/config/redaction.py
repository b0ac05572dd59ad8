"""Removes credentials from what is shown: tables, logs, errors and the names of cameras."""

import re
from collections.abc import Iterable

from pydantic import SecretStr

HIDDEN = "***"
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
# Credentials, host and port, path, query, fragment; an @ after credentials alone.
_CLEAR = re.compile(
    r"(?:[^/?#@]*@)?([\w.-]*|[\w.-]+:\d+|\[[\da-f:.]+\](?::\d+)?)(|/[^?#@]*)(|\?[^#@]*)(?:#[^@]*)?", re.IGNORECASE
)
# Some cameras take the password in the path: rtsp://10.0.0.5/user=admin_password=x_channel=1
_IN_PATH = re.compile(r"((?:pass|pwd|passwd|password|token|key|secret|auth|user)[a-z]*=)[^/]*", re.IGNORECASE)
_SHORTEST = 4  # characters of a secret that is removed from texts: shorter ones occur by chance


def redacted(source: object) -> str:
    """A camera's source or another address without user, password and the values of its query.

    Args:
        source: A number, a path or a URL.

    Returns:
        What is safe to show: `rtsp://u:p@10.0.0.5/live?key=1` gives `rtsp://10.0.0.5/live?***`; paths of files stay
        as they are.
    """
    text = source.get_secret_value() if isinstance(source, SecretStr) else str(source)
    scheme = _SCHEME.match(text)
    if scheme is None:
        return text
    parts = _CLEAR.fullmatch(text[scheme.end() :])
    if parts is None:  # for example a password with one of @/?# in it: its end is unknown
        return scheme[0] + HIDDEN
    host, path, query = parts.groups()
    return scheme[0] + host + _IN_PATH.sub(rf"\g<1>{HIDDEN}", path) + (query and "?" + HIDDEN)


class Address(SecretStr):
    """A source or URL that prints as `redacted` does; `get_secret_value()` is the whole of it."""

    def _display(self) -> str:
        return redacted(self.get_secret_value())


def scrub(text: str, secrets: Iterable[str | SecretStr]) -> str:
    """A text from outside, an error message for instance, without these secrets and without credentials in URLs."""
    values = (s.get_secret_value() if isinstance(s, SecretStr) else s for s in secrets)
    for value in sorted({v for v in values if len(v) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return re.sub(r"[a-z][a-z0-9+.-]*://[^\s'\"<>]+", lambda url: redacted(url[0]), text, flags=re.IGNORECASE)
