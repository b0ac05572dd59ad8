"""The rooms of the two packages: a module imports nothing from a room to the right of its own, and nothing in a circle.

docs/architecture.md describes the rooms.
"""

from pathlib import Path

import pytest

from support.imports import Import, find_circles, find_imports, read_sources

ROOMS = (
    "converters",
    "detector.errors",
    "detector.settings",
    "detector.files",
    "detector.device",
    "detector.libraries",
    "detector.media",
    "detector.model",
    "detector.detections",
    "detector.augmentation",
    "detector.people",
    "detector.inference",
    "detector.evaluation",
    "detector.training",
    "detector.export",
    "detector.monitor",
    "detector.cluster",
    "detector.server",
    "detector",  # what `import detector` gives; in no other room
    "detector.cli",
    "detector.__main__",
)
ROOT = Path(__file__).resolve().parents[1]


def room_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "detector" else parts[0]


def upward(imports: list[Import]) -> list[str]:
    """Every import from a room to the right."""
    return [str(each) for each in imports if ROOMS.index(room_of(each.imported)) > ROOMS.index(room_of(each.module))]


@pytest.fixture(scope="module")
def imports() -> list[Import]:
    return find_imports(read_sources(ROOT, "converters", "detector"))


def test_every_module_has_a_room(imports: list[Import]) -> None:
    modules = {name for each in imports for name in (each.module, each.imported)}
    assert sorted({room_of(module) for module in modules} - {*ROOMS}) == []


def test_no_room_imports_from_a_room_to_its_right(imports: list[Import]) -> None:
    assert not upward(imports), "\n".join(upward(imports))


def test_no_modules_import_one_another_in_a_circle(imports: list[Import]) -> None:
    circles = find_circles(imports)
    assert not circles, "\n\n".join("\n".join(map(str, circle)) for circle in circles)


def test_no_test_imports_another() -> None:
    between = [each for each in find_imports(read_sources(ROOT / "tests", ".")) if room_of(each.imported) != "support"]
    assert not between, "\n".join(map(str, between))


def test_imports_are_found_wherever_they_stand_and_however_they_are_written() -> None:
    source = """
import detector.settings, os
from detector.media import images as pictures, drawing
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from detector.people.states import State

def late():
    from .. import errors
    from .near import thing
    from . import near
"""
    names = ["errors", "settings", "media/__init__", "media/images", "people/states", "model/near", "__init__"]
    sources = {f"detector/{name}.py": "" for name in names} | {"detector/model/weights.py": source}
    assert [(each.place, each.imported) for each in find_imports(sources)] == [
        ("detector/model/weights.py:2", "detector.settings"),
        ("detector/model/weights.py:3", "detector.media.images"),
        ("detector/model/weights.py:3", "detector.media"),
        ("detector/model/weights.py:6", "detector.people.states"),
        ("detector/model/weights.py:9", "detector.errors"),
        ("detector/model/weights.py:10", "detector.model.near"),
        ("detector/model/weights.py:11", "detector.model.near"),
    ]


@pytest.mark.parametrize(
    ("path", "line", "imported"),
    [
        ("converters/split.py", "from detector import Detector", "detector"),
        ("detector/media/images.py", "from detector.model import letterbox", "detector.model.letterbox"),
        ("detector/people/zones.py", "def f():\n    import detector.monitor.watch", "detector.monitor.watch"),
        ("detector/errors.py", "import detector.cli", "detector.cli"),
    ],
)
def test_an_import_from_a_room_to_the_right_is_named_with_its_line(path: str, line: str, imported: str) -> None:
    names = ["__init__", "model/letterbox", "monitor/watch", "cli/__init__"]
    sources = {f"detector/{name}.py": "import converters.labels" for name in names}
    found = find_imports(sources | {"converters/labels.py": "", path: line})
    importing = path.removesuffix(".py").replace("/", ".")
    assert upward(found) == [f"{path}:{line.count(chr(10)) + 1}: {importing} imports {imported}"]


def test_a_circle_is_named_with_every_line_of_it() -> None:
    sources = {
        "detector/media/a.py": "import detector.media.b\nimport detector.media.d",
        "detector/media/b.py": "\nfrom detector.media.c import x",
        "detector/media/c.py": "def f():\n    from detector.media import a",
        "detector/media/d.py": "import detector.media.c",
        "detector/media/e.py": "import detector.media.a",
    }
    first, second = ([each.place for each in circle] for circle in find_circles(find_imports(sources)))
    assert first == ["detector/media/a.py:1", "detector/media/b.py:2", "detector/media/c.py:2"]
    assert second == ["detector/media/d.py:1", "detector/media/c.py:2", "detector/media/a.py:2"]


def test_without_a_circle_none_is_found() -> None:
    sources = {"converters/a.py": "import converters.b, converters.c", "converters/b.py": "import converters.c"}
    assert find_circles(find_imports(sources | {"converters/c.py": ""})) == []
