"""Class folders of classification sets: each picture is one face, labelled by the folder that it lies in."""

from collections.abc import Iterator

from converters.annotation import AnnotatedImage, Box
from converters.annotation_source import AnnotationSource
from converters.errors import PictureError
from converters.pictures import displayed_size
from converters.problems import Problems


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
