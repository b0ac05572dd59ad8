"""The configuration of `detector watch`, read from YAML and validated."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from detector.errors import ConfigError
from detector.monitor.config.alerts import (
    AlertConfig,
    CommandConfig,
    DeliveryConfig,
    EmailConfig,
    MqttConfig,
    RuleConfig,
    SinkConfig,
    WebhookConfig,
)
from detector.monitor.config.home_assistant import HomeAssistantConfig
from detector.monitor.config.redaction import HIDDEN, Address, redacted, scrub
from detector.monitor.config.sections import (
    DecisionField,
    DetectorSection,
    LineField,
    Polygon,
    ZoneField,
    switch_as_text,
)
from detector.monitor.config.types import (
    CameraAddress,
    Duration,
    Name,
    Port,
    Seconds,
    Section,
    TimeZone,
    ViewAddress,
)
from detector.monitor.config.video import ClipsConfig, RecordConfig
from detector.monitor.config.yaml_file import explain, merged, read_config, substitute, wrong
from detector.people.settings import DecisionSettings
from detector.settings import DetectorSettings

__all__ = [
    "AlertConfig",
    "CameraConfig",
    "ClipsConfig",
    "CommandConfig",
    "ConfigError",
    "DeliveryConfig",
    "EmailConfig",
    "HomeAssistantConfig",
    "MqttConfig",
    "RecordConfig",
    "RuleConfig",
    "SinkConfig",
    "StoreConfig",
    "WatchConfig",
    "WebhookConfig",
    "config_from_sources",
    "load_config",
    "redacted",
]

_COMMAND_LINE = "command line"
_NO_VIEW = "none with `snapshots: blur` or --blur: faces are found in `source`, which may be ahead of it or behind"


def _database(url: Address) -> Address:
    path = url.get_secret_value()
    return url if "://" in path else Address(f"sqlite:///{path}")


class CameraConfig(Section):
    """One camera.

    Attributes:
        source: A camera number, an RTSP or HTTP address (of a stream or a picture), or a video file; prints without
            credentials.
        name: By default the source without credentials.
        view: The address of a second stream of the same camera, usually a larger one, which the live view of
            `detector serve --watch` shows; it is never looked at by the network. None: the live view shows `source`.
        fps: Process at most so many frames a second, 0.5 or more: people cannot be followed with less. None: all.
        motion: "auto": of a live camera, look at the part of the picture that moves, and at the whole every few
            seconds; "off": look at all of every frame.
        zones: Where faces count; none: everywhere.
        lines: Who crosses them is counted, in and out.
        timezone: For the hours of alerts; None is that of the whole configuration.
        rotate: Turn the picture clockwise by so many degrees.
        gamma: Brighten (above 1) or darken (below 1) the picture; None: as it is.
        masks: Polygons of the turned picture that become black: they are never looked at, shown or stored.
        frozen_seconds: The same picture for so long means that the camera is down; None: never.
        covered_seconds: A black picture, or one without details, for so long means that it is down; None: never.
        upside_down_seconds: Faces found only in the turned picture for so long mean that it is down; None: never.
    """

    source: CameraAddress
    name: Name = ""
    view: ViewAddress | None = None
    fps: Annotated[float, Field(ge=0.5, allow_inf_nan=False)] | None = 10.0
    motion: Annotated[Literal["auto", "off"], BeforeValidator(switch_as_text)] = "auto"
    zones: tuple[ZoneField, ...] = ()
    lines: tuple[LineField, ...] = ()
    timezone: TimeZone | None = None
    rotate: Literal[0, 90, 180, 270] = 0
    gamma: Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)] | None = None
    masks: tuple[Polygon, ...] = ()
    frozen_seconds: Seconds | None = 60.0
    covered_seconds: Seconds | None = 10.0
    upside_down_seconds: Seconds | None = 300.0

    @property
    def counting_zones(self) -> tuple[str, ...]:
        """The names of the zones in which people count, each once."""
        return tuple(dict.fromkeys(zone.name for zone in self.zones if zone.count))


class StoreConfig(Section):
    """Where events are kept.

    Attributes:
        url: A database as SQLAlchemy names it, or the path of an SQLite file; prints without credentials.
        keep: Older rows are deleted; None keeps all.
        snapshots: Small pictures of faces: "off", "on", or "blur" for blurred ones.
    """

    url: Annotated[Address, Field(min_length=1), AfterValidator(_database)] = Address("sqlite:///events.db")
    keep: Duration | None = timedelta(days=30)
    snapshots: Annotated[Literal["off", "on", "blur"], BeforeValidator(switch_as_text)] = "off"


class PrometheusConfig(Section):
    """Where Prometheus reads metrics: nowhere without a port."""

    port: Port | None = None
    host: str = "127.0.0.1"


class WatchConfig(DetectorSection):
    """All settings of `detector watch`.

    Its fields are those of `DetectorSettings`, and those below. Relative paths start from the working folder.
    """

    cameras: Annotated[tuple[CameraConfig, ...], Field(min_length=1)]
    timezone: TimeZone | None = None
    votes: DecisionField = DecisionSettings()
    store: StoreConfig = StoreConfig()
    alerts: tuple[AlertConfig, ...] = ()
    sinks: dict[str, SinkConfig] = Field(default_factory=dict)
    delivery: DeliveryConfig = DeliveryConfig()
    metrics: PrometheusConfig = PrometheusConfig()
    record: RecordConfig = RecordConfig()
    clips: ClipsConfig = ClipsConfig()
    home_assistant: HomeAssistantConfig = HomeAssistantConfig()

    _secrets: tuple[SecretStr, ...] = PrivateAttr(default=())

    @model_validator(mode="before")
    @classmethod
    def _name_cameras(cls, data: Any, info: ValidationInfo) -> Any:
        """Give cameras without a name that of their source, numbered where several would be called the same."""
        cameras = data.get("cameras") if isinstance(data, Mapping) else None
        if not isinstance(cameras, list | tuple):
            return data
        names = (camera.get("name") for camera in cameras if isinstance(camera, Mapping))
        taken = {name for name in names if isinstance(name, str)}  # a list is refused later, and cannot be hashed
        named = []
        for camera in cameras:
            if isinstance(camera, Mapping) and not camera.get("name") and camera.get("source") is not None:
                base = name = _name_of(camera["source"], info.context or ())
                for number in range(2, len(cameras) + 2):
                    if name not in taken:
                        break
                    name = f"{base}-{number}"
                taken.add(name)
                camera = {**camera, "name": name}
            named.append(camera)
        return {**data, "cameras": named}

    @model_validator(mode="after")
    def _check_references(self) -> "WatchConfig":
        _refuse_duplicates("cameras", [camera.name for camera in self.cameras])
        _refuse_duplicates("alerts", [alert.name for alert in self.alerts])
        for i, camera in enumerate(self.cameras):
            _refuse_duplicates(f"cameras[{i}].lines", [line.name for line in camera.lines])
            if camera.view is not None and self.store.snapshots == "blur":  # faces are known in another stream only
                raise wrong("an address, although faces are to be blurred", _NO_VIEW, f"cameras[{i}].view")
        if self.clips.folder is not None and self.clips.folder == self.record.folder:
            raise wrong("that of `record` too", "another folder", "clips.folder")
        cameras = [camera.name for camera in self.cameras]
        for i, alert in enumerate(self.alerts):
            _refuse_unknown(f"alerts[{i}].to", alert.to, "sink", list(self.sinks))
            _refuse_unknown(f"alerts[{i}].when.cameras", alert.when.cameras or (), "camera", cameras)
        return self

    @property
    def detector(self) -> DetectorSettings:
        """The settings of the detector."""
        return DetectorSettings(**{option.name: getattr(self, option.name) for option in fields(DetectorSettings)})

    def timezone_of(self, camera: str) -> tzinfo | None:
        """The time zone of a camera by its name, for `datetime.astimezone`; None stands for that of the machine."""
        own = next((c.timezone for c in self.cameras if c.name == camera), None)
        zone = own or self.timezone
        return ZoneInfo(zone) if zone else None

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """The values of environment variables, which must not be printed; for `scrub`."""
        return self._secrets

    @property
    def dead_letters(self) -> Path:
        """The file for alerts that could not be delivered: as configured, or beside the store."""
        if self.delivery.dead_letters is not None:
            return self.delivery.dead_letters
        kind, _, place = self.store.url.get_secret_value().partition(":///")
        file = place.partition("?")[0]
        if kind.startswith("sqlite") and file not in ("", ":memory:"):
            return Path(file).with_suffix(".dead-letters.jsonl")
        return Path("dead-letters.jsonl")


def load_config(path: str | Path, overrides: Mapping[str, Any] | None = None) -> WatchConfig:
    """Read a YAML file.

    Args:
        path: The file.
        overrides: Settings of the command line that replace those of the file, in the same structure:
            `{"store": {"keep": "7d"}}`.

    Raises:
        ConfigError: Something in it is not as it should be; the message names the file, the field, what was found and
            what was expected, and repeats no secret.
    """
    return _validated(merged(read_config(Path(path)), overrides or {}), path)


def config_from_sources(sources: Sequence[str], overrides: Mapping[str, Any] | None = None) -> WatchConfig:
    """A configuration for sources given on the command line, with the default of everything else.

    Args:
        sources: Camera numbers, addresses and video files.
        overrides: Other settings, in the structure of the YAML file.

    Raises:
        ConfigError: There is no source, or a setting is not as it should be.
    """
    cameras = [{"source": source} for source in sources]
    return _validated(merged({"cameras": cameras}, overrides or {}), _COMMAND_LINE)


def _validated(raw: dict[str, Any], subject: str | Path) -> WatchConfig:
    used: set[str] = set()
    try:
        config = WatchConfig.model_validate(substitute(raw, subject, used), context=used)
    except ValidationError as error:
        raise explain(error, subject, raw) from None  # the chained exception would show the values of variables
    config._secrets = tuple(map(SecretStr, sorted(used)))
    return config


def _name_of(source: Any, secrets: Iterable[str]) -> str:
    text = str(source)
    if text.isdecimal():
        return f"camera {text}"
    scheme, mark, address = redacted(text).partition("://")
    address = scrub(address, secrets)  # one may be in the path
    name = address.partition("?")[0].rstrip("/") if mark else Path(scheme).name
    return name[:100] if name not in ("", HIDDEN) else "camera"


def _refuse_duplicates(at: str, names: Sequence[str]) -> None:
    for name, number in Counter(names).items():
        if number > 1:
            raise wrong(f"{number} are called {name!r}", "different names", at)


def _refuse_unknown(at: str, names: Iterable[str], what: str, known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            choice = f"one of {', '.join(known)}" if known else f"a {what} that is defined below `{what}s`"
            raise wrong(f"there is no {what} {name!r}", choice, at)
