"""Image files as BGR arrays."""

import contextlib
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.process_wide import silent_warnings
from detector.errors import SourceError
from detector.libraries import switch_off_ultralytics

if TYPE_CHECKING:
    import PIL.Image


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read a picture as a viewer shows it.

    EXIF rotation is applied, 16-bit values are scaled to 8 bits, and transparent parts become white. The first frame of
    an animation or of a file with many pages is read. A file that is cut short is an error.

    Args:
        path: A file in any format that Pillow reads.

    Returns:
        BGR uint8 (H, W, 3).

    Raises:
        SourceError: It is no picture, damaged, cut short, of a kind without an 8-bit form, or larger than Pillow's
            limit against decompression bombs (`PIL.Image.MAX_IMAGE_PIXELS`).
    """
    # Pillow, not OpenCV: OpenCV reads a JPEG that was cut short as a half grey image, without an error.
    import PIL.Image

    switch_off_ultralytics()
    try:
        check_file(path, "a picture")
        with silent_warnings(), PIL.Image.open(path) as image:
            image.load()
            turn_upright(image)
            return to_bgr(image)
    except SourceError:
        raise
    except (PIL.UnidentifiedImageError, ModuleNotFoundError) as error:
        # ultralytics patches PIL.Image.open so that an unknown file asks for a package that is not installed.
        raise SourceError(path, "not a picture, or too damaged to tell", "a JPEG, PNG, WebP, TIFF, BMP ...") from error
    except PIL.Image.DecompressionBombError as error:
        limit = 2 * (PIL.Image.MAX_IMAGE_PIXELS or 0) // 10**6
        raise SourceError(path, f"more than {limit} megapixels", "a smaller picture, or tiles cut from it") from error
    except OSError as error:
        raise SourceError(path, error.strerror or str(error)) from error
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged files
        raise SourceError(path, f"not decodable ({type(error).__name__}: {error})") from error


def image_bytes(path: Path) -> int:
    """The memory in bytes that the pixels of an image file take, from its header; 0 where that cannot be read."""
    import PIL.Image

    switch_off_ultralytics()
    try:
        check_file(path, "a picture")
        with silent_warnings(), PIL.Image.open(path) as image:
            return 3 * image.width * image.height
    except Exception:  # `read_image` reports what is wrong
        return 0


def check_file(path: Path, expected: str) -> None:
    """Check that there is something to read. Opening a pipe, for example, would wait for ever.

    Raises:
        SourceError: The path is not an ordinary file, or the file is empty.
        OSError: There is no such file, or its folder is not accessible.
    """
    info = path.stat()
    if not stat.S_ISREG(info.st_mode):
        raise SourceError(path, "a folder" if stat.S_ISDIR(info.st_mode) else "no ordinary file", expected)
    if info.st_size == 0:
        raise SourceError(path, "an empty file", expected)


def turn_upright(image: "PIL.Image.Image") -> None:
    """Turn a picture in place the way its EXIF orientation asks for."""
    import PIL.ImageOps

    # Pillow would also apply an orientation from XMP. Browsers, OpenCV and the training ignore it.
    if "exif" not in image.info:
        return
    # A damaged EXIF block is no reason to refuse the picture.
    with contextlib.suppress(Exception):
        PIL.ImageOps.exif_transpose(image, in_place=True)


def to_bgr(image: "PIL.Image.Image") -> NDArray[np.uint8]:
    """Convert a Pillow image of any mode.

    Raises:
        SourceError: Its pixels are floating-point numbers or 32-bit integers.
    """
    import PIL.Image

    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        # Older versions of Pillow open 16-bit pictures in 32 bits.
        if image.mode == "F" or values.min() < 0 or values.max() > 0xFFFF:
            raise SourceError(
                getattr(image, "filename", "image"), f"pixels of mode {image.mode}", "8 or 16 bits per channel"
            )
        return cv2.cvtColor((values >> 8).astype(np.uint8), cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = PIL.Image.new("RGBA", image.size, "white")
        image = PIL.Image.alpha_composite(white, image)
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
