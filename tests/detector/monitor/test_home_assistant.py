"""Cameras as devices of Home Assistant, over MQTT."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from detector.monitor.cameras.status import CameraState, CameraStatus
from detector.monitor.config.home_assistant import HomeAssistantConfig
from detector.monitor.config.watch import CameraConfig
from detector.monitor.home_assistant.discovery import camera_state, discovery, identifier
from detector.monitor.home_assistant.publisher import HomeAssistant
from detector.monitor.status import CameraActivity
from detector.people.states import Direction, LineCount, MinuteCount, State, count_states
from support.servers import Broker, mqtt_broker, unused_port
from support.waiting import wait_until

NOW = datetime.now(UTC)
PEOPLE = count_states([State.WITH_MASK, State.WITH_MASK, State.WITHOUT_MASK])
DOOR = CameraActivity(CameraStatus("Eingang Süd", CameraState.UP, NOW), 10.0, 0.05, PEOPLE, 9, None, 0, 0)
CAMERA = CameraConfig(source="0", name="Eingang Süd")
SQUARE = ((0, 0), (1, 0), (1, 1), (0, 1))
SHOP = CameraConfig(
    source="0",
    name="shop",
    zones=[{"name": "till", "polygon": SQUARE}, {"name": "poster", "polygon": SQUARE, "count": False}],
    lines=[{"name": "back door", "points": SQUARE[:2]}, {"name": "back_door", "points": SQUARE[:2]}],
)
TOPIC = f"mask-detector/{identifier('Eingang Süd')}"


def minute(with_mask: float, without: float, at: datetime = NOW) -> MinuteCount:
    seconds = dict.fromkeys(State, 0.0) | {State.WITH_MASK: with_mask, State.WITHOUT_MASK: without}
    return MinuteCount("Eingang Süd", at.replace(second=0, microsecond=0), 1, count_states(()), 10, 60, seconds)


@pytest.fixture
def connected() -> Iterator[tuple[HomeAssistant, Broker]]:
    with mqtt_broker(Broker()) as broker:
        home = HomeAssistant(HomeAssistantConfig(host="127.0.0.1", port=broker.port), [CAMERA], lambda _: UTC)
        home.start()
        wait_until(lambda: "mask-detector/status" in broker.retained)
        yield home, broker
        home.close()


def test_a_camera_is_a_device_with_sensors() -> None:
    device = discovery("mask-detector", CAMERA)
    assert device["device"]["name"] == "Eingang Süd"
    assert device["availability"] == [{"topic": "mask-detector/status"}]
    assert device["state_topic"] == TOPIC
    components = device["components"]
    assert sorted(components) == sorted([*State, "compliance_today", "up"])
    assert {component["platform"] for component in components.values()} == {"sensor", "binary_sensor"}
    ids = [component["unique_id"] for component in components.values()]
    assert len(set(ids)) == len(ids)
    state = camera_state(DOOR, 0.5)
    assert all("{{ value_json." + name + " }}" == components[name]["value_template"] for name in components)
    assert set(components) | {"reason"} == set(state)


def test_names_of_cameras_are_different_topics() -> None:
    names = ["door", "door 1", "door-1", "Tür", "T r", "10.0.0.5/live"]
    assert len({identifier(name) for name in names}) == len(names)
    assert identifier("door") == "mask_detector_door"


def test_what_is_not_known_is_null() -> None:
    down = replace(DOOR, status=CameraStatus("Eingang Süd", CameraState.DOWN, NOW, "frozen"))
    state = camera_state(down, None)
    assert (state["up"], state["reason"], state["with_mask"], state["compliance_today"]) == (
        "OFF",
        "frozen",
        None,
        None,
    )
    slow = camera_state(replace(DOOR, known=False, people=count_states([State.UNDECIDED])), None)
    assert (slow["with_mask"], slow["undecided"]) == (None, 1)


def shop(**changed: Any) -> CameraActivity:
    went_in = {(Direction.IN, State.WITH_MASK): 3, (Direction.IN, State.WITHOUT_MASK): 1}
    count = LineCount(went_in | {(Direction.OUT, State.WITH_MASK): 1}, inside=3)
    lines = {"back door": count, "back_door": LineCount()}
    up = CameraStatus("shop", CameraState.UP, NOW)
    return replace(DOOR, **({"status": up, "zones": {"till": PEOPLE}, "lines": lines} | changed))


def test_zones_and_lines_are_sensors_of_what_the_state_says() -> None:
    components = discovery("mask-detector", SHOP)["components"]
    state = camera_state(shop(), None)
    fields = {name: component["name"] for name, component in components.items() if name.startswith(("zone_", "line_"))}
    by_name = {name: state[field] for field, name in fields.items()}
    assert by_name == {
        "In till": 3,
        "back door: in": 4,
        "back door: out": 1,
        "back door: inside": 3,
        "back_door: in": 0,
        "back_door: out": 0,
        "back_door: inside": 0,
    }
    for field in fields:
        assert components[field]["value_template"] == "{{ value_json." + field + " }}"
        assert field.isidentifier() and field.isascii()  # as Jinja wants the names of attributes
        if "json_attributes_template" in components[field]:
            assert components[field]["json_attributes_template"] == "{{ value_json." + field + "_by_state | tojson }}"
            assert sum(state[f"{field}_by_state"].values()) == state[field]
    classes = {components[field]["state_class"] for field, name in fields.items() if name.endswith((": in", ": out"))}
    assert classes == {"total_increasing"}


def test_who_is_in_a_zone_or_inside_a_line_is_not_known_while_the_camera_is_down() -> None:
    state = camera_state(shop(status=CameraStatus("shop", CameraState.DOWN, NOW, "frozen")), None)
    line = next(field for field in state if field.startswith("line_back_door_") and field.endswith("_inside"))
    assert (state["zone_till"], state[line]) == (None, None)
    assert set(state["zone_till_by_state"].values()) == {None}
    assert state[line.replace("_inside", "_in")] == 4  # what was counted stays
    slow = camera_state(shop(known=False, zones={"till": count_states([State.UNDECIDED])}), None)
    assert (slow["zone_till"], slow["zone_till_by_state"]["with_mask"]) == (1, None)


def test_crossings_reach_the_broker() -> None:
    with mqtt_broker(Broker()) as broker:
        home = HomeAssistant(HomeAssistantConfig(host="127.0.0.1", port=broker.port), [SHOP], lambda _: UTC)
        home.start()
        wait_until(lambda: "mask-detector/status" in broker.retained)
        home.publish([shop()])
        topic = "mask-detector/mask_detector_shop"
        wait_until(lambda: topic in broker.retained)
        state = json.loads(broker.retained[topic])
        config = json.loads(broker.retained["homeassistant/device/mask_detector_shop/config"])
        home.close()
    assert config == discovery("mask-detector", SHOP)
    assert state == json.loads(json.dumps(camera_state(shop(), None)))
    assert state["line_back_door_in_by_state"] == dict.fromkeys(State, 0)


def test_states_are_published_when_they_change(connected: tuple[HomeAssistant, Broker]) -> None:
    home, broker = connected
    config_topic = f"homeassistant/device/{identifier('Eingang Süd')}/config"
    wait_until(lambda: config_topic in broker.retained)
    assert json.loads(broker.retained[config_topic]) == discovery("mask-detector", CAMERA)
    assert broker.retained["mask-detector/status"] == b"online"
    home.add_minute(minute(45, 15))
    home.add_minute(minute(30, 10, NOW - timedelta(days=1)))  # yesterday does not count
    home.publish([DOOR])
    home.publish([DOOR])
    home.publish([replace(DOOR, people=count_states(()))])

    def published() -> list[Any]:
        return [json.loads(data) for topic, data in broker.published if topic == TOPIC]

    wait_until(lambda: len(published()) == 2)
    assert published()[0] == {
        "with_mask": 2,
        "without_mask": 1,
        "mask_worn_incorrectly": 0,
        "undecided": 0,
        "compliance_today": 75.0,
        "up": "ON",
        "reason": None,
    }


def test_it_says_that_it_is_gone(connected: tuple[HomeAssistant, Broker]) -> None:
    home, broker = connected
    home.close()
    wait_until(lambda: broker.retained["mask-detector/status"] == b"offline")


def test_after_a_kill_the_broker_says_it(connected: tuple[HomeAssistant, Broker]) -> None:
    home, broker = connected
    connection = home._client.socket()
    assert connection is not None
    connection.shutdown(socket.SHUT_RDWR)  # without a word
    wait_until(lambda: ("mask-detector/status", b"offline") in broker.published)
    wait_until(lambda: broker.retained["mask-detector/status"] == b"online")  # it comes back by itself


def test_when_home_assistant_starts_all_is_said_again(connected: tuple[HomeAssistant, Broker]) -> None:
    home, broker = connected
    home.publish([DOOR])
    wait_until(lambda: TOPIC in broker.retained)
    count = len(broker.published)
    broker.send("homeassistant/status", b"online")
    wait_until(lambda: len(broker.published) >= count + 2)
    home.publish([DOOR])
    wait_until(lambda: sum(topic == TOPIC for topic, _ in broker.published) == 2)


def test_a_broker_that_is_not_there_hinders_nothing() -> None:
    home = HomeAssistant(HomeAssistantConfig(host="127.0.0.1", port=unused_port()), [CAMERA], lambda _: UTC)
    home.start()
    home.publish([DOOR])
    home.close()
