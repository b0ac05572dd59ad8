import copy
import inspect
import multiprocessing
import pickle
from pathlib import Path

import pytest

import converters.errors
import detector
import detector.errors
from detector.errors import DeliveryError, MaskDetectorError, SourceError
from detector.media.images import read_image
from support.waiting import HANGS


def tree(base: type[MaskDetectorError] = MaskDetectorError) -> list[type[MaskDetectorError]]:
    """A class and everything below it in the two packages; benchmarks, when they were imported, have their own."""
    children = [kind for kind in base.__subclasses__() if kind.__module__.split(".")[0] in ("converters", "detector")]
    return [base, *(below for child in children for below in tree(child))]


def fields(error: Exception) -> dict[str, object]:
    return {"type": type(error), "text": str(error), **vars(error)}


@pytest.mark.parametrize("kind", tree())
@pytest.mark.parametrize("expected", [None, "a picture"])
def test_every_exception_is_pickled_and_copied_whole(kind: type[MaskDetectorError], expected: str | None) -> None:
    error = kind(Path("a") / "b.jpg", "damaged", expected)
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert fields(copied) == fields(error)


def test_what_an_exception_has_besides_travels_too() -> None:
    error = DeliveryError("ops", "404", permanent=True)
    assert pickle.loads(pickle.dumps(error)).permanent
    assert copy.deepcopy(error).permanent


def test_every_exception_is_public_and_in_one_of_two_files() -> None:
    for kind in tree():
        assert getattr(detector, kind.__name__) is kind
        assert kind.__name__ in detector.__all__
        assert kind.__name__ in detector.errors.__all__
        assert kind.__module__ in (converters.errors.__name__, detector.errors.__name__)


def test_the_drawn_tree_is_the_tree() -> None:
    drawing = inspect.getdoc(detector.errors) or ""
    ancestors: list[str] = []
    drawn = {}
    for line in drawing.splitlines():
        name = next((word for word in line.split() if word.endswith("Error")), None)
        if name is None or line != line.rstrip() or not line.startswith(" "):
            continue
        depth = (line.index(name) - 4) // 4
        ancestors[depth:] = [name]
        drawn[name] = ancestors[depth - 1] if depth else None
    bases = {kind.__name__: kind.__base__.__name__ if kind is not MaskDetectorError else None for kind in tree()}
    assert drawn == bases


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_broken_picture_reaches_the_caller_of_a_pool(method: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    with multiprocessing.get_context(method).Pool(1) as pool, pytest.raises(SourceError, match=r"broken\.jpg"):
        pool.map_async(read_image, [broken]).get(timeout=HANGS)  # it waited for ever while they could not be unpickled
