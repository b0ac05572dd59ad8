"""Finds the line of a field in a YAML file, for errors."""

import re
from pathlib import Path

import yaml

_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def located(subject: str | Path, where: str) -> str:
    """The file with the line of a field: `watch.yaml:12`.

    Args:
        subject: The file; what is none is given back as it is.
        where: The path of the field: `cameras[0].fps`. Where the file lacks it, the line of what should hold it counts.
    """
    path = Path(subject)
    if not path.is_file():
        return str(subject)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError):  # it was changed meanwhile
        return str(subject)
    return f"{subject}:{_line(node, where)}" if node is not None else str(subject)


def _line(node: yaml.Node, where: str) -> int:
    line = node.start_mark.line
    for index, name in _PART.findall(where):
        found = _item(node, int(index)) if index else _field(node, name)
        if found is None:
            break
        node, line = found
    return line + 1


def _item(node: yaml.Node, index: int) -> tuple[yaml.Node, int] | None:
    if not isinstance(node, yaml.SequenceNode) or index >= len(node.value):
        return None
    return node.value[index], node.value[index].start_mark.line


def _field(node: yaml.Node, name: str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if str(key.value) == name:
                return value, key.start_mark.line
    return None
