"""Accuracy per image, on folders of images; each folder is named after the class of its images."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from converters.file_search import find_pictures
from converters.labels import CLASS_NAMES
from detector.detections import Detections
from detector.errors import UsageError
from detector.media.images import read_image

if TYPE_CHECKING:
    from detector.inference.detector import Detector


@dataclass(frozen=True, slots=True)
class FolderScore:
    """Counts over the images of some folders.

    Attributes:
        images: How many there are.
        right: Those whose most confident face has the class of the folder.
        empty: Those without a face found; they count as wrong.
    """

    images: int
    right: int
    empty: int

    @property
    def accuracy(self) -> float | None:
        """The share that is right."""
        return self.right / self.images if self.images else None


def measure_folders(detector: "Detector", root: Path) -> dict[str, FolderScore]:
    """Count the images of each class folder, and of all together under "all".

    Args:
        detector: Its `conf` decides which faces count as found.
        root: Holds folders named after classes; case and underscores do not matter.

    Raises:
        UsageError: There is no such folder.
        SourceError: An image cannot be read.
    """
    scores = {name: _measure(detector, folder, name) for name, folder in _class_folders(root).items()}
    return {**scores, "all": _sum(scores)}


def _class_folders(root: Path) -> dict[str, Path]:
    classes = {_letters(name): name for name in CLASS_NAMES}
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    known = {classes[_letters(path.name)]: path for path in folders if _letters(path.name) in classes}
    if not known:
        raise UsageError(root, "no folder named after a class", ", ".join(CLASS_NAMES))
    return known


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalpha())


def _measure(detector: "Detector", folder: Path, name: str) -> FolderScore:
    images = right = empty = 0
    paths, size = list(find_pictures(folder)), detector.batch_size
    for start in range(0, len(paths), size):
        for answer in detector.predict([read_image(path) for path in paths[start : start + size]]):
            label = _label(answer)
            images, right, empty = images + 1, right + (label == name), empty + (label is None)
    return FolderScore(images, right, empty)


def _label(answer: Detections) -> str | None:
    """The class of the most confident face."""
    return answer.names[int(answer.class_id[answer.confidence.argmax()])] if len(answer) else None


def _sum(scores: Mapping[str, FolderScore]) -> FolderScore:
    parts = scores.values()
    return FolderScore(sum(p.images for p in parts), sum(p.right for p in parts), sum(p.empty for p in parts))
