"""The configuration of the connection to Home Assistant."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from detector.monitor.config.types import Port, Section
from detector.monitor.config.yaml_file import wrong

_Topic = Annotated[str, Field(min_length=1, pattern=r"^[^#+\x00/][^#+\x00]*[^#+\x00/]$")]


class HomeAssistantConfig(Section):
    """Cameras as devices of Home Assistant, by MQTT discovery: nowhere without a host.

    Attributes:
        host: The MQTT broker that Home Assistant uses.
        port: Its port.
        tls: Encrypt the connection.
        user: For the broker.
        password: For the broker.
        ca_file: The certificates of a private authority.
        discovery_prefix: As in Home Assistant.
        topic: The first part of the topics with states.
    """

    host: str | None = None
    port: Port = 1883
    tls: bool = False
    user: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    discovery_prefix: _Topic = "homeassistant"
    topic: _Topic = "mask-detector"

    @model_validator(mode="after")
    def _check(self) -> "HomeAssistantConfig":
        if self.password is not None and self.user is None:
            raise wrong("`password` without `user`", "both, or neither")
        return self
