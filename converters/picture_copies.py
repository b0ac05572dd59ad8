"""Pictures on their way into a dataset: copied, linked, or converted where ultralytics would not read them."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.options import Link
from converters.pictures import Header, on_white, open_picture, turn_upright
from converters.problems import Problems
from converters.reading.embedded_pictures import is_embedded

# What ultralytics and OpenCV read on every machine: the content, and a suffix for it.
_KEPT = {
    "BMP": ".bmp",
    "JPEG": ".jpg",
    "JPEG2000": ".jp2",
    "MPO": ".jpg",
    "PNG": ".png",
    "TIFF": ".tif",
    "WEBP": ".webp",
}
_KEPT_SUFFIXES = frozenset({*_KEPT.values(), ".jpeg", ".mpo", ".tiff"})
CONVERTED = ".png"


def written_suffix(path: Path, header: Header) -> str | None:
    """The suffix of a picture in a dataset where its own does not do, else None.

    Args:
        path: The picture.
        header: Its header.

    Returns:
        None: content and name stay as they are. CONVERTED: the picture is converted, which loses nothing. Another: the
        content stays.
    """
    kept = _KEPT.get(header.format)
    if kept is None or (header.format == "WEBP" and header.animated):
        return CONVERTED
    return None if path.suffix.lower() in _KEPT_SUFFIXES else kept


def as_readable(image: AnnotatedImage, header: Header, problems: Problems) -> AnnotatedImage:
    """Decide how a picture is written so that ultralytics reads it. What is done is recorded.

    Args:
        image: The picture.
        header: Its header.
        problems: Where a conversion, another suffix and an animation are recorded.

    Returns:
        The picture with its `written_suffix`.
    """
    suffix = written_suffix(image.path, header)
    if header.animated:
        problems.repaired("animation", image.path, f"several frames of {header.format}", "first frame used")
    if suffix is None:
        return image
    done = "converted to PNG" if suffix == CONVERTED else f"written as {suffix}"
    found = header.format if suffix == CONVERTED else f"{header.format} named {image.path.suffix or 'without suffix'}"
    problems.repaired("format that ultralytics does not read", image.path, found, done)
    return replace(image, written_suffix=suffix)


def place(image: AnnotatedImage, target: Path, link: Link, problems: Problems) -> Link:
    """Copy, link or convert one picture into a dataset.

    Args:
        image: The picture.
        target: The new file.
        link: How pictures get there. A converted one is always a file of its own.
        problems: Where a link that could not be made is noted.

    Returns:
        The link for the next picture: that of this one, or "copy" once a hard link was not possible.

    Raises:
        OSError: It cannot be written.
        PictureError: It has to be converted, and cannot be decoded.
    """
    source = image.path
    if image.written_suffix == CONVERTED:
        write_png(source, target)
        return link
    if is_embedded(source):
        shutil.copyfile(source, target)
        return link
    if link == "symlink":
        target.symlink_to(source.resolve())
        return link
    if link == "hardlink":
        try:
            os.link(source.resolve() if source.is_symlink() else source, target)
            return link
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
                raise
            note = f"Hard links are not possible here ({error.strerror}): pictures were copied."
            if note not in problems.notes:  # it is tried once in each split
                problems.notes.append(note)
    shutil.copyfile(source, target)
    return "copy"


def write_png(source: Path, target: Path) -> None:
    """Convert a picture to PNG as a viewer shows it: its first frame, upright, on white.

    Raises:
        PictureError: It cannot be decoded.
        OSError: The PNG cannot be written.
    """
    with open_picture(source) as image:
        image.load()
        turn_upright(image)
        grey = image.mode in ("1", "L") or image.mode.startswith("I")  # PNG has 16 bits too
        shown = image if grey and not image.has_transparency_data else on_white(image).convert("RGB")
        shown.info = {}  # no EXIF: it would turn the picture again
    shown.save(target, "PNG")
