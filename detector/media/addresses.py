"""Addresses such as https://... and rtsp://..., which only `detector watch` reads."""

import os
import re

from detector.errors import SourceError

# At least two letters: C:\ is a drive. One slash: `Path` drops the other.
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):[/\\]{1,2}(?:[^/\\?#]*@)?([^?#]*)", re.IGNORECASE)
_STREAMS = ("mms", "rtmp", "rtmps", "rtp", "rtsp", "rtsps", "srt", "udp")


def address_error(given: str) -> SourceError | None:
    """Why an address cannot be read; None for anything else, also for a file of such a name.

    Passwords and queries, which may be secret, are not repeated.
    """
    parts = _ADDRESS.match(given)
    if parts is None or os.path.lexists(given):
        return None
    scheme, rest = parts[1].lower(), parts[2].replace("\\", "/")
    shown = f"{scheme}://{rest}"
    if scheme == "file":
        return SourceError(shown, "an address", f"the path alone: {rest}")
    if scheme in _STREAMS:
        return SourceError(shown, "the address of a stream", "a file or a folder; `detector watch` reads streams")
    return SourceError(shown, "an address", "a file: download it first (`detector watch` reads live streams)")
