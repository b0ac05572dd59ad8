"""Tells pictures, videos and other files apart, by their content first and by their suffix second."""

import os
import re
from contextlib import closing
from pathlib import Path
from typing import Literal, TypeAlias

from converters.errors import PictureError
from converters.file_search import PICTURE_SUFFIXES
from converters.files import READ
from converters.pictures import open_picture

Kind: TypeAlias = Literal["image", "video"]

VIDEO_SUFFIXES = frozenset(
    {".264", ".265", ".3g2", ".3gp", ".asf", ".avi", ".dav", ".divx", ".f4v", ".flv", ".h264", ".h265", ".hevc", ".m2t"}
    | {
        ".m2ts",
        ".m2v",
        ".m4v",
        ".mjpeg",
        ".mjpg",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mxf",
        ".ogv",
        ".qt",
        ".vob",
    }
    | {".webm", ".wmv"}
)
_MOTION_JPEG_SUFFIXES = frozenset({".mjpeg", ".mjpg"})
# TypeScript uses the same suffixes: in a folder these are videos by their content only.
_AMBIGUOUS_SUFFIXES = frozenset({".mts", ".ts"})

_HEAD_BYTES = 400  # two packets of a transport stream
_PICTURE_HEAD = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|....ftyp(avi[fs]|hei[cmsx]|mif1)", re.DOTALL
)
_VIDEO_HEAD = re.compile(
    rb"....(ftyp|moov|mdat|wide|skip|free)"  # MP4 and QuickTime
    rb"|\x1a\x45\xdf\xa3"  # Matroska and WebM
    rb"|RIFF....AVI |FLV\x01|OggS|DHAV"
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11"  # ASF
    rb"|\x00\x00\x01[\xb3\xba]"  # MPEG-1 and MPEG-2
    rb"|\x06\x0e\x2b\x34\x02\x05\x01\x01"  # MXF
    rb"|G.{187}G|.{4}G.{191}G"  # transport streams
    rb"|\x00?\x00\x00\x01[\x06\x09\x27\x40\x46\x67]",  # raw H.264 and H.265
    re.DOTALL,
)
# Formats as which FFmpeg opens texts and pictures.
_NO_VIDEO_FORMATS = re.compile("tty|.*_pipe|image2|gif|apng")


def kind_of(path: Path, *, is_named: bool) -> Kind | None:
    """What a file is read as.

    Args:
        path: The file.
        is_named: The user gave this file, so that there is an answer in any case. Other files come from a folder.

    Returns:
        None for a file of a folder that is neither a picture nor a video.
    """
    suffix, head = path.suffix.lower(), _head(path)
    if _PICTURE_HEAD.match(head):
        moves = suffix in _MOTION_JPEG_SUFFIXES or (head.startswith(b"GIF8") and _is_animated(path))
        return "video" if moves else "image"
    if _VIDEO_HEAD.match(head) and (suffix in VIDEO_SUFFIXES or _is_video(path)):
        return "video"
    if suffix in PICTURE_SUFFIXES:
        return "image"
    if suffix in VIDEO_SUFFIXES:
        return "video"
    if not is_named:
        return None
    return "video" if suffix in _AMBIGUOUS_SUFFIXES or (head and not _is_picture(path) and _is_video(path)) else "image"


def is_video_content(content: bytes) -> bool:
    """Whether a file with this content begins as a video does."""
    head = content[:_HEAD_BYTES]
    return _VIDEO_HEAD.match(head) is not None and _PICTURE_HEAD.match(head) is None


def _head(path: Path) -> bytes:
    """The first bytes; none of a file that cannot be read, which is reported when it is opened."""
    try:
        if not path.is_file():
            return b""
        file = os.open(path, READ)
        try:
            return os.read(file, _HEAD_BYTES)
        finally:
            os.close(file)
    except OSError:
        return b""


def _is_animated(path: Path) -> bool:
    try:
        with open_picture(path) as picture:
            return bool(getattr(picture, "is_animated", False))
    except PictureError:  # `read_image` reports what is wrong
        return False


def _is_picture(path: Path) -> bool:
    try:
        with open_picture(path):
            return True
    except PictureError:
        return False


def _is_video(path: Path) -> bool:
    """Whether FFmpeg finds moving pictures in a file; the cover of a piece of music is none."""
    import av
    import av.error
    from av.stream import Disposition

    try:
        with closing(av.open(str(path))) as container:
            streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
            has_size = any(stream.codec_context.width for stream in streams)
            return has_size and not _NO_VIDEO_FORMATS.fullmatch(container.format.name)
    except (av.error.FFmpegError, OSError, ValueError):
        return False
