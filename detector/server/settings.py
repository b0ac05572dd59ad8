"""`ServerSettings`: every option and limit of the server, with its default and its check."""

import ipaddress
from dataclasses import dataclass, fields
from pathlib import Path

from detector.errors import OptionError, UsageError, check_range

TOKEN_VARIABLE = "MASK_DETECTOR_TOKEN"  # noqa: S105  (its name, not its value)

_LIMITS = {
    "port": (0, 65_535),
    "max_bytes": (1, 10**12),
    "max_pixels": (1, 10**9),
    "max_frames": (1, 10**9),
    "max_seconds": (1, 10**7),
    "max_tiles": (0, 10**6),
    "upload_seconds": (1, 10**5),
    "queue": (1, 10_000),
    "jobs": (1, 10_000),
    "keep_seconds": (1, 10**7),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where the server listens, whom it answers, and what it takes.

    Attributes:
        host: The address to listen on; other than loopback needs a token.
        port: The port; 0 takes a free one.
        token: What clients have to send; None asks nobody.
        allowed_hosts: Names by which clients may reach the server, beside its address and localhost.
        max_bytes: The largest upload, in bytes.
        max_pixels: The largest picture, and frame of a video, in pixels.
        max_frames: The longest video, in frames.
        max_seconds: The longest video, in seconds.
        max_tiles: At most so many tiles in one picture.
        upload_seconds: The longest time that an upload may take.
        queue: At most so many pictures are waiting or being looked at.
        jobs: At most so many videos are waiting or being looked at.
        keep_seconds: How long the results of a video are kept.
        collect: The folder in which corrected pictures are saved; None saves nothing.

    Raises:
        OptionError: A value is out of range.
        UsageError: The address is not loopback, and there is no token.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    max_bytes: int = 100_000_000
    max_pixels: int = 50_000_000
    max_frames: int = 20_000
    max_seconds: float = 900
    max_tiles: int = 64
    upload_seconds: float = 300
    queue: int = 64
    jobs: int = 8
    keep_seconds: float = 3600
    collect: Path | None = None

    def __post_init__(self) -> None:
        for option in fields(self):
            if option.name in _LIMITS:
                check_range(option.name, getattr(self, option.name), *_LIMITS[option.name])
        if self.token is not None and not (self.token.isascii() and self.token.isprintable() and self.token.strip()):
            raise OptionError(TOKEN_VARIABLE, "not printable ASCII", "letters, digits and signs, best 20 or more")
        if self.token is None and not is_loopback(self.host):
            raise UsageError(
                "--host", f"{self.host}, which others can reach, without a token", f"a secret in {TOKEN_VARIABLE}"
            )


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach an address."""
    if host.lower() == "localhost":
        return True
    address = ip_address(host)
    return address is not None and address.is_loopback


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text is, with or without the brackets of a URL; None for a name."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
