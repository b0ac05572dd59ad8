"""Fixtures for every test."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest

# A shell without job control starts background programs with SIGINT ignored. Programs that tests start and interrupt
# would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real data and weights; tests that need it are skipped where it is absent."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("MASK_DETECTOR_DATA") or root.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"no real data at {folder} (set MASK_DETECTOR_DATA)")
    return folder


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder of two photos with faces that ultralytics carries."""
    spec = importlib.util.find_spec("ultralytics")
    if spec is None or spec.origin is None:
        pytest.skip("ultralytics is not installed")
    return Path(spec.origin).parent / "assets"
