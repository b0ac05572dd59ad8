"""What `predict` and `stream` are given: the pictures of a list, each under the name that its errors have; inputs."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard, cast

import numpy as np
from numpy.typing import NDArray

from detector.errors import SourceError
from detector.media.images import ImageInput, image_bytes, to_image

Named: TypeAlias = tuple[str, ImageInput]
"""A picture, and what errors call it if it has no path."""


def named(given: ImageInput | Sequence[ImageInput]) -> list[Named]:
    """A picture as `image`, or the pictures of a list as `image[0]`, `image[1]`, ..."""
    if isinstance(given, list | tuple):
        return [(f"image[{i}]", image) for i, image in enumerate(given)]
    return [("image", cast(ImageInput, given))]


def bytes_to_load(images: Sequence[Named]) -> int:
    """The memory that images will take when they are read; what is in memory already counts as 0."""
    files = (BytesIO(image) if isinstance(image, bytes) else image for _, image in images)
    return sum(image_bytes(Path(file) if isinstance(file, str) else file) for file in files if _is_file(file))


def _is_file(image: object) -> TypeGuard[str | Path | BytesIO]:
    return isinstance(image, str | Path | BytesIO)


def load(image: Named, *, skip: bool) -> NDArray[np.uint8] | SourceError:
    """Load a picture.

    Args:
        image: The picture and its name.
        skip: Return the error of one that cannot be read.

    Returns:
        BGR uint8 (H, W, 3), or the error.

    Raises:
        SourceError: It cannot be read, and `skip` is False.
    """
    name, given = image
    try:
        return to_image(given, name)
    except SourceError as error:
        if skip:
            return error
        raise


def as_inputs(source: Any) -> list[str | Path | int]:
    """One source or several as a list.

    Raises:
        SourceError: One is no path or number.
    """
    is_one = isinstance(source, str | bytes | PathLike | np.ndarray) or not isinstance(source, Iterable)
    inputs = [source] if is_one else list(source)
    for each in inputs:
        if isinstance(each, bool) or not isinstance(each, str | PathLike | Integral):
            expected = "a path, a glob, the number of a camera, or several; `predict` takes pictures from memory"
            raise SourceError("source", f"a value of type {type(each).__name__}", expected)
    return [
        each if isinstance(each, str) else Path(each) if isinstance(each, PathLike) else int(each) for each in inputs
    ]
