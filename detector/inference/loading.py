"""Loads the pictures of a list, each under the name that its errors have."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias, cast

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
    """The memory that images will take when they are read; arrays are in memory already and count as 0."""
    return sum(image_bytes(Path(image)) for _, image in images if isinstance(image, str | Path))


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
