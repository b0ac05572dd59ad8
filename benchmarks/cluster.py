"""`detector infer --ray` on this machine: its overhead, its memory, its start, and the planning of a million keys.

    python benchmarks/cluster.py PICTURES [--only start,overhead,scaling,memory,driver,listing] [--pictures 5000]
                                 [--tiny 100000] [--keys 1000000] [--rounds 1] [--cores 2]

PICTURES is a folder of photos; links to them, over and over, make up the numbers. All runs have the same cores.

- start: one picture, from the start of the command to its end, beside `detector infer`; and when Ray and the first
  faces were there.
- overhead: many pictures, beside `detector infer`, which writes a table too. Commands as users give them, in turns.
- scaling: pictures per second with one actor and with two, between the first results and the last.
- memory: of the driver and of the object store over many tiny pictures, whose network is made small too.
- driver: how many rows of results the driver takes and writes, beside what Ray does.
- listing: keys of a bucket on loopback are listed and the plan is written; then it is opened as `--resume` does.

Give it a machine that has nothing else to do.
"""

import argparse
import tempfile
from pathlib import Path

from cluster_parts.tables import TABLES, Bench
from infer_parts.alternation import row, table
from infer_parts.machine import describe_machine


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", metavar="PICTURES", type=Path, help="a folder of photos")
    parser.add_argument("--only", default=",".join(TABLES), help="tables, of %(default)s")
    parser.add_argument("--pictures", type=int, default=5_000, help="for overhead and scaling")
    parser.add_argument("--tiny", type=int, default=100_000, help="tiny pictures for memory, rows for driver")
    parser.add_argument("--keys", type=int, default=1_000_000, help="keys for listing")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if unknown := set(wanted) - set(TABLES):
        parser.error(f"--only: {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    photos = sorted(path for path in arguments.photos.iterdir() if path.is_file())
    if not photos:
        parser.error(f"{arguments.photos}: no pictures in it")

    table("Machine", "", "")
    for name, value in describe_machine().items():
        row(name, value)
    with tempfile.TemporaryDirectory() as folder:
        sizes = {name: getattr(arguments, name) for name in ("pictures", "tiny", "keys", "rounds", "cores")}
        bench = Bench(photos=photos, folder=Path(folder), **sizes)
        for name in wanted:
            TABLES[name](bench)


if __name__ == "__main__":
    main()
