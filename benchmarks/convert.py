"""Time of `detector convert` against supervision's conversion of the same Pascal VOC set, and the scenes it finds.

    python benchmarks/convert.py FOLDER [--pairs same-scene.csv] [--rounds 5] [--scratch /dev/shm]
    python benchmarks/convert.py --generated 20000 [--distinct 3000] [--scratch /dev/shm]

FOLDER holds `annotations/` and `images/` of the Face Mask Detection set; it is copied into the scratch folder first.
Every way writes a YOLO dataset with copies of all pictures, but for the last: there they are hard links, so that they
are opened for their size and for nothing else. The ways take turns, and the fastest round of each counts: what else
runs on a machine only adds time. Use a scratch folder in memory: ext4 makes files slowly for seconds after others were
deleted, which hits all the ways.

`--generated` makes a set of that many pictures with three faces each, of which `--distinct` differ and the others are
hard links to them, and gives the peak memory of each way in a process of its own, with imports, and its processor time.
"""

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from converters.conversion import convert
from converters.options import ConversionOptions, Link


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--generated", type=int, metavar="N", help="measure memory on N made-up pictures instead")
    parser.add_argument("--distinct", type=int, default=3000, help="how many of them differ")
    parser.add_argument("--pairs", type=Path, help="CSV image_a,image_b of pictures known to show the same scene")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scratch", type=Path, help="folder to write into; default: the system's temporary one")
    arguments = parser.parse_args()
    if (arguments.folder is None) == (arguments.generated is None):
        parser.error("one of FOLDER and --generated")
    scratch = Path(tempfile.mkdtemp(prefix="convert-", dir=arguments.scratch))
    try:
        if arguments.generated:
            print(memory_table(generate(scratch / "set", arguments.generated, arguments.distinct), scratch))
            return
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


def generate(folder: Path, count: int, distinct: int) -> Path:
    """Make a Pascal VOC set of small pictures, three faces in each.

    Args:
        folder: Where it is made.
        count: Pictures.
        distinct: How many of them differ; the others are hard links to them.

    Returns:
        The folder.
    """
    import cv2
    import numpy as np

    random = np.random.default_rng(0)
    images, annotations = folder / "images", folder / "annotations"
    images.mkdir(parents=True)
    annotations.mkdir()
    for number in range(count):
        path = images / f"{number:07}.jpg"
        if number < distinct:
            coarse = random.integers(0, 255, (18, 24, 3), np.uint8)
            data = cv2.imencode(".jpg", cv2.resize(coarse, (120, 90), interpolation=cv2.INTER_NEAREST))[1]
            path.write_bytes(data.tobytes())
        else:
            path.hardlink_to(images / f"{number % distinct:07}.jpg")
        corners = random.integers(1, 60, (3, 2)).tolist()
        (annotations / f"{number:07}.xml").write_text(_voc(path.name, corners))
    return folder


def _voc(name: str, corners: list[list[int]]) -> str:
    objects = "".join(
        "<object><name>with_mask</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult><bndbox>"
        f"<xmin>{x}</xmin><ymin>{y}</ymin><xmax>{x + 20}</xmax><ymax>{y + 30}</ymax></bndbox></object>"
        for x, y in corners
    )
    size = "<size><width>120</width><height>90</height><depth>3</depth></size>"
    return f"<annotation><filename>{name}</filename>{size}<segmented>0</segmented>{objects}</annotation>"


def memory_table(folder: Path, scratch: Path) -> str:
    """Peak memory and processor time of the ways to convert a generated set."""
    rows = {
        "imports": "0",
        "detector convert": "from_options()",
        "detector convert --quick": "from_options('--quick')",
        "supervision from_pascal_voc().as_yolo()": "with_supervision(folder, out)",
    }
    lines = []
    for name, expression in rows.items():
        out = scratch / "out"
        megabytes, seconds = _measured(expression, folder, out)
        shutil.rmtree(out, ignore_errors=True)
        lines.append(f"{name:42} {megabytes:6.0f} MB   {seconds:7.1f} s of processor time")
    return "\n".join(lines)


def from_options_in(folder: Path, out: Path, *words: str) -> None:
    """Convert a generated set with this project, pictures as hard links."""
    convert(ConversionOptions(folder, out, quick="--quick" in words, link="hardlink"))


_CHILD = """
import resource, sys
from pathlib import Path
sys.path[:0] = [{benchmarks!r}]
from convert import from_options_in, with_supervision
import cv2, lxml.etree, PIL.Image
folder, out = Path({folder!r}), Path({out!r})
def from_options(*words): from_options_in(folder, out, *words)
{expression}
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_maxrss / 1024, used.ru_utime + used.ru_stime)
"""


def _measured(expression: str, folder: Path, out: Path) -> tuple[float, float]:
    """Peak memory in MB and processor time in seconds of an expression in a process of its own."""
    program = _CHILD.format(
        benchmarks=str(Path(__file__).parent), folder=str(folder), out=str(out), expression=expression
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    megabytes, seconds = map(float, done.stdout.split()[-2:])
    return megabytes, seconds


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
