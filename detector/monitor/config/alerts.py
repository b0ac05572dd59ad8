"""The configuration of alerts: when they are raised, and which sinks deliver them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from detector.monitor.config.types import Duration, HoursOfDay, Name, Port, Seconds, Section, parse_duration
from detector.monitor.config.yaml_file import wrong
from detector.people.states import State

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


def _http(url: SecretStr) -> SecretStr:
    expected = "an address that begins with https:// or http://, special characters as %40 and the like"
    text = url.get_secret_value()
    try:
        parts = urlsplit(text)
        if not text.isascii() or not text.isprintable() or " " in text:  # a line end from a file, for instance
            raise ValueError(expected)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError(expected)
    except ValueError:  # also where what should be a port is none
        raise ValueError(expected) from None
    return url


def _header(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.isprintable() or not text.isascii():  # a line end, for instance, from the file the secret was read from
        raise ValueError("a header without line ends and special characters")
    return value


def _mailbox(value: str) -> str:
    if "@" not in value or not value.isprintable():
        raise ValueError("an e-mail address")
    return value


Mailbox = Annotated[str, AfterValidator(_mailbox)]
Header = Annotated[SecretStr, AfterValidator(_header)]


class WebhookConfig(Section):
    """Alerts as JSON in an HTTP POST; many services treat the path of the address as a password."""

    type: Literal["webhook"]
    url: Annotated[SecretStr, AfterValidator(_http)]
    headers: dict[str, Header] = Field(default_factory=dict)
    timeout: Seconds = 5.0
    ca_file: Path | None = None


class EmailConfig(Section):
    """Alerts by e-mail; `ca_file` holds the certificates of a private authority."""

    type: Literal["email"]
    host: str
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: Mailbox
    to: Annotated[tuple[Mailbox, ...], Field(min_length=1)]
    timeout: Seconds = 20.0
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _check(self) -> "EmailConfig":
        if (self.user is None) != (self.password is None):
            raise wrong("one of `user` and `password`", "both, or neither")
        if self.user is not None and self.tls == "none":
            raise wrong("none", "starttls or tls, as the password would travel in the clear", "tls")
        return self


class MqttConfig(Section):
    """Alerts as JSON messages on an MQTT topic; `ca_file` holds the certificates of a private authority."""

    type: Literal["mqtt"]
    host: str
    port: Port = 1883
    topic: Annotated[str, Field(min_length=1, pattern=r"^[^#+\x00]+$")] = "masks/alerts"
    tls: bool = False
    user: str | None = None
    password: SecretStr | None = None
    qos: Literal[0, 1, 2] = 1
    timeout: Seconds = 10.0
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _check(self) -> "MqttConfig":
        if self.password is not None and self.user is None:
            raise wrong("`password` without `user`", "both, or neither")
        return self


class CommandConfig(Section):
    """A program that is run for each alert, without a shell, with the alert as JSON on its standard input."""

    type: Literal["command"]
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    timeout: Seconds = 30.0


SinkConfig = Annotated[WebhookConfig | EmailConfig | MqttConfig | CommandConfig, Field(discriminator="type")]


class RuleConfig(Section):
    """When an alert is raised; all conditions together.

    Attributes:
        state: The states that count for the rule.
        for_seconds: Each person must have been in one of these states for so long without a break.
        people: At least so many such people at the same time; with `share_without`, so many decided people.
        share_without: In place of `state`: this part of the decided people in view wears no mask, for so long.
        hours: Only in these hours of the camera's day.
        weekdays: Only on these days; hours over midnight belong to the day on which they begin.
        cameras: Only on these cameras, by name; None means all.
        camera: In place of `state`: the camera is down for so long, whatever the reason.
    """

    state: Annotated[tuple[State, ...], Field(min_length=1)] = (State.WITHOUT_MASK,)
    for_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 3.0
    people: Annotated[int, Field(ge=1)] = 1
    share_without: Annotated[float, Field(gt=0, le=1)] | None = None
    hours: HoursOfDay | None = None
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    cameras: tuple[str, ...] | None = None
    camera: Literal["down"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _for(cls, data: Any) -> Any:
        """Read `for: 60s` as `for_seconds: 60`."""
        if not isinstance(data, Mapping) or "for" not in data:
            return data
        if "for_seconds" in data:
            raise wrong("`for` and `for_seconds`", "one of them")
        try:
            seconds = parse_duration(data["for"]).total_seconds()
        except ValueError as error:
            raise wrong(repr(data["for"])[:60], str(error), "for") from None
        return {name: value for name, value in data.items() if name != "for"} | {"for_seconds": seconds}

    @model_validator(mode="after")
    def _check(self) -> "RuleConfig":
        if self.camera is not None and (mixed := self.model_fields_set & {"state", "people", "share_without"}):
            raise wrong(f"`camera` and `{min(mixed)}`", "a rule about the camera, or one about people")
        if State.UNDECIDED in self.state:
            raise wrong("undecided", "decided states: an undecided person was not seen well enough", "state")
        if self.share_without is not None and "state" in self.model_fields_set:
            raise wrong("`state` and `share_without`", "one of them", "")
        return self

    def holds_at(self, local: datetime) -> bool:
        """Whether it is a weekday and an hour of the rule, at a time of the camera's clock."""
        day = local.weekday() if self.hours is None else self.hours.weekday_at(local)
        return day is not None and WEEKDAYS[day] in self.weekdays


class AlertConfig(Section):
    """A rule, and the sinks that deliver its alerts.

    Attributes:
        name: What the alert is called.
        when: The rule.
        quiet_seconds: For so long after an alert, this rule raises no other one for the same camera.
        most_a_day: No more are sent on a day of the camera; the others are shown and stored, and one alert at the end
            of the day says how many there were. None: all are sent.
        to: Names of sinks; none: the alert is only shown and stored.
    """

    name: Name
    when: RuleConfig = RuleConfig()
    quiet_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 60.0
    most_a_day: Annotated[int, Field(ge=0)] | None = None
    to: tuple[str, ...] = ()


class DeliveryConfig(Section):
    """How often and when a failed delivery is tried again.

    Attributes:
        attempts: Tries before an alert goes to the dead letters.
        longest_wait: Waits double from one second to this.
        dead_letters: A file of JSON lines; None: beside the store.
    """

    attempts: Annotated[int, Field(ge=1, le=1000)] = 15
    longest_wait: Duration = timedelta(minutes=30)
    dead_letters: Path | None = None
