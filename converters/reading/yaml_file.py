"""Reading YAML files that may be hostile."""

import os
from pathlib import Path
from typing import Any

import yaml

from converters.errors import MaskDetectorError
from converters.files import read_limited

_MAX_BYTES = 16 * 2**20
_MAX_DEPTH = 100  # levels of lists and mappings: PyYAML in C crashes on thousands
_MAX_REPEATED = 100_000  # values that aliases may add: nested aliases could stand for millions
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML was built with it
_VALUE_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float", "timestamp")}


def read_yaml(
    path: Path, error: type[MaskDetectorError], expected: str, *, unique_keys: bool = False, texts: bool = False
) -> dict[Any, Any]:
    """Read a YAML file whose top level is a mapping.

    Args:
        path: The file.
        error: The exception to raise.
        expected: What the file should be, for the exception.
        unique_keys: Refuse a key that a mapping has twice. YAML takes the last of the two without saying so.
        texts: Leave values as the text in the file. YAML would take `no` for False, 007 for 7 and 1e3 for 1000.

    Returns:
        The mapping. The message of an exception repeats none of its values, which may be secret.

    Raises:
        MaskDetectorError: As `error`: the file cannot be read, is too large, is not YAML, holds something else than a
            mapping, is nested too deeply, has a list or a mapping as a key, or aliases that stand for too many values.
    """
    text = _read_text(path, error, expected)
    try:
        data = _parse(text, unique_keys, _text_loader() if texts else _SafeLoader)
    except yaml.YAMLError as problem:
        raise error(path, f"not valid YAML{_place(problem)} ({_reason(problem)})", expected) from None
    except Exception:  # PyYAML raises nearly anything for a value such as 2026-13-45 or !!bool maybe
        raise error(path, "not valid YAML (a value that does not fit its type)", expected) from None
    if not isinstance(data, dict):
        raise error(path, "an empty file" if data is None else f"a YAML {type(data).__name__}", expected)
    return data


def _read_text(path: Path, error: type[MaskDetectorError], expected: str) -> str:
    if not os.path.exists(path):  # noqa: PTH110  (it raises nothing for a name that is too long)
        raise error(path, "no such file", expected)
    try:
        return read_limited(path, _MAX_BYTES, error).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error(path, f"not UTF-8 text ({problem.reason} at byte {problem.start})", expected) from None


def _text_loader() -> Any:
    """A loader for which values are texts, lists, mappings and null."""
    kept = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _VALUE_TAGS]
        for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }
    return type("TextLoader", (_SafeLoader,), {"yaml_implicit_resolvers": kept})


def _parse(text: str, unique_keys: bool, loader_type: Any) -> Any:
    _check_depth(text)
    loader = loader_type(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _NodeCheck(unique_keys).check(node)  # before values are made: merging (`<<`) copies what aliases stand for
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, _SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise _refused("nested too deeply", event)


class _NodeCheck:
    """Checks keys and aliases of a document.

    Args:
        unique_keys: Refuse a key that a mapping has twice.
    """

    def __init__(self, unique_keys: bool) -> None:
        self._unique_keys = unique_keys
        self._sizes: dict[int, int | None] = {}  # values below a node, aliases written out; None while it is counted
        self._repeated = 0

    def check(self, node: yaml.Node) -> int:
        """Check a node and what is below it.

        Returns:
            The number of values, with aliases written out.

        Raises:
            MarkedYAMLError: A key or an alias is refused.
        """
        if id(node) in self._sizes:
            return self._alias(node)
        self._sizes[id(node)] = None
        size = 1 + sum(map(self.check, self._children(node)))
        self._sizes[id(node)] = size
        return size

    def _alias(self, node: yaml.Node) -> int:
        size = self._sizes[id(node)]
        if size is None:
            raise _refused("an alias for something that holds the alias", node)
        self._repeated += size
        if self._repeated > _MAX_REPEATED:
            raise _refused(f"aliases that stand for more than {_MAX_REPEATED:,} values", node)
        return size

    def _children(self, node: yaml.Node) -> list[yaml.Node]:
        if isinstance(node, yaml.MappingNode):
            self._check_keys(node)
            return [child for pair in node.value for child in pair]
        return node.value if isinstance(node, yaml.SequenceNode) else []

    def _check_keys(self, node: yaml.MappingNode) -> None:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused(f"a {'list' if isinstance(key, yaml.SequenceNode) else 'mapping'} as a key", key)
            if self._unique_keys and key.value in seen:
                raise _refused(f"{key.value!r} for the second time", key)
            seen.add(key.value)


def _refused(problem: str, place: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    mark: Any = place.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _place(problem: yaml.YAMLError) -> str:
    mark = getattr(problem, "problem_mark", None)
    return f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _reason(problem: yaml.YAMLError) -> str:
    reason = getattr(problem, "problem", None) or getattr(problem, "reason", None) or "not understood"
    return " ".join(str(reason).split())[:200]
