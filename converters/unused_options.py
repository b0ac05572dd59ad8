"""Entries of `--map` and `--ignore` that had no effect."""

import difflib
from collections.abc import Iterable, Mapping

from converters.annotation import AnnotatedImage

_SHOWN = 20  # labels that a message names


def unused_options(classes: Mapping[str, str], ignored: Iterable[str], images: Iterable[AnnotatedImage]) -> list[str]:
    """Name the entries whose label no box has, each with the nearest label that a box has.

    Args:
        classes: Class for each label, as the user gave them.
        ignored: Labels that the user wants ignored.
        images: Images with the source's labels, and with an entry as label where its attributes fit.

    Returns:
        One sentence for each such entry.
    """
    found = {(box.label, box.attributes) for image in images for box in image.boxes}
    labels = {label for label, _ in found}
    known = labels | {f"{label}[{name}={value}]" for label, attributes in found for name, value in attributes}
    given = {label: f"--map {label}={name}" for label, name in classes.items()}
    given |= {label: f"--ignore {label}" for label in ignored}
    return [
        f"{given[label]} had no effect: {_not_there(label, known if '[' in label else labels)}."
        for label in sorted(given.keys() - labels)
    ]


def _not_there(label: str, labels: Iterable[str]) -> str:
    by_key = {known.casefold(): known for known in sorted(labels)}
    nearest = difflib.get_close_matches(label.casefold(), by_key, n=1)
    if nearest:
        return f"no box has that label; the nearest is {by_key[nearest[0]]!r}"
    few = ", ".join(map(repr, [*by_key.values()][:_SHOWN]))
    return f"no box has that label; there are {few}" if few else "there are no boxes"
