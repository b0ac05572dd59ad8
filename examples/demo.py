"""Pictures for `make demo`: the photos that ultralytics carries, and the same people with masks drawn on.

Usage: python examples/demo.py demo/pictures
"""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from detector import Detections, Detector
from detector.augmentation import draw_mask
from detector.media.images import read_image

PHOTOS = ("bus.jpg", "zidane.jpg")


def main(folder: Path) -> None:
    """Write the photos, and copies with worn and with slipped masks, into a folder."""
    package = find_spec("ultralytics")
    if package is None or package.origin is None:
        sys.exit("ultralytics is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    detector = Detector(conf=0.4)  # masks on sure faces only
    for name in PHOTOS:
        photo = Path(package.origin).parent / "assets" / name
        image = read_image(photo)
        faces = detector.predict(image)
        stem = Path(name).stem
        shutil.copyfile(photo, folder / name)
        cv2.imwrite(str(folder / f"{stem}-worn.jpg"), with_masks(image, faces, "correctly"))
        cv2.imwrite(str(folder / f"{stem}-slipped.jpg"), with_masks(image, faces, "slipped"))
        print(f"{name}: {len(faces)} faces, masks drawn on")


def with_masks(image: NDArray[np.uint8], faces: Detections, worn: Literal["correctly", "slipped"]) -> NDArray[np.uint8]:
    """Draw a mask onto every face."""
    for face in faces:
        image = draw_mask(image, face.xyxy, worn)
    return image


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/pictures"))
