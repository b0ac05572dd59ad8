"""What Home Assistant is told by MQTT discovery, and the states that it reads.

The fields are those of https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery (devices with components, since
Home Assistant 2024.11).
"""

import hashlib
import re
from typing import Any

from detector import __version__
from detector.monitor.cameras.camera import CameraState
from detector.monitor.status import CameraActivity
from detector.people.states import State

ONLINE, OFFLINE = "online", "offline"
_NAMES = {
    State.WITH_MASK: "With mask",
    State.WITHOUT_MASK: "Without mask",
    State.MASK_WORN_INCORRECTLY: "Mask worn incorrectly",
    State.UNDECIDED: "Undecided",
}


def identifier(camera: str) -> str:
    """An id for topics, of letters, digits, _ and - only, and different for different cameras."""
    plain = re.sub(r"[^a-zA-Z0-9_-]+", "_", camera).strip("_")
    digest = hashlib.sha256(camera.encode()).hexdigest()[:6]
    return f"mask_detector_{plain}_{digest}" if plain != camera else f"mask_detector_{plain}"


def discovery_topic(prefix: str, camera: str) -> str:
    """Where Home Assistant looks for the device of a camera."""
    return f"{prefix}/device/{identifier(camera)}/config"


def state_topic(topic: str, camera: str) -> str:
    """Where the state of a camera is published."""
    return f"{topic}/{identifier(camera)}"


def discovery(topic: str, camera: str) -> dict[str, Any]:
    """The device of a camera, with its entities.

    Args:
        topic: The first part of this program's topics.
        camera: Its name.
    """
    own = identifier(camera)
    counts = {state.value: _sensor(own, state.value, name) for state, name in _NAMES.items()}
    percent = {"unit_of_measurement": "%", "suggested_display_precision": 0}
    return {
        "device": {"identifiers": [own], "name": camera, "manufacturer": "mask-detector", "sw_version": __version__},
        "origin": {"name": "mask-detector", "sw_version": __version__},
        "availability": [{"topic": f"{topic}/status"}],
        "state_topic": state_topic(topic, camera),
        "components": {
            **counts,
            "compliance_today": _sensor(own, "compliance_today", "Time with mask today") | percent,
            "up": {
                "platform": "binary_sensor",
                "unique_id": f"{own}_up",
                "name": "Camera",
                "device_class": "connectivity",
                "value_template": "{{ value_json.up }}",
                "json_attributes_topic": state_topic(topic, camera),
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
    return counts | {"compliance_today": percent, "up": "ON" if up else "OFF", "reason": camera.status.reason}


def _sensor(own: str, field: str, name: str) -> dict[str, Any]:
    return {
        "platform": "sensor",
        "unique_id": f"{own}_{field}",
        "name": name,
        "state_class": "measurement",
        # An empty value would be no number: Home Assistant shows "unknown" for None.
        "value_template": "{{ value_json." + field + " }}",
    }
