"""Image files as BGR arrays."""

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.errors import PictureError
from converters.pictures import on_white, open_picture, turn_upright
from detector.errors import SourceError
from detector.libraries import switch_off_ultralytics

if TYPE_CHECKING:
    import PIL.Image


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read a picture as a viewer shows it.

    EXIF rotation is applied, 16-bit values are scaled to 8 bits, and transparent parts become white. The first frame of
    an animation or of a file with many pages is read. A file that is cut short is an error.

    Args:
        path: A file in any format that Pillow reads, or HEIC where pillow-heif is installed.

    Returns:
        BGR uint8 (H, W, 3).

    Raises:
        SourceError: It is no picture, damaged, cut short, of a kind without an 8-bit form, or larger than Pillow's
            limit against decompression bombs (`PIL.Image.MAX_IMAGE_PIXELS`).
    """
    # Pillow, not OpenCV: OpenCV reads a JPEG that was cut short as a half grey image, without an error.
    switch_off_ultralytics()
    try:
        with open_picture(path) as image:
            image.load()
            turn_upright(image)
            return to_bgr(image)
    except PictureError as error:
        raise SourceError(path, error.found, error.expected) from error


def image_bytes(path: Path) -> int:
    """The memory in bytes that the pixels of an image file take, from its header; 0 where that cannot be read."""
    switch_off_ultralytics()
    try:
        with open_picture(path) as image:
            return 3 * image.width * image.height
    except PictureError:  # `read_image` reports what is wrong
        return 0


def to_bgr(image: "PIL.Image.Image") -> NDArray[np.uint8]:
    """Convert a Pillow image of any mode.

    Raises:
        SourceError: Its pixels are floating-point numbers or 32-bit integers.
    """
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        # Older versions of Pillow open 16-bit pictures in 32 bits.
        if image.mode == "F" or values.min() < 0 or values.max() > 0xFFFF:
            raise SourceError(
                getattr(image, "filename", "image"), f"pixels of mode {image.mode}", "8 or 16 bits per channel"
            )
        return cv2.cvtColor((values >> 8).astype(np.uint8), cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]
    image = on_white(image)
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    return cv2.cvtColor(np.asarray(rgb), cv2.COLOR_RGB2BGR)  # type: ignore[return-value]


def check_array(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Check that an array is a BGR picture.

    Raises:
        SourceError: It is not uint8 (H, W, 3) with at least one pixel.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise SourceError("image", f"an array of {image.dtype} {image.shape}", "BGR uint8 (height, width, 3)")
    return image
