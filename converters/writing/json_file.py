"""Writing JSON."""

import json
from pathlib import Path


def write_json(path: Path, data: object, indent: int | None = 1) -> None:
    """Write JSON that people can read; what UTF-8 cannot express in a file name is escaped."""
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
