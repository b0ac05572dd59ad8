"""Says why the address of a camera could not be opened, in words that help to correct it."""

import re
import socket
from urllib.parse import urlsplit

from detector.errors import SourceError
from detector.monitor.cameras.stills import StillPictures

_PROBE_SECONDS = 2.0
_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935}
_RESERVED = {"@": "%40", "/": "%2F", "?": "%3F", "#": "%23", ":": "%3A", "[": "%5B", "]": "%5D"}
# Everything up to the last @, where a part of it would end an address: user:p/ss@host
_CREDENTIALS = re.compile(r"^[a-z][a-z0-9+.-]*://([^:/@]*):(.*)@[^@/?#]+", re.IGNORECASE)


def explain_refusal(address: str, error: Exception, reason: str, *, silent: bool) -> str:
    """Why an address could not be opened, without its credentials.

    Args:
        address: The address.
        error: The error of FFmpeg.
        reason: What FFmpeg says; it is kept where nothing better is found.
        silent: Whether FFmpeg has waited until its time was up.
    """
    if (characters := reserved_characters(address)) is not None:
        return f"{reason}: the password must be percent-encoded, {characters}"
    if status := _http_status(error):
        return status
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme.lower(), 0)
    except ValueError:
        return f"{reason}: the address is not complete"
    if not _is_known(host):
        return f"the name {host} is not known here"
    if not port or parts.scheme.lower() in ("udp", "rtp", "srt"):
        return reason
    if (refusal := _connect(host, port)) is not None:
        return refusal
    if parts.scheme.lower() in ("http", "https"):
        return _what_http_gives(address) or reason
    if silent:
        return f"port {port} of {host} is open but says nothing"
    return f"port {port} of {host} gives no {parts.scheme.upper()} stream ({reason})"


def reserved_characters(address: str) -> str | None:
    """How to write the characters of a password that have a meaning in addresses; None where there are none."""
    found = _CREDENTIALS.match(address)
    marks = [mark for mark in _RESERVED if found is not None and mark in found[2]]
    return ", ".join(f"{mark} as {_RESERVED[mark]}" for mark in marks) or None


def _http_status(error: Exception) -> str | None:
    import av.error

    # The statuses of HTTP and RTSP.
    if isinstance(error, av.error.HTTPUnauthorizedError):
        return "user or password are refused or missing (401)"
    if isinstance(error, av.error.HTTPForbiddenError):
        return "this user may not see it (403)"
    if isinstance(error, av.error.HTTPNotFoundError):
        return "the camera has no such path (404)"
    return None


def _is_known(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True


def _connect(host: str, port: int) -> str | None:
    """Why a port cannot be connected to; None where it can."""
    try:
        with socket.create_connection((host, port), _PROBE_SECONDS):
            return None
    except ConnectionRefusedError:
        return f"nothing listens on port {port} of {host}"
    except OSError as error:
        return f"port {port} of {host} cannot be reached ({error.strerror or 'no answer'})"


def _what_http_gives(address: str) -> str | None:
    try:
        kind = StillPictures(address, _PROBE_SECONDS).content_type()
    except SourceError as error:
        return error.found if "answered" in error.found else None
    if kind == "text/html":
        return "a web page, for instance for a login; expected the address of the stream or of its picture"
    return None if kind.startswith(("image/", "video/", "multipart/")) else f"no video but {kind}"
