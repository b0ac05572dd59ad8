"""The reader of the format `yolo`: a data.yaml with all its splits, or label files without a data.yaml."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.errors import AnnotationError
from converters.formats.yolo import load_dataset_yaml
from converters.formats.yolo_files import LabelFiles
from converters.formats.yolo_labels import Landmarks, is_annotation, read_label_file
from converters.formats.yolo_lists import is_list, pictures_of, splits_without_yaml
from converters.formats.yolo_names import ClassNames
from converters.formats.yolo_places import splits_of_yaml
from converters.formats.yolo_yaml import find_yaml
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource

__all__ = ["is_annotation", "read"]


@dataclass(frozen=True, slots=True)
class _YoloSet:
    """What is known of a set before its label files are read.

    Attributes:
        splits: The splits of each picture; most have one, or none.
        names_of: Gives the class names for a label file.
        kpt_shape: As in `DatasetYaml`.
    """

    splits: dict[Path, list[str]]
    names_of: Callable[[Path], Sequence[str]]
    kpt_shape: tuple[int, int] | None = None


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read a YOLO dataset.

    Args:
        source: A data.yaml or a folder with one; or a folder with pictures, label files, and perhaps a classes.txt; or
            one label file, or a list of pictures. Without class names, labels are the class numbers as text.
        problems: Where everything that is wrong is reported. Pictures outside the source's folders are left out. A
            picture without a label file is not used: only an empty label file says that it shows no face.

    Yields:
        One AnnotatedImage for each picture and each split that it is in. Its boxes are said to be fractions, as the
        format has them.

    Raises:
        AnnotationError: The folder holds more than one data.yaml; class names that cannot be read or contradict each
            other; or no label file for any picture.
        DatasetError: The data.yaml is wrong, or the rows contradict each other.
    """
    path = find_yaml(source.annotations)
    yolo = _from_yaml(path, source, problems) if path else _from_label_files(source, problems)
    labels = LabelFiles(source)
    files = _label_files(yolo, labels, source, problems)
    landmarks = Landmarks(yolo.kpt_shape, files.values)
    for picture, file in files.items():
        boxes = read_label_file(file, yolo.names_of(file), landmarks, problems)
        if boxes is not None:
            splits: list[str] | list[None] = yolo.splits[picture] or [None]
            for split in splits:
                yield AnnotatedImage(picture, boxes, None, file, split, "fractions")
    if source.annotations.is_dir():
        labels.report_unused(problems)


def _from_yaml(path: Path, source: AnnotationSource, problems: Problems) -> _YoloSet:
    dataset = load_dataset_yaml(path, needs_splits=False)
    return _YoloSet(splits_of_yaml(dataset, source, problems), lambda file: dataset.names, dataset.kpt_shape)


def _from_label_files(source: AnnotationSource, problems: Problems) -> _YoloSet:
    place = source.annotations
    names = ClassNames(place if place.is_dir() else place.parent)
    if place.is_file() and is_list(place):
        return _YoloSet({picture: [] for picture in pictures_of(place, source, problems)}, names.of)
    return _YoloSet(splits_without_yaml(source, problems), names.of)


def _label_files(yolo: _YoloSet, labels: LabelFiles, source: AnnotationSource, problems: Problems) -> dict[Path, Path]:
    """The label file of each picture that has one; the others are reported."""
    found = {picture: labels.find(picture) for picture in yolo.splits}
    if _is_label_file(source.annotations):
        return {picture: file for picture, file in found.items() if file and file.samefile(source.annotations)}
    if found and not any(found.values()):
        raise _no_label_files(source, list(found), labels)
    for picture, file in found.items():
        if file is None:
            problems.passed_over("unlabelled picture", picture, "no label file", "not used")
    _report_unlabelled_splits(yolo, found, source, problems)
    unlabelled = sum(file is None for file in found.values())
    if unlabelled:
        problems.notes.append(
            f"{quantity(unlabelled, 'picture')} without a label file not used; an empty one says that no face is there."
        )
    return {picture: file for picture, file in found.items() if file}


def _report_unlabelled_splits(
    yolo: _YoloSet, found: Mapping[Path, Path | None], source: AnnotationSource, problems: Problems
) -> None:
    """Report a train or val without any label file. Those of a test are often kept secret."""
    for split in ("train", "val"):
        pictures = [picture for picture in found if split in yolo.splits[picture]]
        if pictures and not any(found[picture] for picture in pictures):
            value = f"none of {quantity(len(pictures), 'picture')} of {split}, such as {pictures[0]}, has one"
            problems.left_out("missing label files", source.annotations, value)


def _is_label_file(place: Path) -> bool:
    return place.is_file() and place.suffix.lower() == ".txt" and not is_list(place) and place.name != "classes.txt"


def _no_label_files(source: AnnotationSource, pictures: Sequence[Path], labels: LabelFiles) -> AnnotationError:
    first = pictures[0]
    where = " and ".join(dict.fromkeys(str(place.parent) for place in (next(labels.places(first)), first)))
    found = f"no label file for any of its {quantity(len(pictures), 'picture')}; {first.with_suffix('.txt').name} was"
    expected = "label files, empty where no face is; files that are elsewhere must be below SOURCE"
    return AnnotationError(source.annotations, f"{found} looked for in {where}, and below SOURCE", expected)
