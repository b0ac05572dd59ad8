"""Reading JSON that may be hostile."""

import json
from pathlib import Path
from typing import Any

from converters.errors import AnnotationError
from converters.files import read_limited


def load_object(path: Path, limit: int) -> dict[str, Any]:
    """Read a JSON file whose top level is an object.

    Args:
        path: The file.
        limit: Most bytes that are sensible.

    Returns:
        The object.

    Raises:
        AnnotationError: It is too large, not JSON, nested too deeply, or not an object.
    """
    try:
        data = json.loads(read_limited(path, limit).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise AnnotationError(path, f"not valid JSON ({error})") from error
    if not isinstance(data, dict):
        raise AnnotationError(path, f"a JSON {type(data).__name__}", "an object")
    return data
