"""Damaged annotation sets: strategies that change a valid set in text, numbers, nesting, names or encoding."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from fuzz_parts.hostile_values import DEEP, ENCODINGS, NAMES, NUMBERS, VALUES, WORDS, YAML_KEYS, YAML_VALUES

Draw = Callable[[st.SearchStrategy[Any]], Any]
Files = dict[str, bytes]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(r"[A-Za-z_][\w.]*")


class ValidSet(NamedTuple):
    """The smallest set of a format: annotation files by path, the path of its picture, and the label of its face."""

    files: Mapping[str, str]
    picture: str
    label: str


class DamagedSet(NamedTuple):
    """One input of the fuzzer.

    Attributes:
        format: The format of the set before it was damaged.
        files: The annotation files by path.
        pictures: The paths of the pictures.
        options: Further words of the command line.
    """

    format: str
    files: Files
    pictures: tuple[str, ...]
    options: tuple[str, ...]


@st.composite
def damaged_sets(draw: Draw, samples: Mapping[str, ValidSet]) -> DamagedSet:
    """Damaged copies of valid sets.

    Args:
        draw: Given by hypothesis.
        samples: A valid set of each format.
    """
    name = draw(st.sampled_from(sorted(samples)))
    sample = samples[name]
    files: Files = {path: text.encode() for path, text in sample.files.items()}
    pictures: tuple[str, ...] = (sample.picture,)
    for _ in range(draw(st.integers(0 if files else 1, 3))):
        damage = draw(st.sampled_from(_DAMAGES))
        if files:
            damage(draw, files, draw(st.sampled_from(sorted(files))))
    if draw(st.integers(0, 7)) == 0:  # a set of one format with a file of another in it
        other = draw(st.sampled_from(sorted(samples)))
        files |= {path: text.encode() for path, text in samples[other].files.items()}
    options = ["--map", f"{sample.label}=with_mask"]
    options += ["--quick"] if draw(st.integers(0, 5)) else []
    options += ["--format", name] if draw(st.booleans()) else []
    options += ["--strict"] if draw(st.integers(0, 9)) == 0 else []
    if draw(st.integers(0, 9)) == 0:
        pictures = (
            *pictures,
            draw(st.sampled_from(["c.gif", "sub/1.jpg", "images/1.png", "x.heic", "train/\u00e9.jpg"])),
        )
    return DamagedSet(name, files, pictures, tuple(options))


def _replace_number(draw: Draw, files: Files, path: str) -> None:
    _replace_match(draw, files, path, _NUMBER, NUMBERS)


def _replace_word(draw: Draw, files: Files, path: str) -> None:
    _replace_match(draw, files, path, _WORD, WORDS)


def _replace_match(draw: Draw, files: Files, path: str, pattern: re.Pattern[str], values: list[str]) -> None:
    text = _text(files[path])
    found = list(pattern.finditer(text))
    if not found:
        return
    value = draw(st.sampled_from(values))
    if draw(st.integers(0, 4)) == 0:  # everywhere
        files[path] = _bytes(pattern.sub(lambda match: value, text))
    else:
        match = found[draw(st.integers(0, len(found) - 1))]
        files[path] = _bytes(text[: match.start()] + value + text[match.end() :])


def _change_structure(draw: Draw, files: Files, path: str) -> None:
    """Change one value of a JSON document: replace, remove, repeat, wrap or rename it."""
    try:
        document = json.loads(files[path])
    except (ValueError, RecursionError):
        _change_lines(draw, files, path)
        return
    places = list(_places(document))
    if not places:
        return
    holder, key = draw(st.sampled_from(range(len(places))).map(places.__getitem__))
    change = draw(st.integers(0, 4))
    if change == 0:
        del holder[key]
    elif change == 1:
        holder[key] = [holder[key]] if draw(st.booleans()) else {"value": holder[key]}
    elif change == 2 and isinstance(holder, list):
        holder.append(holder[key])
    elif change == 2:
        holder[draw(st.sampled_from(WORDS))] = holder.pop(key)
    else:
        holder[key] = draw(st.sampled_from(VALUES))
    files[path] = _bytes(json.dumps(document))


def _places(value: Any) -> Any:
    """Every list or mapping in a document, with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def _change_lines(draw: Draw, files: Files, path: str) -> None:
    """Remove, repeat, exchange or join lines; where there is one line, tags are taken for lines."""
    mark = b"\n" if files[path].count(b"\n") > 1 else b">"
    lines = files[path].split(mark)
    first, second = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    change = draw(st.integers(0, 4))
    if change == 0:
        del lines[first]
    elif change == 1:
        lines[first:first] = [lines[second]] * draw(st.sampled_from([1, 2, 500]))
    elif change == 2:
        lines[first], lines[second] = lines[second], lines[first]
    elif change == 3:
        lines[first] = draw(st.sampled_from(WORDS)).encode("utf-8", "surrogatepass")
    else:
        lines.insert(first, b"")
    files[path] = mark.join(lines)


def _change_setting(draw: Draw, files: Files, path: str) -> None:
    """Give one key of a YAML file another value, or add the key."""
    if not path.endswith((".yaml", ".yml")):
        _replace_word(draw, files, path)
        return
    text = _text(files[path])
    keys = re.findall(r"^\w+(?=:)", text, re.MULTILINE)
    key = draw(st.sampled_from([*keys, *YAML_KEYS]))
    line = f"{key}: {draw(st.sampled_from(YAML_VALUES))}\n"
    # A value ends before the next key at the start of a line.
    changed, count = re.subn(
        rf"^{key}:.*?\n(?=\w|\Z)", lambda match: line, text, count=1, flags=re.MULTILINE | re.DOTALL
    )
    files[path] = _bytes(changed if count else text + line)


def _change_bytes(draw: Draw, files: Files, path: str) -> None:
    data = files[path]
    start = draw(st.integers(0, len(data)))
    stop = min(len(data), start + draw(st.sampled_from([0, 1, 3, 40, 10**6])))
    new = draw(st.one_of(st.just(b""), st.binary(max_size=6), st.sampled_from(DEEP)))
    files[path] = data[:start] + new + data[stop:]


def _change_separator(draw: Draw, files: Files, path: str) -> None:
    old, new = (
        draw(st.sampled_from([",", " ", ":", "\n", '"', "<", "="])),
        draw(st.sampled_from([";", "\t", ",", "\r", "", "|"])),
    )
    files[path] = files[path].replace(old.encode(), new.encode())


def _change_encoding(draw: Draw, files: Files, path: str) -> None:
    files[path] = _text(files[path]).encode(draw(st.sampled_from(ENCODINGS)), "replace")


def _rename(draw: Draw, files: Files, path: str) -> None:
    data = files.pop(path)
    if draw(st.integers(0, 3)):
        files[draw(st.sampled_from(NAMES))] = data


def _copy(draw: Draw, files: Files, path: str) -> None:
    files[draw(st.sampled_from(NAMES))] = files[path]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass" if re.search("[\ud800-\udbff]", text) else "surrogateescape")


_DAMAGES = (
    *(_replace_number,) * 3,
    *(_replace_word,) * 3,
    *(_change_structure,) * 4,
    *(_change_lines,) * 2,
    *(_change_bytes,) * 2,
    *(_change_setting,) * 2,
    *(_change_separator, _change_encoding, _rename, _copy),
)
