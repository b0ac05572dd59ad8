"""The documents: what they link to and which files they name is there."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import detector
from detector.settings import DetectorSettings

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(page for where in ("", "docs/**/", "examples/", "weights/") for page in ROOT.glob(f"{where}*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
NAMED = re.compile(r"`((?:benchmarks|converters|detector|docs|examples|tests)/[\w./-]*)`")


def anchors(page: Path) -> set[str]:
    """The headings, as they are linked to: lower case, hyphens for spaces, no other punctuation."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        path = page.parent / target if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            yield f"{target}#{anchor}" if anchor else target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page: Path) -> None:
    named = {path for path in NAMED.findall(page.read_text(encoding="utf-8")) if "NAME" not in path}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def imported_names(page: Path) -> Iterator[tuple[str, str]]:
    """Modules of this project and the names that the examples of a page import from them."""
    for example in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(example)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("detector", "converters")):
                yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_examples_import_is_there(page: Path) -> None:
    missing = [name for module, name in imported_names(page) if not hasattr(importlib.import_module(module), name)]
    assert missing == []


def pages_of_the_folder() -> list[str]:
    return sorted(page.relative_to(ROOT / "docs").as_posix() for page in ROOT.glob("docs/**/*.md"))


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    assert [page for page in pages_of_the_folder() if page != "index.md" and f"({page})" not in index] == []


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    assert [
        page for page in pages_of_the_folder() if not re.search(rf"[-:] {re.escape(page)}$", navigation, re.M)
    ] == []


@pytest.mark.parametrize("name", sorted({*detector.__all__} - {"__version__"}))
def test_every_public_name_is_in_the_reference(name: str) -> None:
    text = (ROOT / "docs/reference/python.md").read_text(encoding="utf-8")
    module = getattr(detector, name).__module__
    assert f"::: {module}.{name}\n" in text or f"::: {module}\n" in text


@pytest.mark.parametrize("option", [option.name for option in fields(DetectorSettings)])
def test_every_option_of_the_detector_is_in_the_page_of_infer(option: str) -> None:
    assert f"`--{option.replace('_', '-')}`" in (ROOT / "docs/infer.md").read_text(encoding="utf-8")
