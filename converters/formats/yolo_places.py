"""Finds what a data.yaml names. It was often written on another machine: folders are looked for below the source."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from converters.errors import DatasetError, PictureError
from converters.file_search import find_pictures, is_picture
from converters.formats.yolo import DatasetYaml, listed_path, read_list
from converters.formats.yolo_lists import names_picture, splits_without_yaml
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.stated_paths import tails


def splits_of_yaml(dataset: DatasetYaml, source: AnnotationSource, problems: Problems) -> dict[Path, list[str]]:
    """The pictures of a dataset, with the splits that each is in.

    Args:
        dataset: The description.
        source: The pictures that may be used; only those are found.
        problems: Where what is missing, or lies elsewhere, is reported.

    Returns:
        The splits of each picture. Where nothing is here of what the file names: all pictures of the source, divided
        as if there were no data.yaml.

    Raises:
        DatasetError: There is no picture, or a list cannot be read.
    """
    places = _places(dataset, source, problems)
    if not any(places.values()):
        return _without_places(dataset, source, problems)
    pictures = _Pictures(dataset, source, problems)
    splits: dict[Path, list[str]] = {}
    for split, found in places.items():
        here = sorted({picture for place in found for picture in pictures.of(place)})
        if found and not here:
            problems.notes.append(f"{dataset.path.name} has no usable picture for {split} ({found[0]}).")
        for picture in here:
            splits.setdefault(picture, []).append(split)
    if not splits and not problems.omissions:
        raise DatasetError(dataset.path, f"no picture in its {' and '.join(dataset.splits)}", "at least one")
    for picture in source.pictures.pictures:
        if picture not in splits:
            problems.passed_over("picture in no split", picture, f"not in {dataset.path.name}", "not used")
    return _divided(splits, dataset, problems)


def _without_places(dataset: DatasetYaml, source: AnnotationSource, problems: Problems) -> dict[Path, list[str]]:
    for split, stated in dataset.splits.items():
        if not source.pictures.pictures:
            raise DatasetError(
                dataset.path, f"its {split!r} entry {_short(stated[0])} does not exist", "pictures below SOURCE"
            )
    problems.notes.append(f"{dataset.path.name} names no folder that is here: all pictures below SOURCE were read.")
    return splits_without_yaml(source, problems)


def _places(dataset: DatasetYaml, source: AnnotationSource, problems: Problems) -> dict[str, list[Path]]:
    """The folders and lists of each split that are here; those that are not are reported."""
    here = {place for places in dataset.splits.values() for place in places if _is_place(place)}
    found: dict[str, list[Path]] = {}
    missing = []
    for split, stated in dataset.splits.items():
        found[split] = []
        for entry in stated:
            place = entry if entry in here else _below(source, entry, dataset, here)
            if place is None:
                missing.append((split, entry))
                continue
            if place != entry:
                note = f"{dataset.path.name} names {_short(entry)}, which is not here: {place} was read."
                problems.notes += [note] if note not in problems.notes else []
            found[split].append(place)
    if any(found.values()):
        for split, entry in missing:
            _report_missing(dataset, split, entry, problems)
    return found


def _below(source: AnnotationSource, stated: Path, dataset: DatasetYaml, here: set[Path]) -> Path | None:
    """The place below the source with the longest tail of a stated path. It holds no place that is stated rightly."""
    for folder in (dataset.path.parent, source.root):
        for tail in tails(str(stated)):
            place = Path(os.path.realpath(folder / tail))
            if _is_place(place) and not any(other.is_relative_to(place) for other in here):
                return place
    return None


def _is_place(path: Path) -> bool:
    """Whether a path is a folder or a file that can be read: not a device or a pipe, which may never end."""
    return path.is_dir() or path.is_file()


def _report_missing(dataset: DatasetYaml, split: str, place: Path, problems: Problems) -> None:
    if split == "train" or len(dataset.splits[split]) > 1:
        problems.left_out("missing folder or list", dataset.path, f"{split}: {_short(place)}")
    else:
        problems.notes.append(f"{dataset.path.name} names {_short(place)} for {split}, which is not there.")


class _Pictures:
    """Finds the pictures of the places that a data.yaml names, among those of the source."""

    def __init__(self, dataset: DatasetYaml, source: AnnotationSource, problems: Problems) -> None:
        self._dataset, self._source, self._problems = dataset, source, problems
        self._real_folder = cache(os.path.realpath)
        self._own = {self._real(picture): picture for picture in source.pictures.pictures}
        self._folders = [Path(os.path.realpath(folder)) for folder in source.pictures.folders]

    def of(self, place: Path) -> Iterator[Path]:
        """The pictures of a folder or list."""
        for picture in self._stated(place):
            real = self._real(picture)
            if real in self._own:
                yield self._own[real]
            elif self._is_inside(real):
                yield picture
            else:
                self._report_outside("picture", picture)

    def _real(self, picture: Path) -> Path:
        # The folder's links are followed, the picture's own is not: a dataset may consist of links.
        return Path(self._real_folder(picture.parent), picture.name)

    def _stated(self, place: Path) -> Iterator[Path]:
        if place.is_dir():
            return find_pictures(place) if self._is_inside(place) else self._outside(place)
        return iter([place]) if is_picture(place) else self._listed(place)

    def _outside(self, place: Path) -> Iterator[Path]:
        """The pictures of the source that lie in a folder outside. That folder, which may be `/`, is not searched."""
        found = [picture for real, picture in self._own.items() if real.is_relative_to(place)]
        if not found:
            self._report_outside("folder", place)
        elif any(folder.is_relative_to(place) for folder in self._folders):
            name = self._dataset.path.name
            self._problems.notes.append(f"{name} names {place}, which holds SOURCE: what lies below SOURCE was read.")
        yield from found

    def _is_inside(self, real: Path) -> bool:
        return any(real.is_relative_to(folder) for folder in self._folders)

    def _report_outside(self, kind: str, path: Path) -> None:
        action = "left out; --images names its folder"
        self._problems.left_out(f"{kind} outside the source", self._dataset.path, _short(path), action)

    def _listed(self, path: Path) -> Iterator[Path]:
        """The pictures of a list: where a line says, or else by their names."""
        for number, line in enumerate(filter(names_picture, read_list(path)), start=1):
            try:
                picture = listed_path(path, line)
                yield picture if os.path.isfile(picture) else self._source.pictures.find(line)  # noqa: PTH113
            except (ValueError, PictureError) as error:
                reason = error.found if isinstance(error, PictureError) else error
                self._problems.left_out("missing picture", path, f"{line[:80]}: {reason}", object=number)


def _divided(splits: dict[Path, list[str]], dataset: DatasetYaml, problems: Problems) -> dict[Path, list[str]]:
    """The splits; none where every picture is in several, as in files that name one folder for train and for val."""
    if not splits or not all(len(found) > 1 for found in splits.values()):
        return splits
    pictures = quantity(len(splits), "picture")
    problems.notes.append(
        f"{dataset.path.name} names the same {pictures} for {' and '.join(dataset.splits)}, which divides nothing."
    )
    return {picture: [] for picture in splits}


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 100 else f"{text[:100]}..."
