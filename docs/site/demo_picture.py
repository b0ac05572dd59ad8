"""Makes docs/demo.jpg, the picture of the README, of what `make demo` wrote.

Usage: python docs/site/demo_picture.py demo/results docs/demo.jpg
"""

import sys
from pathlib import Path

import cv2

PICTURES = ("bus.jpg", "bus-worn.jpg", "bus-slipped.jpg")
LEFT, TOP, RIGHT, BOTTOM = 60, 390, 435, 630


def main(results: Path, out: Path) -> None:
    """Cut the two faces out of the three annotated copies, and put them side by side."""
    parts = [cv2.imread(str(results / name)) for name in PICTURES]
    if any(part is None for part in parts):
        sys.exit(f"{results}: no results of `make demo`")
    row = cv2.hconcat([part[TOP:BOTTOM, LEFT:RIGHT] for part in parts if part is not None])
    cv2.imwrite(str(out), row, [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
