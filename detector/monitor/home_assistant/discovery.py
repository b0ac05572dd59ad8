"""What Home Assistant is told by MQTT discovery, and the states that it reads.

The fields are those of https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery (devices with components, since
Home Assistant 2024.11).
"""

import hashlib
import re
from typing import Any

from detector import __version__
from detector.monitor.cameras.status import CameraState
from detector.monitor.config.watch import CameraConfig
from detector.monitor.status import CameraActivity
from detector.people.states import Direction, State

ONLINE, OFFLINE = "online", "offline"
_NAMES = {
    State.WITH_MASK: "With mask",
    State.WITHOUT_MASK: "Without mask",
    State.MASK_WORN_INCORRECTLY: "Mask worn incorrectly",
    State.UNDECIDED: "Undecided",
}


def identifier(camera: str) -> str:
    """An id for topics, of letters, digits, _ and - only, and different for different cameras."""
    return f"mask_detector_{_plain(camera, '_-')}"


def discovery_topic(prefix: str, camera: str) -> str:
    """Where Home Assistant looks for the device of a camera."""
    return f"{prefix}/device/{identifier(camera)}/config"


def state_topic(topic: str, camera: str) -> str:
    """Where the state of a camera is published."""
    return f"{topic}/{identifier(camera)}"


def discovery(topic: str, camera: CameraConfig) -> dict[str, Any]:
    """The device of a camera, with its entities.

    Args:
        topic: The first part of this program's topics.
        camera: The camera.
    """
    own, states = identifier(camera.name), state_topic(topic, camera.name)
    counts = {state.value: _sensor(own, state.value, name) for state, name in _NAMES.items()}
    percent = {"unit_of_measurement": "%", "suggested_display_precision": 0}
    return {
        "device": {
            "identifiers": [own],
            "name": camera.name,
            "manufacturer": "mask-detector",
            "sw_version": __version__,
        },
        "origin": {"name": "mask-detector", "sw_version": __version__},
        "availability": [{"topic": f"{topic}/status"}],
        "state_topic": states,
        "components": {
            **counts,
            **_places(own, states, camera),
            "compliance_today": _sensor(own, "compliance_today", "Time with mask today") | percent,
            "up": {
                "platform": "binary_sensor",
                "unique_id": f"{own}_up",
                "name": "Camera",
                "device_class": "connectivity",
                "value_template": "{{ value_json.up }}",
                "json_attributes_topic": states,
                "json_attributes_template": "{{ {'reason': value_json.reason} | tojson }}",
            },
        },
    }


def camera_state(camera: CameraActivity, compliance: float | None) -> dict[str, Any]:
    """The state of a camera.

    Args:
        camera: The camera.
        compliance: The part of person-seconds with a mask today, 0 to 1; None where it is not known.
    """
    up = camera.status.state is CameraState.UP
    shown = {state for state in State if up and (camera.known or state is State.UNDECIDED)}
    counts = {state.value: camera.people[state] if state in shown else None for state in State}
    percent = None if compliance is None else round(100 * compliance, 1)
    return {
        **counts,
        **_place_states(camera, shown),
        "compliance_today": percent,
        "up": "ON" if up else "OFF",
        "reason": camera.status.reason,
    }


def _places(own: str, states: str, camera: CameraConfig) -> dict[str, Any]:
    """Sensors for the people in zones, and for those who have crossed lines or are inside them."""
    sensors = {}
    for zone in camera.counting_zones:
        key = f"zone_{_plain(zone)}"
        sensors[key] = _sensor(own, key, f"In {zone}") | _by_state(states, key)
    for line in (line.name for line in camera.lines):
        key = f"line_{_plain(line)}"
        for direction in Direction:
            field = f"{key}_{direction.value}"
            counter = {"state_class": "total_increasing"}  # a new start of this program begins at zero
            sensors[field] = _sensor(own, field, f"{line}: {direction.value}") | counter | _by_state(states, field)
        sensors[f"{key}_inside"] = _sensor(own, f"{key}_inside", f"{line}: inside")
    return sensors


def _place_states(camera: CameraActivity, shown: set[State]) -> dict[str, Any]:
    """The states of what `_places` announces; None for what is not known."""
    fields: dict[str, Any] = {}
    for zone, counts in camera.zones.items():
        key = f"zone_{_plain(zone)}"
        fields[key] = sum(counts.values()) if shown else None
        fields[f"{key}_by_state"] = {state.value: counts[state] if state in shown else None for state in State}
    for line, count in camera.lines.items():
        key = f"line_{_plain(line)}"
        for direction in Direction:
            fields[f"{key}_{direction.value}"] = count.total(direction)
            fields[f"{key}_{direction.value}_by_state"] = count.by_state(direction)
        fields[f"{key}_inside"] = count.inside if shown else None
    return fields


def _plain(name: str, others: str = "_") -> str:
    """A name in letters, digits and these other characters only, and different for different names."""
    plain = re.sub(f"[^a-zA-Z0-9{others}]+", "_", name).strip("_")
    return plain if plain == name else f"{plain}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def _by_state(topic: str, field: str) -> dict[str, str]:
    """The numbers by state, as attributes of a sensor."""
    template = "{{ value_json." + field + "_by_state | tojson }}"
    return {"json_attributes_topic": topic, "json_attributes_template": template}


def _sensor(own: str, field: str, name: str) -> dict[str, Any]:
    return {
        "platform": "sensor",
        "unique_id": f"{own}_{field}",
        "name": name,
        "state_class": "measurement",
        # An empty value would be no number: Home Assistant shows "unknown" for None.
        "value_template": "{{ value_json." + field + " }}",
    }
