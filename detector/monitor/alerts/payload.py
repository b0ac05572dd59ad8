"""An alert as text and as JSON, the same for every sink."""

import base64
import json
from typing import Any

from detector.people.states import Alert


def to_dict(alert: Alert) -> dict[str, Any]:
    """An alert in plain values, ready for `json.dumps`.

    The time is in ISO 8601 (UTC), the snapshot Base64 of the JPEG, the clip a path on this machine.
    """
    return {
        "id": alert.id,
        "rule": alert.rule,
        "camera": alert.camera,
        "time": alert.time.isoformat(),
        "message": alert.message,
        "people": alert.people,
        "states": {state.value: number for state, number in alert.states.items()},
        "snapshot": None if alert.snapshot is None else base64.b64encode(alert.snapshot).decode("ascii"),
        "clip": alert.clip,
    }


def to_json(alert: Alert) -> bytes:
    """`to_dict` as UTF-8."""
    return json.dumps(to_dict(alert), ensure_ascii=False).encode()
