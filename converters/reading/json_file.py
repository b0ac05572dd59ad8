"""Reading JSON that may be hostile."""

import json
from pathlib import Path
from typing import Any

from converters.errors import AnnotationError
from converters.files import read_limited

LINES_SUFFIXES = (".jsonl", ".ndjson")
"""Suffixes of files with one JSON document in each line."""

JSON_SUFFIXES = (".json", *LINES_SUFFIXES)


def load_json(path: Path, limit: int) -> object:
    """Read a JSON file, or a file with one JSON document in each line.

    Args:
        path: The file; its suffix says which of the two it is, unless it is the other one.
        limit: Most bytes that are sensible.

    Returns:
        The document, or the list of the documents of all lines.

    Raises:
        AnnotationError: It is too large, not JSON in one of the encodings of Unicode, or nested too deeply.
    """
    data = read_limited(path, limit)
    try:
        return _load(data.decode(json.detect_encoding(data)), path.suffix.lower() in LINES_SUFFIXES)
    except (ValueError, RecursionError) as error:
        raise AnnotationError(path, _what_is_wrong(error)) from error


def _what_is_wrong(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        text = error.doc.rstrip()
        if not text:
            return "an empty file"
        if error.pos >= len(text) or error.msg.startswith("Unterminated string"):
            line = text.count("\n") + 1
            return f"JSON that ends in line {line}, before it is complete"
    if isinstance(error, UnicodeDecodeError):
        found = f"not {error.encoding.upper()} text ({error.reason} at byte {error.start})"
        return f"{found}; save it as UTF-8"
    return f"not valid JSON ({error})"


def load_object(path: Path, limit: int) -> dict[str, Any]:
    """Read a JSON file whose top level is an object.

    Args:
        path: The file.
        limit: Most bytes that are sensible.

    Returns:
        The object.

    Raises:
        AnnotationError: See `load_json`, or it is not an object.
    """
    data = load_json(path, limit)
    if not isinstance(data, dict):
        raise AnnotationError(path, f"a JSON {type(data).__name__}", "an object")
    return data


def _load(text: str, in_lines: bool) -> object:
    try:
        return _load_lines(text) if in_lines else json.loads(text)
    except ValueError as error:
        try:
            other: object = json.loads(text) if in_lines else _load_lines(text)
        except ValueError:
            raise error from None
        if not other:  # an empty file has no lines
            raise
        return other


def _load_lines(text: str) -> list[object]:
    documents = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if line.strip():
                documents.append(json.loads(line))
        except ValueError as error:
            raise ValueError(f"line {number}: {_what_is_wrong(error)}") from error
    return documents
