"""Small annotated sets, made afresh for each test."""

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import PictureIndex
from support.annotated_sets import draw_scene


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Writes a picture below tmp_path/images and returns its path."""
    made = 0

    def write(name: str, width: int = 320, height: int = 240, seed: int | None = None) -> Path:
        nonlocal made
        made += 1
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        ok, data = cv2.imencode(path.suffix.lower(), draw_scene(made if seed is None else seed, width, height))
        assert ok
        path.write_bytes(data.tobytes())
        return path

    return write


@pytest.fixture
def annotation(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a text file below tmp_path/annotations and returns its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / "annotations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def source(tmp_path: Path) -> AnnotationSource:
    """All of tmp_path: annotations anywhere in it, pictures in images/."""
    return AnnotationSource(tmp_path, tmp_path, PictureIndex([tmp_path / "images"]))
