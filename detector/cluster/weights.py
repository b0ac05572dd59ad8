"""Weights on their way to other machines: through Ray's object store once, checked by their hash on arrival."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from detector.errors import WeightsError
from detector.files import writing
from detector.libraries import cache_dir
from detector.model.weights import find_export, find_weights
from detector.settings import DetectorSettings


@dataclass(frozen=True, slots=True)
class PackedWeights:
    """The files of weights.

    Attributes:
        name: The file or folder among them that `DetectorSettings.weights` names.
        files: The content of each by its path beside the others.
        sha256: Of all of them.
    """

    name: str
    files: dict[str, bytes]
    sha256: str


def pack_weights(settings: DetectorSettings) -> PackedWeights | None:
    """Read the user's weights, with an export that lies beside them; None for those that come with the package.

    Raises:
        WeightsError: There is no such file.
    """
    if settings.weights is None:
        return None
    path = find_weights(settings.weights, exports=True)
    path = path.parent if path.suffix == ".xml" else path
    files = dict(_read(path))
    if path.suffix.lower() == ".pt" and settings.backend != "torch":
        export = find_export(path, settings.backend)
        files |= dict(_read(export)) if export is not None else {}
    return PackedWeights(path.name, files, _hash(files))


def unpack_weights(packed: PackedWeights) -> Path:
    """Write weights to the cache of this machine, unless they are there.

    Returns:
        The path for `DetectorSettings.weights`.

    Raises:
        WeightsError: They have changed on their way.
    """
    if (found := _hash(packed.files)) != packed.sha256:
        raise WeightsError(packed.name, f"SHA-256 {found}", f"SHA-256 {packed.sha256}; they have changed on their way")
    folder = cache_dir() / "cluster" / packed.sha256[:16]
    for name, content in packed.files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            with writing(path) as temporary:
                temporary.write_bytes(content)
    return folder / packed.name


def with_weights(settings: DetectorSettings, packed: PackedWeights | None) -> DetectorSettings:
    """The settings with the path that the weights have on this machine."""
    return settings if packed is None else replace(settings, weights=unpack_weights(packed))


def _read(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file, or the files of a folder, by their paths below the parent."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            yield file.relative_to(path.parent).as_posix(), file.read_bytes()


def _hash(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
