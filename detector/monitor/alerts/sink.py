"""The base class of sinks of alerts."""

import ssl
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from detector.errors import ConfigError
from detector.people.states import Alert


class AlertSink(ABC):
    """Delivers alerts, one at a time, in a thread of its own.

    Attributes:
        name: As in the configuration.
        secrets: Texts to remove from logs.
    """

    name: str
    secrets: Sequence[SecretStr]

    @abstractmethod
    def send(self, alert: Alert) -> None:
        """Deliver an alert; returns when that is done.

        It may be called again with the same alert (the same `id`): after a failure, or when the program was killed
        before it could record the success.

        Raises:
            DeliveryError: It could not be delivered.
        """

    def close(self) -> None:  # noqa: B027 (most have nothing to do)
        """Cancel a delivery, at the end of the program; called from another thread."""


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Make a TLS context that verifies certificates and host names, by a file of authorities or those of the machine.

    Raises:
        ConfigError: The file cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(str(ca_file), f"cannot be read ({error.strerror})", "certificates in PEM format") from error
