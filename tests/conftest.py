"""Fixtures for every test."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real data and weights; tests that need it are skipped where it is absent."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("MASK_DETECTOR_DATA") or root.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"no real data at {folder} (set MASK_DETECTOR_DATA)")
    return folder
