"""The known datasets: datasets.yaml, validated."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError

from converters.errors import OptionError, RegistryError
from converters.formats import FORMATS
from converters.labels import CLASS_NAMES, LabelMap
from converters.options import DEFAULT_SPLIT
from converters.reading.yaml_file import read_yaml
from converters.split import parse_ratio


def _one_of(names: Iterable[str], value: str) -> str:
    if value not in names:
        raise ValueError(f"{value!r}, expected one of {', '.join(names)}")
    return value


def _ratio(value: str) -> str:
    try:
        parse_ratio(value)
    except OptionError as error:
        raise ValueError(f"{error.found}; expected {error.expected}") from None
    return value


def _inside(value: str) -> str:
    if Path(value).is_absolute() or ".." in Path(value).parts:
        raise ValueError("must lie below SOURCE")
    return value


_Place = Annotated[str, AfterValidator(_inside)]
_Class = Annotated[str, AfterValidator(partial(_one_of, CLASS_NAMES))]
_Format = Annotated[str, AfterValidator(partial(_one_of, FORMATS))]


class DatasetEntry(BaseModel):
    """One known dataset; see the comment at the top of datasets.yaml for the fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    format: _Format
    annotations: tuple[_Place, ...] = ()
    images: tuple[_Place, ...] = ()
    labels: dict[str, _Class]
    ignore: tuple[str, ...] = ()
    split: Annotated[str, AfterValidator(_ratio)] = DEFAULT_SPLIT

    @property
    def label_map(self) -> LabelMap:
        """The entry's labels and ignored labels."""
        return LabelMap(self.labels, frozenset(self.ignore))

    def annotations_in(self, source: Path) -> Path:
        """The folder or file to read annotations from."""
        return _first_existing(source, self.annotations)

    def images_in(self, source: Path) -> Path:
        """The folder to look for pictures in."""
        return _first_existing(source, self.images)


def load_registry(path: Path | None = None) -> dict[str, DatasetEntry]:
    """Read and validate a registry.

    Args:
        path: The file; by default the one that comes with the package.

    Returns:
        Entries by name.

    Raises:
        RegistryError: The file is missing or an entry is wrong; the message names the key.
    """
    path = path or default_registry()
    data = read_yaml(path, RegistryError, "the known datasets by name", unique_keys=True)
    try:
        return TypeAdapter(dict[str, DatasetEntry]).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]") or "(top level)"
        raise RegistryError(path, f"{key}: {first['msg']}") from error


def known_set_with(labels: Iterable[str], format: str) -> str | None:
    """The known dataset of a format that has all of these labels.

    Args:
        labels: The labels of a source.
        format: One of FORMATS.

    Returns:
        Its name; None where there is none, or several.
    """
    wanted = {*labels} - {*CLASS_NAMES}
    entries = {name: entry for name, entry in load_registry().items() if entry.format == format}
    fitting = [name for name, entry in entries.items() if wanted <= {*entry.labels, *entry.ignore}]
    return fitting[0] if len(fitting) == 1 else None


def default_registry() -> Path:
    """datasets.yaml: beside this module in an installed package, at the top of a source tree."""
    beside = Path(__file__).with_name("datasets.yaml")
    return beside if beside.is_file() else Path(__file__).resolve().parents[1] / "datasets.yaml"


def _first_existing(source: Path, places: tuple[str, ...]) -> Path:
    return next((source / place for place in places if (source / place).exists()), source)
