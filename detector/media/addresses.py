"""Inputs that are no files: cameras of this machine, and addresses, which only `detector watch` reads."""

import os
import re
import sys
from pathlib import Path

from detector.errors import SourceError

# At least two letters: C:\ is a drive. One slash: `Path` drops the other.
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):[/\\]{1,2}(?:[^/\\?#]*@)?([^?#]*)", re.IGNORECASE)
_DEVICE = re.compile(r"/dev/video(\d+)")
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


def camera_number(given: str) -> int | None:
    """The number of a camera of this machine, given as such or, on Linux, as its device file.

    None for anything else, also where a file or a folder is called so.
    """
    device = _DEVICE.fullmatch(given) if sys.platform == "linux" else None
    number = device[1] if device else given
    if not number.isdecimal() or Path(given).is_file() or Path(given).is_dir():
        return None
    return int(number)
