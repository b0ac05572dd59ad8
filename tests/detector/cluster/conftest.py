"""Pictures, and an object store in memory, for the tests of this folder."""

import uuid
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from support.sample_pictures import save_video

pytest.importorskip("ray.data", reason="needs pip install 'mask-detector[ray]'")


@pytest.fixture
def photos(tmp_path: Path, assets: Path) -> Path:
    """A folder with photos of faces in several sizes, a damaged one, and a file that is no picture."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("bus", "zidane"):
        photo = cv2.imread(str(assets / f"{name}.jpg"))
        assert photo is not None
        for side in (160, 240):
            small = cv2.resize(photo, (side, side * photo.shape[0] // photo.shape[1]))
            cv2.imwrite(str(folder / f"{name}-{side}.png"), small)
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def store() -> Iterator[str]:
    """The address of an empty folder of fsspec's store in memory."""
    import fsspec

    address = f"memory://{uuid.uuid4().hex}"
    yield address
    filesystem: Any = fsspec.filesystem("memory")
    filesystem.store.clear()


@pytest.fixture
def clip(tmp_path: Path, assets: Path) -> Path:
    """A video of three seconds, each beginning with a key frame; the camera moves over a photo of faces."""
    photo = cv2.imread(str(assets / "zidane.jpg"))
    assert photo is not None
    frames = [cv2.resize(photo[:, 10 * i :], (320, 180)) for i in range(24)]
    return save_video(tmp_path / "clips" / "clip.mp4", frames, Fraction(8), key_every=8)


@pytest.fixture
def grey() -> np.ndarray[Any, Any]:
    return np.full((20, 30, 3), 127, np.uint8)
