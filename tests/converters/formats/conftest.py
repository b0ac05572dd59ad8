"""Annotation files, written and read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from converters.annotation import AnnotatedImage
from converters.formats.readers import READERS
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource


@pytest.fixture
def read_json(
    source: AnnotationSource, problems: Problems, picture: Callable[..., Path], annotation: Callable[[str, str], Path]
) -> Callable[..., list[AnnotatedImage]]:
    """Writes a document, in lines where its name says so, and reads it; the picture 1.jpg lies beside it."""

    def read(format: str, document: Any, name: str = "a.json") -> list[AnnotatedImage]:
        picture("1.jpg")
        lines = name.endswith(("jsonl", "ndjson"))
        annotation(name, "\n".join(map(json.dumps, document)) if lines else json.dumps(document))
        return list(READERS[format](source, problems))

    return read


@pytest.fixture
def read_text(
    source: AnnotationSource, problems: Problems, annotation: Callable[[str, str], Path]
) -> Callable[[str, str, str], list[AnnotatedImage]]:
    """Writes an annotation file and reads it: the format, the text, the name of the file."""

    def read(format: str, text: str, name: str) -> list[AnnotatedImage]:
        annotation(name, text)
        return list(READERS[format](source, problems))

    return read
