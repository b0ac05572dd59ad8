"""What a sink of alerts is."""

import ssl
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from detector.errors import ConfigError
from detector.people.states import Alert


class AlertSink(ABC):
    """Something that takes alerts, one at a time, from a thread of its own.

    Attributes:
        name: As in the configuration.
        secrets: What must not be read in logs.
    """

    name: str
    secrets: Sequence[SecretStr]

    @abstractmethod
    def send(self, alert: Alert) -> None:
        """Hand over an alert; returns when it was taken.

        It may be called again with the same alert (the same `id`): after a failure, or when the program was killed
        before it could note the success.

        Raises:
            DeliveryError: It was not taken.
        """

    def close(self) -> None:  # noqa: B027 (most have nothing to do)
        """Give up what is being sent, as the program ends; called from another thread."""


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verifies certificates and host names, against a file of authorities or those of the machine.

    Raises:
        ConfigError: The file cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(str(ca_file), f"cannot be read ({error.strerror})", "certificates in PEM format") from error
