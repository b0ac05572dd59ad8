"""Where alerts go, as the configuration tells it."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from detector.monitor.config_file import wrong
from detector.monitor.config_types import Port, Seconds, Section
from detector.monitor.redaction import Address


def _http(url: Address) -> Address:
    expected = "an address that begins with https:// or http://, special characters of a password as %40 and the like"
    try:
        parts = urlsplit(url.get_secret_value())
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
    """Alerts as JSON in an HTTP POST."""

    type: Literal["webhook"]
    url: Annotated[Address, AfterValidator(_http)]
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
    """Alerts as JSON messages on an MQTT topic."""

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


class CommandConfig(Section):
    """A program that is run for each alert, without a shell, with the alert as JSON on its standard input."""

    type: Literal["command"]
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    timeout: Seconds = 30.0


SinkConfig = Annotated[WebhookConfig | EmailConfig | MqttConfig | CommandConfig, Field(discriminator="type")]
