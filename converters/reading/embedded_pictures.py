"""Pictures that annotation files hold as text: written to a temporary folder, which goes when the process ends."""

import base64
import tempfile
from functools import cache
from pathlib import Path

_SUFFIXES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"BM": ".bmp", b"RIFF": ".webp", b"GIF8": ".gif"}


def write_embedded(text: object, annotation: Path, name: str) -> Path | None:
    """Write a picture that an annotation file holds.

    Args:
        text: The picture in base64.
        annotation: The annotation file. Pictures of one name lie in folders named after its path.
        name: The picture's name or path. Of this only the last part is used, without the extension.

    Returns:
        The file, with the suffix of its content; None where the text is no picture.

    Raises:
        OSError: It cannot be written.
    """
    try:
        data = base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except ValueError:
        return None
    suffix = next((suffix for start, suffix in _SUFFIXES.items() if data.startswith(start)), None)
    if suffix is None:
        return None
    path = _folder() / annotation.absolute().relative_to(annotation.absolute().anchor) / f"{_stem(name)}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def is_embedded(picture: Path) -> bool:
    """Whether a picture was written by `write_embedded`: links to it would soon lead nowhere."""
    return _folder.cache_info().currsize > 0 and picture.is_relative_to(_folder())


def _stem(name: str) -> str:
    return Path(name.replace("\\", "/").rpartition("/")[2].replace("\0", "")).stem[:100] or "picture"


@cache
def _folder() -> Path:
    folder = _directory()
    return Path(folder.name).resolve()


@cache
def _directory() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="mask-detector-", ignore_cleanup_errors=True)
