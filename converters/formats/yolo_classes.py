"""What a data.yaml says about its classes and landmarks: `names`, `nc` and `kpt_shape`."""

from pathlib import Path
from typing import Any

from converters.errors import DatasetError
from converters.plurals import quantity

_MAX_CLASSES = 100_000  # where there is `nc` and no names


def class_names(path: Path, data: dict[str, Any]) -> tuple[str, ...]:
    """The names by class id, from `names` and `nc`.

    Args:
        path: The data.yaml, for errors.
        data: Its content, every value as text.

    Raises:
        DatasetError: The names are no list of different words, or `nc` is another number.
    """
    names, count = data.get("names"), _count(path, data.get("nc"))
    if names is None and count:
        return tuple(f"class_{index}" for index in range(count))
    if isinstance(names, dict):
        names = _names_by_id(path, names)
    if not isinstance(names, list) or not names:
        raise DatasetError(path, "names: no class names", "a list, or id: name")
    if not all(isinstance(name, str) for name in names):
        raise DatasetError(path, "names: an entry that is no word", "a list of words, or id: word")
    if count is not None and count != len(names):
        raise DatasetError(path, f"nc: {count} but {quantity(len(names), 'name')}", "the two to agree")
    if len(set(names)) != len(names):
        raise DatasetError(path, f"names: {_short(names)}", "each class name once")
    return tuple(names)


def _count(path: Path, value: object) -> int | None:
    """`nc`, the number of classes."""
    if value in (None, ""):
        return None
    number = _whole_number(value)
    if number is None or not 0 < number <= _MAX_CLASSES:
        raise DatasetError(path, f"nc: {_short(value)}", f"a whole number, at most {_MAX_CLASSES:,} classes")
    return number


def _names_by_id(path: Path, names: dict[Any, Any]) -> list[Any]:
    by_id = {_whole_number(key): name for key, name in names.items()}
    ids = [number for number in by_id if number is not None]
    if len(ids) != len(names):
        raise DatasetError(path, "names: keys that are no ids, or an id twice", "0, 1, 2, ...")
    if sorted(ids) != list(range(len(names))):
        raise DatasetError(path, f"names: ids {_short(sorted(ids))}", f"0 to {len(names) - 1} without gaps")
    return [by_id[index] for index in range(len(ids))]


def landmark_shape(path: Path, value: object) -> tuple[int, int] | None:
    """What `kpt_shape` says: how many landmarks each face has, and how many numbers each of them; None for none.

    Args:
        path: The data.yaml, for errors.
        value: The value of the key, its numbers as text.

    Raises:
        DatasetError: It is no such pair.
    """
    if value is None:
        return None
    shape = [_whole_number(part) for part in value] if isinstance(value, list) else []
    if len(shape) != 2 or shape[0] is None or not 0 < shape[0] <= 10_000 or shape[1] not in (2, 3):
        raise DatasetError(path, f"kpt_shape: {_short(value)}", "[number of landmarks, 2 or 3]")
    return shape[0], shape[1]


def _whole_number(value: object) -> int | None:
    """The whole number that a text is, or None: files may hold words, infinity, or thousands of digits."""
    text = value if isinstance(value, str) and len(value) < 20 else ""
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
