"""The lists by which darknet divides a set: train.txt, valid.txt, test.txt, and obj.data, which names them."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from converters.errors import AnnotationError, DatasetError, PictureError
from converters.file_search import find_files, is_picture
from converters.formats.yolo import read_list
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.text_file import first_lines
from converters.split import split_named, split_of_file


def splits_without_yaml(source: AnnotationSource, problems: Problems) -> dict[Path, list[str]]:
    """The pictures of a set without a data.yaml, with the splits that each is in: by lists, or else by folders.

    Args:
        source: The annotations and the pictures.
        problems: Where a line without a picture is reported.

    Returns:
        The splits of each picture of the source; none for those that neither a list nor a folder names.
    """
    pictures = source.pictures.pictures
    if listed := _listed_splits(source, problems):
        return {picture: listed.get(picture, []) for picture in pictures}
    by_folder = {picture: source.split_of(picture) for picture in pictures}
    if len(set(by_folder.values())) < 2:  # CVAT's obj_train_data holds all pictures of a set that is not divided
        return {picture: [] for picture in pictures}
    return {picture: [split] if split else [] for picture, split in by_folder.items()}


def _listed_splits(source: AnnotationSource, problems: Problems) -> dict[Path, list[str]]:
    """The splits of each picture that a list names; nothing for a single list: train alone divides nothing."""
    folder = source.annotations if source.annotations.is_dir() else source.annotations.parent
    stated = _stated_splits(folder)
    named = {path: stated.get(path.name) or split_of_file(path.stem) for path in find_files(folder, (".txt",))}
    lists = {path: split for path, split in named.items() if split and (is_list(path) or _names_all(path, source))}
    if len(set(lists.values())) < 2:
        problems.notes += [f"{path.name} is the only list of pictures, and does not divide them." for path in lists]
        return {}
    splits: dict[Path, list[str]] = {}
    for path, split in lists.items():
        for picture in pictures_of(path, source, problems):
            splits.setdefault(picture, []).append(split)
    return splits


def is_list(path: Path) -> bool:
    """Whether a text file names a picture in each of its first lines."""
    try:
        lines = first_lines(path)
    except AnnotationError:
        return False
    return bool(lines) and all(map(names_picture, lines))


def _names_all(path: Path, source: AnnotationSource) -> bool:
    """Whether each of the first lines is the name of a picture of the source without its suffix."""
    try:
        lines = first_lines(path)
        return bool(lines) and all(source.pictures.find(line.strip()) for line in lines)
    except (AnnotationError, PictureError):
        return False


def names_picture(line: str) -> bool:
    """Whether a line is the path of a picture."""
    return is_picture(Path(PurePosixPath(line.strip().replace("\\", "/")).name))


def _stated_splits(folder: Path) -> dict[str, str]:
    """The split of each list that an obj.data names, by the list's file name: the folders are another machine's."""
    splits: dict[str, str] = {}
    for path in find_files(folder, (".data",)):
        try:
            lines = first_lines(path)
        except AnnotationError:
            continue
        for key, _, value in (line.partition("=") for line in lines):
            if split := split_named(key):
                splits[value.replace("\\", "/").rpartition("/")[2].strip()] = split
    return splits


def pictures_of(path: Path, source: AnnotationSource, problems: Problems) -> Iterator[Path]:
    """The pictures that a list names. They are found by their names, since a list is often another machine's."""
    try:
        lines = read_list(path)
    except DatasetError as error:
        problems.left_out("unreadable list of pictures", path, error.found)
        return
    for number, line in enumerate(lines, start=1):
        try:
            yield source.pictures.find(line)
        except PictureError as error:
            problems.left_out("missing picture", path, f"{line[:200]}: {error.found}", object=number)
