"""Time of `detector convert` against supervision's conversion of the same Pascal VOC set, and the scenes it finds.

    python benchmarks/convert.py FOLDER [--pairs same-scene.csv] [--rounds 5] [--scratch /dev/shm]

FOLDER holds `annotations/` and `images/` of the Face Mask Detection set; it is copied into the scratch folder first.
Every way writes a YOLO dataset with copies of all pictures, but for the last: there they are hard links, so that they
are opened for their size and for nothing else. The ways take turns, and the fastest round of each counts: what else
runs on a machine only adds time. Use a scratch folder in memory: ext4 makes files slowly for seconds after others were
deleted, which hits all the ways.
"""

import argparse
import csv
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from converters.conversion import convert
from converters.options import ConversionOptions, Link


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=Path, help="CSV image_a,image_b of pictures known to show the same scene")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scratch", type=Path, help="folder to write into; default: the system's temporary one")
    arguments = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="convert-", dir=arguments.scratch))
    try:
        folder = Path(shutil.copytree(arguments.folder, scratch / "set"))
        compare(folder, scratch, arguments.rounds)
        if arguments.pairs:
            print(kept_together(folder, scratch, arguments.pairs))
    finally:
        shutil.rmtree(scratch)


def compare(folder: Path, scratch: Path, rounds: int) -> None:
    """Time the ways and print a table."""
    ways: dict[str, Callable[[Path], object]] = {
        "supervision from_pascal_voc().as_yolo()": lambda out: with_supervision(folder, out),
        "detector convert": lambda out: with_converters(folder, out),
        "detector convert --quick": lambda out: with_converters(folder, out, quick=True),
        "detector convert --quick --link hardlink": lambda out: with_converters(
            folder, out, quick=True, link="hardlink"
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            times[name].append(timed(way, scratch / "out"))
    baseline = min(next(iter(times.values()))[1:])
    for name, values in times.items():
        best = min(values[1:])  # the first round warms up
        print(f"{name:42} {best * 1000:7.0f} ms   {baseline / best:5.1f} times as fast")


def timed(way: Callable[[Path], object], out: Path) -> float:
    """Seconds that one conversion into a new folder takes."""
    start = time.perf_counter()
    way(out)
    seconds = time.perf_counter() - start
    shutil.rmtree(out)
    return seconds


def with_supervision(folder: Path, out: Path) -> None:
    """Convert with supervision."""
    import supervision

    dataset = supervision.DetectionDataset.from_pascal_voc(str(folder / "images"), str(folder / "annotations"))
    dataset.as_yolo(str(out / "images"), str(out / "labels"), str(out / "data.yaml"))


def with_converters(folder: Path, out: Path, *, quick: bool = False, link: Link = "copy") -> None:
    """Convert with this project."""
    convert(ConversionOptions(folder, out, dataset="face-mask-detection", quick=quick, link=link))


def kept_together(folder: Path, scratch: Path, pairs: Path) -> str:
    """How many of the known pairs share a group, and how large groups get."""
    summary = convert(ConversionOptions(folder, scratch / "out", dataset="face-mask-detection"))
    group = {Path(member).stem: number for number, members in enumerate(summary.scenes) for member in members}
    with pairs.open(newline="") as file:
        rows = [(Path(row["image_a"]).stem, Path(row["image_b"]).stem) for row in csv.DictReader(file)]
    kept = sum(group.get(a, -1) == group.get(b, -2) for a, b in rows)
    largest = len(summary.scenes[0]) if summary.scenes else 1
    return f"{kept} of {len(rows)} known pairs together; {len(summary.scenes)} groups, the largest of {largest}"


if __name__ == "__main__":
    main()
