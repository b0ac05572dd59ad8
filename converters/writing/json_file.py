"""Writing JSON."""

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

_ITEMS = 1000  # of a list that are in memory as text at a time


def write_json(path: Path, data: object, indent: int | None = 1) -> None:
    """Write JSON that people can read; what UTF-8 cannot express in a file name is escaped."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        if indent is None:
            file.write(json.dumps(data, ensure_ascii=False))  # as a whole: several times as fast
        else:
            json.dump(data, file, ensure_ascii=False, indent=indent)
        file.write("\n")


def write_lists(path: Path, head: Mapping[str, object], lists: Mapping[str, Iterable[object]]) -> None:
    """Write a JSON object with long lists, of which only a part is in memory at a time.

    Args:
        path: The file.
        head: Its first keys, with short values.
        lists: Its other keys, with the items of their lists.
    """
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1])
        comma = ", " if head else ""
        for key, items in lists.items():
            file.write(f"{comma}{json.dumps(key)}: [")
            waiting, comma = iter(items), ""
            while part := list(islice(waiting, _ITEMS)):
                file.write(comma + json.dumps(part, ensure_ascii=False)[1:-1])
                comma = ", "
            file.write("]")
            comma = ", "
        file.write("}\n")
