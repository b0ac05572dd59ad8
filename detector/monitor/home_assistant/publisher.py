"""Publishes the cameras to Home Assistant over MQTT, with a last will that says when this program is gone."""

import json
import logging
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from detector.monitor.alerts.sink import tls_context
from detector.monitor.config.home_assistant import HomeAssistantConfig
from detector.monitor.home_assistant.discovery import (
    OFFLINE,
    ONLINE,
    camera_state,
    discovery,
    discovery_topic,
    state_topic,
)
from detector.people.states import DECIDED, MinuteCount, State

if TYPE_CHECKING:
    from paho.mqtt.client import Client

    from detector.monitor.config.watch import CameraConfig
    from detector.monitor.status import CameraActivity

logger = logging.getLogger(__name__)

_LONGEST_WAIT = 60  # seconds between attempts to connect


class HomeAssistant:
    """The connection to the broker, in a thread of its own, and what was published over it.

    Args:
        config: The broker and the topics.
        cameras: The cameras.
        timezone_of: The time zone of a camera by its name, for its day.

    Raises:
        ConfigError: The certificates cannot be read.
    """

    def __init__(
        self,
        config: HomeAssistantConfig,
        cameras: Iterable["CameraConfig"],
        timezone_of: Callable[[str], tzinfo | None],
    ) -> None:
        self._config, self._cameras, self._today = config, tuple(cameras), _Today(timezone_of)
        self._lock = threading.Lock()
        self._published: dict[str, str] = {}
        self._client = self._make_client()

    def start(self) -> None:
        """Begin to connect; attempts go on until `close`."""
        self._client.connect_async(self._config.host or "", self._config.port)
        self._client.loop_start()

    def add_minute(self, minute: MinuteCount) -> None:
        """Count what was seen in a minute, or in a part of it, for the compliance of the day."""
        with self._lock:
            self._today.add(minute)

    def publish(self, cameras: Iterable["CameraActivity"]) -> None:
        """Publish what has changed of the cameras; returns at once."""
        for camera in cameras:
            name = camera.status.camera
            with self._lock:
                state = camera_state(camera, self._today.compliance(name))
            self._publish(state_topic(self._config.topic, name), json.dumps(state, ensure_ascii=False))

    def close(self) -> None:
        """Say that this program is gone, and disconnect."""
        if self._client.is_connected():
            self._client.publish(self._status_topic, OFFLINE, qos=1, retain=True).wait_for_publish(0.2)
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def _status_topic(self) -> str:
        return f"{self._config.topic}/status"

    def _make_client(self) -> "Client":
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        config = self._config
        client = Client(CallbackAPIVersion.VERSION2)
        client.reconnect_delay_set(1, _LONGEST_WAIT)
        if config.tls:
            client.tls_set_context(tls_context(config.ca_file))
        if config.user is not None:
            client.username_pw_set(config.user, config.password.get_secret_value() if config.password else None)
        client.will_set(self._status_topic, OFFLINE, qos=1, retain=True)
        client.on_connect, client.on_connect_fail = self._on_connect, self._on_connect_fail
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: "Client", _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            logger.warning("home_assistant: the broker refuses the connection (%s)", reason)
            return
        client.subscribe(f"{self._config.discovery_prefix}/status")  # Home Assistant says there that it has started
        self._announce()

    def _on_connect_fail(self, _client: "Client", _userdata: Any) -> None:
        logger.warning("home_assistant: no broker at %s:%d; trying again", self._config.host, self._config.port)

    def _on_message(self, _client: "Client", _userdata: Any, message: Any) -> None:
        if message.payload == ONLINE.encode() and not message.retain:
            self._announce()

    def _announce(self) -> None:
        """Publish the devices and all states, as if nothing had been."""
        for camera in self._cameras:
            topic = discovery_topic(self._config.discovery_prefix, camera.name)
            self._client.publish(topic, json.dumps(discovery(self._config.topic, camera)), qos=1, retain=True)
        self._client.publish(self._status_topic, ONLINE, qos=1, retain=True)
        with self._lock:
            self._published.clear()

    def _publish(self, topic: str, payload: str) -> None:
        with self._lock:
            if not self._client.is_connected() or self._published.get(topic) == payload:
                return
            self._published[topic] = payload
        self._client.publish(topic, payload, qos=1, retain=True)


class _Today:
    """The person-seconds of the present day, by camera and state."""

    def __init__(self, timezone_of: Callable[[str], tzinfo | None]) -> None:
        self._timezone_of = timezone_of
        self._days: dict[str, tuple[date, dict[State, float]]] = {}

    def add(self, minute: MinuteCount) -> None:
        day = minute.minute.astimezone(self._timezone_of(minute.camera)).date()
        known, seconds = self._days.get(minute.camera, (day, {}))
        if day > known:
            seconds = {}
        elif day < known:  # the rest of yesterday's last minute
            return
        for state, more in (minute.seconds or {}).items():
            seconds[state] = seconds.get(state, 0.0) + more
        self._days[minute.camera] = (day, seconds)

    def compliance(self, camera: str) -> float | None:
        """The part of the decided person-seconds with a mask; None where there are none today."""
        day, seconds = self._days.get(camera, (None, {}))
        if day != datetime.now(UTC).astimezone(self._timezone_of(camera)).date():
            return None
        decided = sum(seconds.get(state, 0.0) for state in DECIDED)
        return seconds.get(State.WITH_MASK, 0.0) / decided if decided > 0 else None
