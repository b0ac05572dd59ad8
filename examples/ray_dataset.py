"""Finds faces in pictures with Ray, as one step among others, and counts the states for each folder.

    pip install 'mask-detector[ray]'
    python examples/ray_dataset.py PICTURES [--out faces.parquet]

Without a cluster, Ray uses the cores of this machine; on one, `PICTURES` is a folder that every machine has, or an
address such as s3://bucket/photos.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import ray

from detector import DetectorSettings
from detector.cluster import detect


def main(arguments: Sequence[str] | None = None) -> int:
    """Find the faces, print counts for each folder, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", help="a folder or an address with pictures")
    parser.add_argument("--out", help="a folder or an address for one row a picture, as Parquet")
    asked = parser.parse_args(arguments)
    pictures = ray.data.read_binary_files(
        asked.pictures, include_paths=True, file_extensions=["jpg", "jpeg", "png", "webp"]
    )
    found = detect(pictures, DetectorSettings(conf=0.4)).materialize()
    if asked.out:
        found.write_parquet(asked.out)
    rows = found.take_all()
    for folder, counts in sorted(count_by_folder(rows).items()):
        print(f"{folder}: {dict(counts)}")
    failed = [row for row in rows if row["outcome"] != "read"]
    for row in failed:
        print(f"{row['path']}: {row['reason']}", file=sys.stderr)
    return 1 if failed else 0


def count_by_folder(rows: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """The faces of each folder by label."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        folder = str(PurePosixPath(row["path"]).parent)
        counts.setdefault(folder, Counter()).update(face["label"] for face in row["faces"] or ())
    return counts


if __name__ == "__main__":
    sys.exit(main())
