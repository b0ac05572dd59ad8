"""Finds the pictures of a training again where its dataset has been moved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from converters.file_search import find_pictures
from converters.formats.yolo import DatasetYaml, read_list, split_images
from converters.plurals import quantity
from detector.errors import UsageError
from detector.files import writing
from detector.training.decoding import remembered_sizes

_LISTS = {"train": "train", "val": "val", "thumbnails": "train"}  # the list of a training, and the split it came from


def check_there(out: Path, max_left_out: float) -> None:
    """Refuse to resume a training whose pictures are gone: they were moved rather than deleted.

    Args:
        out: The folder of the training.
        max_left_out: The largest share of a list's pictures that may be gone.

    Raises:
        UsageError: More of them are.
        DatasetError: A list cannot be read.
    """
    for listing in _listings(out):
        lines = read_list(listing)
        gone = [line for line in lines if not Path(line).exists()]
        if len(gone) > max_left_out * len(lines):
            found = f"{len(gone)} of its {len(lines)} pictures are not there any more, such as {gone[0]}"
            raise UsageError(listing, found, f"its data.yaml: detector train DATA.yaml --resume --out {out}")


def find_moved(datasets: Sequence[DatasetYaml], out: Path, memory: Path) -> str:
    """Put the pictures of moved datasets into the lists of a training, in place of those of the same name and size.

    Where a name occurs several times, the picture whose folders are named alike is taken. A picture that is not in the
    datasets stays in the list if it still exists. Repeats and the order stay.

    Args:
        datasets: Where the pictures are now.
        out: The folder of the training.
        memory: The file in which `Decoding` remembered their sizes.

    Returns:
        A sentence that says what was found.

    Raises:
        UsageError: A picture is not found, or two would become the same one. Nothing is changed.
        DatasetError: A list or dataset cannot be read.
    """
    sizes = remembered_sizes(memory)
    lists = {listing: read_list(listing) for listing in _listings(out)}
    found = {
        listing: _find(dict.fromkeys(lines), _pictures(datasets, listing.stem, out), sizes)
        for listing, lines in lists.items()
    }
    _check(found, datasets)
    for listing, lines in lists.items():
        with writing(listing) as temporary:
            temporary.write_text("".join(f"{found[listing][line]}\n" for line in lines), encoding="utf-8")
    moved = sum(str(new) != old for each in found.values() for old, new in each.items())
    return f"{quantity(moved, 'picture')} of the training found in {', '.join(str(d.path) for d in datasets)}."


def _listings(out: Path) -> list[Path]:
    return [path for path in (out / f"{name}.txt" for name in _LISTS) if path.is_file()]


def _pictures(datasets: Sequence[DatasetYaml], name: str, out: Path) -> list[Path]:
    """The pictures that a list may name: those of the datasets, and synthetic ones in a folder that was moved too."""
    split, synthetic = _LISTS[name], out.resolve() / "synthetic" / "images"
    made = list(find_pictures(synthetic)) if name == "train" and synthetic.is_dir() else []
    return [path for each in datasets if split in each.splits for path in split_images(each, split)] + made


def _find(lines: Iterable[str], pictures: Iterable[Path], sizes: Mapping[str, int]) -> dict[str, Path | None]:
    """For each picture of a list its new place; None where there is none, or two fit equally well."""
    by_name: dict[str, set[Path]] = defaultdict(set)
    for picture in pictures:
        by_name[picture.name].add(picture)
    return {line: _best(Path(line), by_name[Path(line).name], sizes.get(line)) for line in lines}


def _best(old: Path, candidates: set[Path], size: int | None) -> Path | None:
    if old in candidates:
        return old
    fitting = [path for path in candidates if size in {None, path.stat().st_size}]
    alike = {path: _shared_end(old, path) for path in fitting}
    best = [path for path in fitting if alike[path] == max(alike.values())]
    if not best and old.exists():
        return old
    return best[0] if len(best) == 1 else None


def _shared_end(one: Path, other: Path) -> int:
    """How many names at the end of two paths are the same."""
    pairs = zip(reversed(one.parts), reversed(other.parts), strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(len(one.parts), len(other.parts)))


def _check(found: Mapping[Path, Mapping[str, Path | None]], datasets: Sequence[DatasetYaml]) -> None:
    where = ", ".join(str(dataset.path) for dataset in datasets)
    expected = "the data.yaml of each dataset of the training, with the same pictures"
    for listing, pictures in found.items():
        missing = [line for line, picture in pictures.items() if picture is None]
        if missing:
            text = f"{len(missing)} of {len(pictures)} pictures in {listing} have no picture of that name and size here"
            raise UsageError(where, f"{text}, or several, such as {missing[0]}", expected)
        if len(set(pictures.values())) < len(pictures):
            raise UsageError(where, f"several pictures in {listing} would be the same one here", expected)
