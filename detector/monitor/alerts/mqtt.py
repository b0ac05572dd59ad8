"""Publishes alerts as JSON messages on an MQTT topic."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from detector.errors import DeliveryError
from detector.monitor.alerts.payload import to_json
from detector.monitor.alerts.sink import AlertSink, tls_context
from detector.monitor.config.watch import MqttConfig
from detector.people.states import Alert

if TYPE_CHECKING:
    from paho.mqtt.client import Client


class MqttSink(AlertSink):
    """Publishes alerts. With a quality of service of 1 or 2, an alert is delivered when the broker has confirmed it.

    It connects for every alert: they are rare, and a connection that is kept open may be dead when it is needed.

    Args:
        name: As in the configuration.
        config: The broker and the topic.
    """

    def __init__(self, name: str, config: MqttConfig) -> None:
        self.name, self._config = name, config
        self.secrets: Sequence[SecretStr] = [config.password] if config.password else []
        self._context = tls_context(config.ca_file) if config.tls else None

    def send(self, alert: Alert) -> None:
        """See `AlertSink`."""
        client = self._client()
        answered, refusal = threading.Event(), []

        def on_connect(_client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            if reason.is_failure:
                refusal.append(str(reason))
            answered.set()

        client.on_connect = on_connect
        try:
            client.connect(self._config.host, self._config.port)
            client.loop_start()
            if not answered.wait(self._config.timeout):
                raise DeliveryError(self.name, f"no answer within {self._config.timeout:g} s")
            if refusal:
                raise DeliveryError(self.name, f"connection refused ({refusal[0]})")
            message = client.publish(self._config.topic, to_json(alert), self._config.qos)
            message.wait_for_publish(self._config.timeout)
            if not message.is_published():
                raise DeliveryError(self.name, f"not confirmed within {self._config.timeout:g} s")
        except TimeoutError:
            raise DeliveryError(self.name, f"no answer within {self._config.timeout:g} s") from None
        except (OSError, RuntimeError, ValueError) as error:
            raise DeliveryError(self.name, f"not reached ({getattr(error, 'strerror', None) or error})") from None
        finally:
            client.disconnect()
            client.loop_stop()

    def _client(self) -> "Client":
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        config = self._config
        client = Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        client.connect_timeout = config.timeout
        if self._context is not None:
            client.tls_set_context(self._context)
        if config.user is not None:
            client.username_pw_set(config.user, config.password.get_secret_value() if config.password else None)
        return client
