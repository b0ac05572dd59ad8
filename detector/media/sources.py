"""Finds the pictures, videos and cameras that files, folders, globs and numbers stand for, and reads their frames."""

import glob
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector.errors import SourceError
from detector.media.addresses import address_error, camera_number
from detector.media.cameras import read_camera
from detector.media.images import read_image
from detector.media.media_kinds import kind_of
from detector.media.video_part import WHOLE_VIDEO, FrameChooser, VideoPart
from detector.media.videos import Timing, read_video

# The first file in every output folder, and the command that it names: so results are not taken for input.
SUMMARY_FILE = "summary.json"
INFER_COMMAND = "detector infer"


@dataclass(frozen=True, slots=True)
class Source:
    """One input: a picture, a video or a camera.

    Attributes:
        name: What it is called in tables: its path as given, or below the folder as given.
        kind: What is read from it.
        relative: Where its annotated copy belongs below an output folder.
        part: Which frames of a video or camera are looked at.
    """

    name: str
    kind: Literal["image", "video", "camera"]
    relative: PurePath
    part: VideoPart = WHOLE_VIDEO

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture to look for faces in.

    Attributes:
        image: BGR uint8 (H, W, 3).
        source: The input it comes from.
        index: Its number in a video or camera, from 0; 0 for a picture.
        seconds: When it is shown, from the start of the video; None for a picture.
        timing: The exact time, for writing videos; None for a picture.
    """

    image: NDArray[np.uint8]
    source: Source
    index: int = 0
    seconds: float | None = None
    timing: Timing | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of an input: it was read to its end, or could not be read further.

    Attributes:
        name: The input, as in `Source.name`.
        error: Why it could not be read, or not to its end; None if it was.
        note: What is odd about an input that was read.
    """

    name: str
    error: SourceError | None = None
    note: str | None = None


def find_sources(
    inputs: Iterable[str | Path | int],
    exclude: Path | None = None,
    left_out: Counter[str] | None = None,
    *,
    recursive: bool = True,
    part: VideoPart = WHOLE_VIDEO,
) -> Iterator[Source | Ended]:
    """Expand inputs into single pictures, videos and cameras, in the same order on every machine.

    Folders are searched recursively, hidden files left out. Links to folders are followed, each folder once. What an
    earlier run left behind is not taken for input. An input that comes up twice is given once.

    Args:
        inputs: Paths of files and folders, globs (`**` for any depth), numbers of cameras.
        exclude: A folder to leave out: where results go.
        left_out: Filled with the number of files by suffix that folders and globs have beside pictures and videos.
        recursive: Search folders to the bottom; otherwise only the folders themselves.
        part: Which frames of videos and cameras are looked at.

    Yields:
        Sources, and an `Ended` with an error for every input in which there is nothing to read.
    """
    inputs = list(inputs)
    seen: set[str] = set()
    for given in inputs:
        empty = True
        search = _Search(exclude, left_out, recursive)
        for found in search.expand(given, several=len(inputs) > 1):
            empty = False
            if len(inputs) > 1 and isinstance(found, Source):
                key = found.name if found.kind == "camera" else _place(found.name)
                if key in seen:
                    continue
                seen.add(key)
            yield found if isinstance(found, Ended) or part.is_whole else replace(found, part=part)
        if empty:
            yield Ended(str(given), search.nothing_in(str(given)))


def _place(name: str) -> str:
    """Where a file lies, however its folder is named: a.jpg, ./a.jpg and folder/../a.jpg are one."""
    folder, file = os.path.split(name)
    return os.path.join(os.path.realpath(folder), file)  # noqa: PTH118  (faster, of many files)


