"""Checks what `make dist` built: what has to be in the wheel and in the source archive, and their sizes."""

import sys
import tarfile
import zipfile
from pathlib import Path

IN_WHEEL = (
    "detector/shipped/mask-yolov8n.pt",
    "detector/shipped/mask-yolov8n_int8_openvino_model/",
    "detector/shipped/SHA256SUMS",
    "detector/py.typed",
    "converters/datasets.yaml",
    "converters/py.typed",
    "licenses/LICENSE",
)
IN_SOURCE = (
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "weights/README.md",
    "docs/upgrading.md",
    "tests/conftest.py",
    "examples/README.md",
)
MOST_BYTES = 25_000_000


def check(archive: Path, names: list[str], wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> list[str]:
    """What is wrong with an archive."""
    wrong = [f"{archive.name} lacks {name}" for name in wanted if not any(name in each for each in names)]
    wrong += [f"{archive.name} has {each}" for each in names if any(name in each for name in unwanted)]
    size = archive.stat().st_size
    return wrong + ([f"{archive.name} has {size:,} bytes"] if size > MOST_BYTES else [])


def main(folder: Path) -> None:
    """Check the wheel and the source archive of a folder."""
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    wrong = check(wheel, zipfile.ZipFile(wheel).namelist(), IN_WHEEL, ("tests/", "benchmarks/", "__pycache__"))
    with tarfile.open(source) as archive:
        wrong += check(source, archive.getnames(), IN_SOURCE, ("/.venv", "/runs/", "/demo/", "__pycache__"))
    sys.stdout.write("".join(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB\n" for path in (wheel, source)))
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
