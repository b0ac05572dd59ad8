from pathlib import Path

import pytest

from converters.errors import AnnotationError
from converters.reading.json_file import load_json


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_is_read_in_every_encoding_of_unicode(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes('{"name": "Gesichtsmaske \u00fc"}'.encode(encoding))
    assert load_json(path, 1000) == {"name": "Gesichtsmaske \u00fc"}


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".JSONL"])
def test_file_with_a_document_in_each_line_is_a_list(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text('{"a": 1}\r\n\n{"a": 2}\n', encoding="utf-8")
    assert load_json(path, 1000) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "1" * 10_000, "\x00", '"\ud800'.encode("utf-16-le", "replace")]
)
def test_what_is_no_json_is_refused(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(AnnotationError, match=r"not valid JSON|an empty file|before it is complete"):
        load_json(path, 1_000_000)


def test_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n{"a": \n', encoding="utf-8")
    with pytest.raises(AnnotationError, match="line 2"):
        load_json(path, 1000)


def test_suffix_of_the_other_kind_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "lines.json").write_text('{"a": 1}\n{"a": 2}\n', encoding="utf-8")
    (tmp_path / "whole.jsonl").write_text('[\n{"a": 1},\n{"a": 2}\n]', encoding="utf-8")
    assert load_json(tmp_path / "lines.json", 1000) == load_json(tmp_path / "whole.jsonl", 1000) == [{"a": 1}, {"a": 2}]