class _Search:
    """The search in one input.

    Args:
        exclude: A folder to leave out: where results go.
        left_out: Files by suffix that are neither pictures nor videos.
        recursive: Whether folders are searched to the bottom.
    """

    def __init__(self, exclude: Path | None, left_out: Counter[str] | None = None, recursive: bool = True) -> None:
        self._exclude, self._recursive = exclude, recursive
        self._left_out = Counter() if left_out is None else left_out
        self._results: set[Path] = set()  # folders of results, which are left out
        self._has_folders = False  # that are not searched

    def expand(self, given: str | Path | int, *, several: bool) -> Iterator[Source | Ended]:
        try:
            yield from self._expand(given, several)
        except OSError as error:
            yield Ended(str(given), unreadable(str(given), error))

    def nothing_in(self, given: str) -> SourceError:
        """The error of an input in which nothing was found."""
        if Path(given) in self._results:
            return SourceError(given, "a folder of results of detector infer", "a folder of pictures or videos")
        if self._has_folders:
            return SourceError(given, "no pictures or videos in it", "at least one; folders in it are not searched")
        found = "only results of detector infer in it" if self._results else "no pictures or videos in it"
        return SourceError(given, found, "at least one picture or video" if self._results else "at least one")

    def _expand(self, given: str | Path | int, several: bool) -> Iterator[Source | Ended]:
        path, number = Path(str(given)), camera_number(str(given))
        if given == "":  # as a path it would be the working folder
            yield Ended("", SourceError('""', "an empty name", "a file or folder"))
        elif number is not None:
            yield Source(str(number), "camera", PurePath(f"camera-{number}.mp4"))
        elif path.is_dir():
            # Several folders may hold pictures of the same names: each keeps its own name in the output.
            yield from self._walk(path, PurePath(path.resolve().name) if several else PurePath())
        elif os.path.lexists(path):
            yield _file(path, PurePath(path.name))
        elif error := address_error(str(given)):
            yield Ended(str(given), error)
        elif glob.has_magic(str(given)):
            yield from self._glob(str(given))
        else:
            yield Ended(str(given), SourceError(path, "no such file or folder"))

    def _glob(self, pattern: str) -> Iterator[Source | Ended]:
        parts = Path(pattern).parts
        base = Path()
        for part in parts[:-1]:
            if glob.has_magic(part) and not (base / part).is_dir():  # a folder's own name may hold brackets
                break
            base /= part
        pattern = str(Path(glob.escape(str(base)), *parts[len(base.parts) :]))
        for match in map(Path, sorted(glob.glob(pattern, recursive=True))):  # noqa: PTH207  (absolute patterns)
            # Without "..", which would lead a copy out of the output folder.
            relative = PurePath(*(part for part in match.relative_to(base).parts if part != ".."))
            if match.is_dir():
                if "**" not in pattern:  # its matches include all files below already
                    yield from self._walk(match, relative)
            elif not self._is_output(match.parent):
                yield from self._media(match, relative)

    def _walk(self, folder: Path, prefix: PurePath) -> Iterator[Source | Ended]:
        failures: list[Ended] = []

        def fail(error: OSError) -> None:
            failures.append(Ended(str(error.filename), unreadable(str(error.filename), error)))

        visited: set[tuple[int, int]] = set()
        for root, folders, names in os.walk(folder, onerror=fail, followlinks=True):
            yield from failures
            failures.clear()
            try:
                here = Path(root).stat()
            except OSError as error:
                yield Ended(root, unreadable(root, error))
                folders.clear()
                continue
            if (here.st_dev, here.st_ino) in visited or self._is_output(Path(root)):
                folders.clear()
                continue
            visited.add((here.st_dev, here.st_ino))
            if not self._recursive:
                self._has_folders = self._has_folders or bool(folders)
                folders.clear()
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
            below = prefix / os.path.relpath(root, folder)
            for name in sorted(names):
                if not name.startswith("."):
                    yield from self._media(Path(root, name), below / name)
        yield from failures

    def _media(self, path: Path, relative: PurePath) -> Iterator[Source]:
        """A file of a folder or glob, if it is a picture or a video."""
        if (kind := kind_of(path, is_named=False)) is None:
            self._left_out[path.suffix.lower() or "no suffix"] += 1
        else:
            yield Source(str(path), kind, relative)

    def _is_output(self, folder: Path) -> bool:
        if not is_output(folder, self._exclude):
            return False
        self._results.add(folder)
        return True


def is_output(folder: Path, exclude: Path | None = None) -> bool:
    """Whether a folder holds the results of this run (`exclude`) or of an earlier one."""
    if exclude is not None and folder.resolve() == exclude.resolve():
        return True
    try:
        with (folder / SUMMARY_FILE).open(encoding="utf-8") as file:
            return INFER_COMMAND in file.read(100)
    except (OSError, UnicodeDecodeError):
        return False


def _file(path: Path, relative: PurePath) -> Source:
    return Source(str(path), kind_of(path, is_named=True) or "image", relative)


def read_frames(source: Source, is_cancelled: Callable[[], bool] = lambda: False) -> Iterator[Frame]:
    """All frames of one input, one in memory at a time.

    Args:
        source: The input.
        is_cancelled: Asked while a camera is waited for; when it says True, the frames end.

    Raises:
        SourceError: It could not be read, or not to its end; what could be read has been yielded by then.
    """
    if source.kind == "image":
        yield Frame(read_image(Path(source.name)), source)
        return
    if source.kind == "camera":
        yield from _camera_frames(source, is_cancelled)
        return
    for image, timing in read_video(Path(source.name), source.part):
        yield Frame(image, source, timing.index, float(timing.seconds), timing)


def _camera_frames(source: Source, is_cancelled: Callable[[], bool]) -> Iterator[Frame]:
    chooser = FrameChooser(source.part)
    for index, (image, timing) in enumerate(read_camera(int(source.name), is_cancelled)):
        if chooser.is_past(timing.seconds):
            return
        if chooser.takes(timing.seconds):
            timing = replace(timing, rate=source.part.rate(timing.rate))
            yield Frame(image, source, index, float(timing.seconds), timing)


def unreadable(name: str, error: OSError) -> SourceError:
    """Convert an error of the operating system to a `SourceError` of an input."""
    return SourceError(name, error.strerror or str(error) or type(error).__name__)
