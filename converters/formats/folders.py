"""Class folders of classification sets: each picture is one face, labelled by the folder that it lies in."""

from collections.abc import Iterator, Mapping

from converters.annotation import AnnotatedImage, Box
from converters.errors import PictureError, UnlistedLabelsError
from converters.labels import CLASS_NAMES
from converters.pictures import displayed_size
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.split import split_named

_NO_CLASSES = {"data", "dataset", "image", "images", "img", "imgs", "jpegimages", "photos", "pics", "pictures"}


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read pictures sorted into folders such as `with_mask/` or `Train/WithMask/`.

    Args:
        source: Its pictures are read; there are no annotation files.
        problems: Where pictures that cannot be read are reported.

    Yields:
        One AnnotatedImage for each picture, with one box over the whole of it.
    """
    for picture in source.pictures.pictures:
        try:
            width, height = displayed_size(picture)
        except PictureError as error:
            problems.left_out("unreadable picture", picture, error.found)
            continue
        box = Box(0.0, 0.0, float(width), float(height), picture.parent.name)
        yield AnnotatedImage(picture, (box,), (width, height), picture, source.split_of(picture))


def unlisted_error(unlisted: Mapping[str, int]) -> UnlistedLabelsError:
    """The error for folders that are no classes. Mapping `images` or `train` would make faces of whole pictures.

    Args:
        unlisted: How many pictures each of these folders has.
    """
    listing = ", ".join(f"{name!r} ({quantity(count, 'picture')})" for name, count in sorted(unlisted.items()))
    expected = "SOURCE with annotation files"
    if not any(name.casefold() in _NO_CLASSES or split_named(name) for name in unlisted):
        options = f"--map 'FOLDER=CLASS' with one of {', '.join(CLASS_NAMES)}, or --ignore 'FOLDER', for each folder"
        expected += f"; or, if every picture is one face that fills it, {options}"
    reason = "No annotation file was read, so each picture would become one face that fills it, labelled by its folder"
    return UnlistedLabelsError("folders", f"no classes: {listing}. {reason}", expected)
