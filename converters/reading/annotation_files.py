"""Opening the annotation files of a source one by one: those that cannot be read are reported, the others follow."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from converters.errors import AnnotationError, OtherFormatError
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.json_file import load_json

_Parsed = TypeVar("_Parsed")
_MAX_BYTES = 2 * 2**30  # COCO's own training file has 450 MB


def parsed_files(
    source: AnnotationSource, suffixes: tuple[str, ...], parse: Callable[[Path], _Parsed], problems: Problems
) -> Iterator[tuple[Path, _Parsed]]:
    """Parse every annotation file of a source that has one of some suffixes.

    Args:
        source: Where the files are.
        suffixes: In lower case.
        parse: Reads one file. It raises `AnnotationError` for a file that cannot be read, and `OtherFormatError` for
            one that is no annotation of the format.
        problems: Where both kinds are reported. A file of another format is passed over, unless the user named it.

    Yields:
        Each file that could be parsed, and what `parse` returned for it.
    """
    for path in source.files(*suffixes):
        try:
            parsed = parse(path)
        except OtherFormatError as error:
            found = f"{error.found}; expected {error.expected}"
            if source.annotations == path:
                problems.left_out("another kind of file", path, found)
            else:
                problems.passed_over(f"another kind of {path.suffix[1:].upper()} file", path, found)
        except AnnotationError as error:
            problems.left_out("unreadable annotation file", path, error.found)
        else:
            yield path, parsed


def load_document(path: Path, is_annotation: Callable[[object], bool], expected: str) -> Any:
    """Load a JSON document of one format.

    Args:
        path: The file.
        is_annotation: Whether a document is of the format.
        expected: What the format is, for the exception.

    Returns:
        The document.

    Raises:
        AnnotationError: The file cannot be read.
        OtherFormatError: It holds another document.
    """
    data = load_json(path, _MAX_BYTES)
    if not is_annotation(data):
        raise OtherFormatError(path, describe(data), expected)
    return data


def describe(data: object) -> str:
    """Describe a JSON document of another kind in a few words: the keys by which people know it."""
    if isinstance(data, dict):
        return f"keys {', '.join(map(str, data))[:80]}" if data else "no keys"
    if isinstance(data, list):
        return f"a list of {describe(data[0]) if data and isinstance(data[0], dict) else 'other things'}"
    return f"a JSON {type(data).__name__}"
