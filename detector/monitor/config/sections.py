"""Sections of the YAML file that are made from the settings of other modules, so that each option is defined once."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, asdict, fields
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import pydantic
from pydantic import AfterValidator, BeforeValidator, GetPydanticSchema
from pydantic_core import CoreSchema, core_schema

from detector.errors import UsageError
from detector.monitor.config.types import Name, Section, number_as_text, percent_as_fraction
from detector.monitor.config.yaml_file import wrong
from detector.people.points import Point, check_line, check_polygon
from detector.people.settings import DecisionSettings, Line, Zone, bounds_of
from detector.settings import DetectorSettings, limits_of

Value = TypeVar("Value")


def switch_as_text(value: Any) -> Any:
    """Turn booleans back into the words off and on: YAML reads these words as booleans."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


def section_from(
    settings: type[Any], types: Mapping[str, Any], bounds: Callable[["Field[Any]"], Mapping[str, float]]
) -> type[Section]:
    """A section with the fields, the defaults and the limits of a dataclass.

    Args:
        settings: The dataclass.
        types: The types of fields that YAML gives in another form than the dataclass takes.
        bounds: Gives the limits of a field, as pydantic names them.
    """
    hints = get_type_hints(settings)
    made: dict[str, Any] = {}
    for option in fields(settings):
        limits: dict[str, Any] = dict(bounds(option))
        if limits:
            limits["allow_inf_nan"] = False
        default = ... if option.default is MISSING else option.default
        made[option.name] = (types.get(option.name, hints[option.name]), pydantic.Field(default, **limits))
    return pydantic.create_model(f"{settings.__name__}Section", __base__=Section, **made)


def read_by(section: type[Section], settings: type[Any]) -> GetPydanticSchema:
    """Make a field that is validated as a section and stored as an object of the settings class."""

    def read(value: Any, read_section: Callable[[Any], Section]) -> Any:
        return value if isinstance(value, settings) else settings(**dict(read_section(value)))

    def schema(_: Any, schema_of: Callable[[Any], CoreSchema]) -> CoreSchema:
        shown = core_schema.plain_serializer_function_ser_schema(asdict)
        return core_schema.no_info_wrap_validator_function(read, schema_of(section), serialization=shown)

    return GetPydanticSchema(schema)


def checked(check: Callable[[Value], Value]) -> Callable[[Value], Value]:
    """Turn a check of another module into a validator: its `UsageError` becomes an error of the configuration."""

    def validate(value: Value) -> Value:
        try:
            return check(value)
        except UsageError as error:
            raise wrong(error.found, error.expected or "") from None

    return validate


def _detector_limits(option: "Field[Any]") -> Mapping[str, float]:
    limits = limits_of(option)
    return {} if limits is None else {"ge": limits[0], "le": limits[1]}


def _checked_option(name: str) -> Callable[[Any], Any]:
    """The check that `DetectorSettings` makes of one of its fields."""
    return checked(lambda value: getattr(DetectorSettings(**{name: value}), name))


DecisionSection = section_from(DecisionSettings, {}, bounds_of)
Polygon = Annotated[tuple[Point, ...], BeforeValidator(percent_as_fraction), AfterValidator(checked(check_polygon))]
ZoneSection = section_from(Zone, {"name": Name, "polygon": Polygon}, bounds_of)
Points = Annotated[tuple[Point, ...], BeforeValidator(percent_as_fraction), AfterValidator(checked(check_line))]
LineSection = section_from(Line, {"name": Name, "points": Points}, bounds_of)
DecisionField = Annotated[DecisionSettings, read_by(DecisionSection, DecisionSettings)]
ZoneField = Annotated[Zone, read_by(ZoneSection, Zone)]
LineField = Annotated[Line, read_by(LineSection, Line)]

if TYPE_CHECKING:

    class DetectorSection(Section):
        """The fields of `DetectorSettings`; `WatchConfig.detector` gives them with their types."""

else:
    DetectorSection = section_from(
        DetectorSettings,
        {
            "device": Annotated[str, BeforeValidator(number_as_text)],
            "backend": Annotated[str, AfterValidator(_checked_option("backend"))],
            "tile": Annotated[
                int | str | None, BeforeValidator(lambda value: _checked_option("tile")(switch_as_text(value)))
            ],
            "multiscale": Annotated[
                str, BeforeValidator(lambda value: _checked_option("multiscale")(switch_as_text(value)))
            ],
        },
        _detector_limits,
    )
