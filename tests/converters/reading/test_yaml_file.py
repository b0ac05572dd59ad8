"""YAML files of strangers: what is read, and what is refused before it costs memory or time."""

from pathlib import Path

import pytest
import yaml

import converters.reading.yaml_file
from converters.errors import DatasetError
from converters.reading.yaml_file import read_yaml

NINE_LISTS = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
NINE_LISTS += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
NINE_MERGES = ["a0: &a0 {x: 1}"]
NINE_MERGES += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]


@pytest.fixture(params=["C", "Python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers of PyYAML: the one in C is missing on some machines."""
    name = {"C": "CSafeLoader", "Python": "SafeLoader"}[request.param]
    if not hasattr(yaml, name):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(converters.reading.yaml_file, "_SafeLoader", getattr(yaml, name))


def written(folder: Path, text: str) -> Path:
    path = folder / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n".join(NINE_LISTS), "stand for more than 100,000 values"),
        ("\n".join(NINE_MERGES), "stand for more than 100,000 values"),
        ("a: &a [*a]", "holds the alias"),
        ("? [a, b]\n: c", "line 1, column 3 .a list as a key"),
        ("x:\n  ? {a: b}\n  : c", "line 2, column 5 .a mapping as a key"),
        ("[" * 100_000, "nested too deeply|nesting depth"),  # PyYAML says so itself from 6.0.4 on
        ("- " * 3000, "nested too deeply"),
        ("a: 2026-13-45", "a value that does not fit its type"),
        ("a: !!bool maybe", "a value that does not fit its type"),
        ("a: !!timestamp x", "a value that does not fit its type"),
        ("a: " + "1" * 5000, "a value that does not fit its type"),
        ("a: !!python/object:os.system x", "could not determine a constructor"),
        (f"a: !{'x' * 5000} y", "not valid YAML"),
        ("a: [", "not valid YAML in line"),
        ("a: \0", "not valid YAML"),
        ("a: 1\n---\nb: 2", "another document"),
        ("", "an empty file; expected a test"),
        ("- a", "a YAML list; expected a test"),
    ],
)  # fmt: skip
def test_wrong_file_is_one_short_error(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DatasetError, match=message) as error:
        read_yaml(path, DatasetError, "a test")
    assert str(error.value).startswith(f"{path}: ")
    assert len(str(error.value)) < 500


@pytest.mark.usefixtures("loader")
def test_aliases_and_merges_of_sensible_size_are_read(tmp_path: Path) -> None:
    text = "a: &a {x: [1, 2]}\nb: *a\nc: {<<: *a, y: 3}\nd: [*a, *a]"
    data = read_yaml(written(tmp_path, text), DatasetError, "a test", unique_keys=True)
    assert data == {"a": {"x": [1, 2]}, "b": {"x": [1, 2]}, "c": {"x": [1, 2], "y": 3}, "d": [{"x": [1, 2]}] * 2}


@pytest.mark.usefixtures("loader")
def test_values_are_left_as_the_text_in_the_file_where_asked(tmp_path: Path) -> None:
    path = written(
        tmp_path, "a: [no, yes, 007, 1e3, .inf, 2026-01-02, 2026-13-45]\nb: &b {1: ~}\nc: {<<: *b, true: ''}"
    )
    assert read_yaml(path, DatasetError, "a test", texts=True) == {
        "a": ["no", "yes", "007", "1e3", ".inf", "2026-01-02", "2026-13-45"],
        "b": {"1": None},
        "c": {"1": None, "true": ""},
    }
    bomb = written(tmp_path, "\n".join(NINE_LISTS))
    with pytest.raises(DatasetError, match="stand for more than"):
        read_yaml(bomb, DatasetError, "a test", texts=True)


@pytest.mark.slow
def test_a_large_file_without_aliases_is_read(tmp_path: Path) -> None:
    names = [f"picture-{number}.jpg" for number in range(150_000)]
    path = written(tmp_path, "train: [" + ", ".join(names) + "]")
    assert read_yaml(path, DatasetError, "a test") == {"train": names}


def test_key_that_is_there_twice_is_refused_where_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "a: 1\nb: {c: 1, c: 2}")
    assert read_yaml(path, DatasetError, "a test") == {"a": 1, "b": {"c": 2}}
    with pytest.raises(DatasetError, match=r"line 2, column 11 \('c' for the second time"):
        read_yaml(path, DatasetError, "a test", unique_keys=True)


def test_error_repeats_no_line_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as error:
        read_yaml(written(tmp_path, "password: hunter2: x\n"), DatasetError, "a test")
    assert "hunter2" not in str(error.value)


def test_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatasetError, match=r"none\.yaml: no such file; expected a test"):
        read_yaml(tmp_path / "none.yaml", DatasetError, "a test")
    with pytest.raises(DatasetError, match=r"cannot be read \(Is a directory"):
        read_yaml(tmp_path, DatasetError, "a test")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    with pytest.raises(DatasetError, match=r"not UTF-8 text \(.* at byte 3"):
        read_yaml(tmp_path / "latin.yaml", DatasetError, "a test")
    monkeypatch.setattr(converters.reading.yaml_file, "_MAX_BYTES", 2)
    with pytest.raises(DatasetError, match="at most"):
        read_yaml(tmp_path / "latin.yaml", DatasetError, "a test")
