from dataclasses import replace
from pathlib import Path

import pytest

from converters.errors import AnnotationError, OtherFormatError
from converters.reading.annotation_files import describe, load_document, parsed_files


def parse(path: Path) -> str:
    if "broken" in path.name:
        raise AnnotationError(path, "broken")
    if "other" in path.name:
        raise OtherFormatError(path, "keys a, b", "numbers")
    return path.stem


@pytest.fixture
def files(annotation):
    return [annotation(name, "") for name in ("broken.json", "fine.json", "other.json", "text.txt")]


def test_files_that_cannot_be_read_are_reported_and_the_others_are_read(source, problems, files):
    assert list(parsed_files(source, (".json",), parse, problems)) == [(files[1], "fine")]
    assert problems.counts("left out") == {"unreadable annotation file": 1}
    assert problems.counts("passed over") == {"another kind of JSON file": 1}


def test_file_of_another_format_that_the_user_named_is_left_out(source, problems, files):
    assert list(parsed_files(replace(source, annotations=files[2]), (".json",), parse, problems)) == []
    (problem,) = problems.omissions
    assert problem.value == "keys a, b; expected numbers"


def test_document_of_another_kind(annotation):
    path = annotation("a.json", '{"a": 1, "b": 2}')
    with pytest.raises(OtherFormatError, match=r"keys a, b; expected numbers"):
        load_document(path, lambda data: isinstance(data, list), "numbers")


@pytest.mark.parametrize(
    ("document", "words"),
    [({}, "no keys"), ([{"a": 1}], "a list of keys a"), ([1], "a list of other things"), (3, "a JSON int")],
)
def test_documents_in_words(document, words):
    assert describe(document) == words
