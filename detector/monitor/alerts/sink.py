"""What a sink of alerts is."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import SecretStr

from detector.errors import MaskDetectorError
from detector.monitor.states import Alert


class DeliveryError(MaskDetectorError):
    """A sink did not take an alert.

    Args:
        sink: Name of the sink.
        found: What happened; without secrets.
        expected: What to do about it.
        permanent: Trying again is of no use.
    """

    def __init__(self, sink: str, found: str, expected: str | None = None, *, permanent: bool = False) -> None:
        super().__init__(sink, found, expected)
        self.permanent = permanent


class Sink(Protocol):
    """Something that takes alerts, one at a time, from a thread of its own.

    Attributes:
        name: As in the configuration.
        secrets: What must not be read in logs.
    """

    name: str
    secrets: Sequence[SecretStr]

    def send(self, alert: Alert) -> None:
        """Hand over an alert; returns when it was taken.

        It may be called again with the same alert (the same `id`): after a failure, or when the program was killed
        before it could note the success.

        Raises:
            DeliveryError: It was not taken.
        """
