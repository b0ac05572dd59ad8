"""Reading JSON that may be hostile."""

import json
from pathlib import Path
from typing import Any

from converters.errors import AnnotationError
from converters.files import read_limited


def load_json(path: Path, limit: int) -> object:
    """Read a JSON file.

    Args:
        path: The file.
        limit: Most bytes that are sensible.

    Returns:
        What it holds.

    Raises:
        AnnotationError: It is too large, not JSON, or nested too deeply.
    """
    try:
        document: object = json.loads(read_limited(path, limit).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise AnnotationError(path, f"not valid JSON ({error})") from error
    return document


def load_object(path: Path, limit: int) -> dict[str, Any]:
    """Read a JSON file whose top level is an object; see `load_json`.

    Raises:
        AnnotationError: It cannot be read, or holds something else than an object.
    """
    data = load_json(path, limit)
    if not isinstance(data, dict):
        raise AnnotationError(path, f"a JSON {type(data).__name__}", "an object")
    return data
