import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from converters.formats.readers import JSON_FORMATS, READERS
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from support.json_annotations import DOCUMENTS, FACE, SIZE

HOSTILE = [None, "", "x", "12", [], {}, [[]], True, -1, 10**400, float("nan"), float("inf"), 1e300, "\ud800", "../\0"]

LISTS = ("items", "shapes", "regions", "result", "annotations", "objects")  # nothing is lost if they are empty


def text_of(name: str, document: Any) -> str:
    return "\n".join(map(json.dumps, document)) if name.endswith(("jsonl", "ndjson")) else json.dumps(document)


@pytest.fixture(params=DOCUMENTS)
def written(request: pytest.FixtureRequest, annotation: Callable[[str, str], Path]) -> tuple[str, Any]:
    """The name of a format and its document, which lies in the source."""
    name, document = DOCUMENTS[request.param]
    annotation(name, text_of(name, document))
    return request.param, document


def test_every_format_gives_the_same_face(
    written: tuple[str, Any], source: AnnotationSource, problems: Problems, picture: Callable[..., Path]
) -> None:
    path = picture("1.jpg")
    (image,) = READERS[written[0]](source, problems)
    (box,) = image.boxes
    x, y = (320, 240) if image.units == "fractions" else (1, 1)
    assert (box.x1 * x, box.y1 * y, box.x2 * x, box.y2 * y) == pytest.approx(FACE)
    assert (image.path, box.label) == (path, "with_mask")
    assert image.size in (None, SIZE)
    assert problems.items == []


def test_each_document_is_of_one_format_only(written: tuple[str, Any]) -> None:
    assert [name for name, fits in JSON_FORMATS.items() if fits(written[1])] == [written[0]]


@pytest.mark.parametrize("document", [*HOSTILE, [None], [{}], {"a": None}, {"items": 3}, [[[]]], {"": {"": {}}}])
def test_no_format_takes_other_documents_for_its_own(document: Any) -> None:
    assert [name for name, fits in JSON_FORMATS.items() if fits(document)] == []


def places(value: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The keys that lead to each value of a document."""
    if keys:
        yield keys
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield from places(child, (*keys, key))


def replaced(document: Any, keys: tuple[Any, ...], value: Any) -> Any:
    document = deepcopy(document)
    parent = document
    for key in keys[:-1]:
        parent = parent[key]
    parent[keys[-1]] = value
    return document


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_no_value_breaks_a_reader_or_loses_a_face_in_silence(
    written: tuple[str, Any], value: Any, source: AnnotationSource, picture: Callable[..., Path], tmp_path: Path
) -> None:
    picture("1.jpg")
    name, document = written
    file = tmp_path / "annotations" / DOCUMENTS[name][0]
    for keys in places(document):
        hostile = replaced(document, keys, value)
        if not JSON_FORMATS[name](hostile):
            continue
        file.write_text(text_of(file.name, hostile), encoding="utf-8")
        problems = Problems()
        images = list(READERS[name](source, problems))
        said = any(item.outcome != "repaired" for item in problems.items)
        emptied = value in ([], {}) and keys[-1] in LISTS
        assert said or emptied or [len(image.boxes) for image in images] == [1], (keys, problems.items)


def test_an_object_that_cannot_be_read_leaves_its_picture_out_and_names_it(
    source: AnnotationSource, problems: Problems, picture: Callable[..., Path], annotation: Callable[[str, str], Path]
) -> None:
    (entry,) = DOCUMENTS["createml"][1]
    good, bad = {**entry, "image": "2.jpg"}, deepcopy(entry)
    bad["annotations"].append({"label": "with_mask", "coordinates": {"x": "wide"}})
    picture("1.jpg")
    picture("2.jpg")
    annotation("a.json", json.dumps([bad, good]))
    assert [image.path.name for image in READERS["createml"](source, problems)] == ["2.jpg"]
    (problem,) = problems.omissions
    assert (problem.kind, problem.object) == ("malformed object", 2)
    assert "1.jpg: 'wide', expected a number" in problem.value
