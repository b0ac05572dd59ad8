"""Which module imports which, read from the sources without running them."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement, wherever it stands: at the top, in a function, or under `if TYPE_CHECKING`.

    Attributes:
        module: The module that imports, such as "detector.media.images".
        imported: The module that it imports.
        place: File and line, such as "detector/media/images.py:12".
    """

    module: str
    imported: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.module} imports {self.imported}"


def read_sources(root: Path, *packages: str) -> dict[str, str]:
    """The source of every module, by its path below the root."""
    paths = sorted(path for package in packages for path in (root / package).rglob("*.py"))
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def module_name(path: str) -> str:
    """The module in a file: "detector.media" for "detector/media/__init__.py"."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def find_imports(sources: Mapping[str, str]) -> list[Import]:
    """All imports of these modules by one another."""
    modules = {module_name(path) for path in sources}
    return [
        Import(module_name(path), imported, f"{path}:{line}")
        for path, source in sources.items()
        for line, imported in _imported(path, ast.parse(source, path), modules)
        if imported != module_name(path)
    ]


def _imported(path: str, tree: ast.AST, modules: set[str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = _absolute(path, node)
            # The version is the package's own: asking for it imports nothing that the package offers.
            names = [f"{package}.{alias.name}" for alias in node.names if alias.name != "__version__"]
        else:
            continue
        for name in names:
            if (found := _nearest(name, modules)) is not None:
                yield node.lineno, found


def _absolute(path: str, node: ast.ImportFrom) -> str:
    """The package or module after `from`, dots in front of it resolved."""
    folders = path.split("/")[: -node.level or None] if node.level else []
    return ".".join([*folders, *([node.module] if node.module else [])])


def _nearest(name: str, modules: set[str]) -> str | None:
    """The module itself, or for a name inside a module that module."""
    while name not in modules:
        name, _, last = name.rpartition(".")
        if not last:
            return None
    return name


def find_circles(imports: list[Import]) -> list[list[Import]]:
    """Circles of modules that import one another: for every module in one, its shortest is among them."""
    by_module: dict[str, list[Import]] = {}
    for each in imports:
        by_module.setdefault(each.module, []).append(each)
    circles: list[list[Import]] = []
    in_a_circle: set[str] = set()
    for module in sorted(by_module):
        if module not in in_a_circle and (circle := _shortest_way(module, by_module)):
            circles.append(circle)
            in_a_circle |= {each.module for each in circle}
    return circles


def _shortest_way(module: str, by_module: Mapping[str, list[Import]]) -> list[Import]:
    """The imports that lead from a module back to itself; none where no way does."""
    ways: list[list[Import]] = [[each] for each in by_module[module]]
    seen: set[str] = set()
    for way in ways:  # grows while it is walked
        last = way[-1].imported
        if last == module:
            return way
        if last not in seen:
            seen.add(last)
            ways += [[*way, each] for each in by_module.get(last, [])]
    return []
