import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from detector.errors import ConfigError, MaskDetectorError
from detector.monitor.config.sections import DecisionSection, LineSection, ZoneSection
from detector.monitor.config.types import Section
from detector.monitor.config.watch import (
    AlertConfig,
    CameraConfig,
    ClipsConfig,
    CommandConfig,
    DeliveryConfig,
    EmailConfig,
    HomeAssistantConfig,
    MqttConfig,
    PrometheusConfig,
    RecordConfig,
    RuleConfig,
    StoreConfig,
    WatchConfig,
    WebhookConfig,
    config_from_sources,
    load_config,
)
from detector.people.states import State
from detector.settings import DetectorSettings
from support.paths import ROOT

FULL = """
timezone: Europe/Berlin
cameras:
  - name: entrance
    source: rtsp://user:${CAM_PASSWORD}@10.0.0.5/stream
    fps: 10
    timezone: Asia/Tokyo
    zones:
      - {name: door, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]], count: true}
      - {name: poster, polygon: [[10, 10], [90, 10], [50, 60]], count: false}
  - source: 0
  - {source: clip.mp4, fps: null}
weights: null
conf: 0.25
imgsz: null
tile: off
votes: {first_seconds: 0.8, share: 0.7, change_seconds: 2.0, min_face: 16}
store: {url: "sqlite:///data/events.db", keep: 12h, snapshots: off}
alerts:
  - name: no mask at the entrance
    when: {state: [without_mask], for_seconds: 3, people: 1, share_without: null, hours: 08:00-18:00,
           weekdays: [mon, tue], cameras: [entrance]}
    quiet_seconds: 60
    to: [ops, script]
sinks:
  ops: {type: webhook, url: "https://example.org/hook", headers: {Authorization: "Bearer ${TOKEN}"}, timeout: 5}
  mail: {type: email, host: mx, tls: starttls, user: me, password: "${TOKEN}", sender: a@b.c, to: [d@e.f]}
  bus: {type: mqtt, host: broker, topic: masks/alerts, tls: true, qos: 1}
  script: {type: command, command: [notify, "{rule}", "$${HOME}"]}
metrics: {port: 9000}
record: {folder: out, minutes: 5, keep: 90s}
"""


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAM_PASSWORD", "geheim-cam")
    monkeypatch.setenv("TOKEN", "geheim-token")


def load(tmp_path: Path, text: str, **overrides: Any) -> WatchConfig:
    path = tmp_path / "watch.yaml"
    path.write_text(text)
    return load_config(path, overrides)


def message(tmp_path: Path, **overrides: Any) -> str:
    """The error that a setting of the full configuration leads to, without the path of the file and the lines."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, FULL, **overrides)
    return re.sub(rf"^{re.escape(str(tmp_path / 'watch.yaml'))}:\d+: ", "", str(caught.value), flags=re.MULTILINE)


@pytest.mark.usefixtures("secrets")
def test_a_full_configuration_is_read(tmp_path: Path) -> None:
    config = load(tmp_path, FULL)
    assert [camera.name for camera in config.cameras] == ["entrance", "camera 0", "clip.mp4"]
    assert config.cameras[0].source.get_secret_value() == "rtsp://user:geheim-cam@10.0.0.5/stream"
    assert [camera.fps for camera in config.cameras] == [10, 10, None]
    assert config.detector.tile is None
    assert config.store.keep == timedelta(hours=12)
    assert config.store.snapshots == "off"
    assert config.record.keep == timedelta(seconds=90)
    assert config.dead_letters == Path("data/events.dead-letters.jsonl")
    assert config.alerts[0].when.state == (State.WITHOUT_MASK,)
    assert config.sinks["ops"].headers["Authorization"].get_secret_value() == "Bearer geheim-token"  # type: ignore[union-attr]
    assert config.sinks["script"].command == ("notify", "{rule}", "${HOME}")  # type: ignore[union-attr]
    assert config.timezone_of("entrance") == ZoneInfo("Asia/Tokyo")
    assert config.timezone_of("clip.mp4") == ZoneInfo("Europe/Berlin")


@pytest.mark.usefixtures("secrets")
def test_secrets_are_not_printed(tmp_path: Path) -> None:
    config = load(tmp_path, FULL)
    for text in (repr(config), str(config), str(config.model_dump())):
        assert "geheim" not in text
        assert "10.0.0.5" in text
    assert "geheim" not in config.model_dump_json()
    assert [secret.get_secret_value() for secret in config.secrets] == ["geheim-cam", "geheim-token"]


def test_every_option_of_the_detector_can_be_set(tmp_path: Path) -> None:
    given = DetectorSettings(
        weights="own.pt",
        conf=0.3,
        iou=0.5,
        imgsz=416,
        device="0",
        backend="torch",
        max_det=50,
        tile=640,
        multiscale="off",
        gamma=1.5,
        trust_weights=True,
        agnostic_nms=False,
    )
    assert all(getattr(given, option.name) != option.default for option in fields(given))
    text = yaml.safe_dump({"cameras": [{"source": 0}], **asdict(given), "device": 0})
    assert load(tmp_path, text).detector == given
    assert load(tmp_path, "cameras: [{source: 0}]").detector == DetectorSettings()


def test_a_secret_in_an_address_is_in_no_name_and_not_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "geheim-token")
    text = """
cameras: [{source: "rtsp://10.0.0.5/${TOKEN}/live"}, {source: "${TOKEN}.mp4"}]
sinks: {ops: {type: webhook, url: "https://hooks.example.com/services/${TOKEN}"}}
"""
    config = load(tmp_path, text)
    assert [camera.name for camera in config.cameras] == ["10.0.0.5/***/live", "geheim-token.mp4"]
    assert "geheim" not in repr(config.sinks)


def test_all_has_a_default_but_the_source(tmp_path: Path) -> None:
    config = load(tmp_path, "cameras: [{source: 0}]")
    assert config == config_from_sources(["0"])
    assert config.cameras[0].name == "camera 0"
    assert config.store.keep == timedelta(days=30)
    assert config.dead_letters == Path("events.dead-letters.jsonl")
    assert config.timezone_of("camera 0") is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no device files of cameras")
def test_the_device_file_of_a_camera_is_that_camera() -> None:
    (camera,) = config_from_sources(["/dev/video97"]).cameras
    assert (camera.source.get_secret_value(), camera.name) == ("97", "video97")


def test_sources_of_the_command_line_get_names_without_credentials_and_all_different() -> None:
    sources = ["0", "rtsp://u:geheim@10.0.0.5/live/", "http://u:p@nvr/v?ch=1", "http://u:p@nvr/v?ch=2", "a/b.mp4"]
    config = config_from_sources(sources, {"store": {"snapshots": "blur"}, "timezone": "UTC"})
    assert [c.name for c in config.cameras] == ["camera 0", "10.0.0.5/live", "nvr/v", "nvr/v-2", "b.mp4"]
    assert [c.source.get_secret_value() for c in config.cameras] == sources
    assert config.store.snapshots == "blur"
    with pytest.raises(ConfigError, match=r"command line: cameras: .*at least 1 item"):
        config_from_sources([])


@pytest.mark.usefixtures("secrets")
def test_settings_of_the_command_line_replace_those_of_the_file(tmp_path: Path) -> None:
    config = load(tmp_path, FULL, store={"keep": "7d"}, conf=0.5)
    assert config.store.keep == timedelta(days=7)
    assert config.store.url.get_secret_value() == "sqlite:///data/events.db"
    assert config.detector.conf == 0.5


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"conf": 3}, "conf: 3; expected a number less than or equal to 1"),
        ({"iou": -0.1}, "iou: -0.1; expected a number greater than or equal to 0"),
        ({"gamma": 20}, "gamma: 20; expected a number less than or equal to 10"),
        ({"max_det": 0}, "max_det: 0; expected a number greater than or equal to 1"),
        ({"agnostic_nms": "maybe"}, "agnostic_nms: 'maybe'; expected a valid boolean"),
        ({"imgsz": 1.5}, "imgsz: 1.5; expected a valid integer"),
        ({"weights": 3}, "weights: 3; expected a text"),
        ({"backend": "tensorflow"}, "backend: 'tensorflow'; expected auto or torch or openvino or onnx"),
        ({"tile": 5}, "tile: 5; expected a number from 32 to 8192"),
        ({"camera": []}, "camera: no such field; expected cameras"),
        ({"store": {"kep": "3d"}}, "store.kep: no such field; expected keep"),
        ({"store": {"keep": 30}}, "store.keep: 30; expected a duration such as 90s, 15m, 12h, 30d or 2w"),
        ({"store": {"keep": "0d"}}, "store.keep: '0d'; expected a duration such as 90s, 15m, 12h, 30d or 2w"),
        ({"store": {"keep": "99999999999d"}}, "store.keep: '99999999999d'; expected a duration such as 90s"),
        ({"store": {"snapshots": "maybe"}}, "store.snapshots: 'maybe'; expected 'off', 'on' or 'blur'"),
        ({"store": {"url": 3}}, "store.url: not as it should be; expected a text"),
        ({"votes": 3}, "votes: 3; expected a mapping of names to values"),
        ({"votes": {"share": 0.5}}, "votes.share: 0.5; expected a number greater than 0.5"),
        ({"tile": "big"}, "tile: 'big'; expected off, auto or a number of pixels"),
        ({"timezone": "Mars/Base"}, "timezone: 'Mars/Base'; expected the name of a time zone such as Europe/Berlin"),
        ({"timezone": "../etc"}, "timezone: '../etc'; expected the name of a time zone such as Europe/Berlin"),
        ({"cameras": []}, "cameras: a list of 0; expected at least 1 item"),
        ({"cameras": 3}, "cameras: 3; expected a list"),
        ({"cameras": [{"name": "a"}]}, "cameras[0].source: missing; expected a value"),
        ({"cameras": [{"source": True}]}, "cameras[0].source: not as it should be; expected a text"),
        ({"cameras": [{"source": 0, "fps": "fast"}]}, "cameras[0].fps: 'fast'; expected a valid number"),
        ({"cameras": [{"source": 0, "fps": float("nan")}]}, "cameras[0].fps: nan; expected "),
        ({"cameras": [{"source": 0, "name": "a\nb"}]}, "cameras[0].name: 'a\\nb'; expected a name of 1 to 100"),
        (
            {"cameras": [{"source": 0, "name": "a"}, {"source": 1, "name": "a"}]},
            "cameras: 2 are called 'a'; expected different names",
        ),
        (
            {"cameras": [{"source": "rtsp://u:${NOT_SET}@h/"}]},
            "cameras[0].source: the environment variable 'NOT_SET' is not set; expected export NOT_SET=...",
        ),
        ({"cameras": [{"source": "${not a name}"}]}, "cameras[0].source: the environment variable 'not a name'"),
        ({"alerts": [{"name": "a", "to": ["ops", "opps"]}]}, "alerts[0].to: there is no sink 'opps'; expected one of"),
        (
            {"alerts": [{"name": "a", "when": {"cameras": ["exit"]}}]},
            "alerts[0].when.cameras: there is no camera 'exit'; expected one of entrance, camera 0, clip.mp4",
        ),
        ({"alerts": [{"name": "a"}, {"name": "a"}]}, "alerts: 2 are called 'a'; expected different names"),
        ({"alerts": [{"name": "a", "when": {"hours": "8-9"}}]}, "alerts[0].when.hours: '8-9'; expected hours such as"),
        (
            {"alerts": [{"name": "a", "when": {"hours": "23:00-25:00"}}]},
            "alerts[0].when.hours: '23:00-25:00'; expected",
        ),
        (
            {"alerts": [{"name": "a", "when": {"state": ["undecided"]}}]},
            "alerts[0].when.state: undecided; expected decided states",
        ),
        (
            {"alerts": [{"name": "a", "when": {"state": ["with_mask"], "share_without": 0.5}}]},
            "alerts[0].when: `state` and `share_without`; expected one of them",
        ),
        ({"sinks": {"mail": {"port": 0}}}, "sinks.mail.port: 0; expected a number greater than or equal to 1"),
        ({"sinks": {"mail": {"tls": "none"}}}, "sinks.mail.tls: none; expected starttls or tls, as the password"),
        ({"sinks": {"mail": {"user": None}}}, "sinks.mail: one of `user` and `password`; expected both, or neither"),
        ({"sinks": {"mail": {"type": "post"}}}, "sinks.mail.type: 'post'; expected one of 'webhook', 'email'"),
        ({"sinks": {"other": {"url": "http://host/"}}}, "sinks.other.type: missing; expected a value"),
        ({"sinks": {"bus": {"password": "geheim"}}}, "sinks.bus: `password` without `user`; expected both, or neither"),
        ({"sinks": None}, "sinks: empty; expected a mapping of names to values"),
        ({"record": {"folder": 3}}, "record.folder: 3; expected a path"),
        ({"cameras": [{"source": "htp://me:geheim@x"}]}, "cameras[0].source: not as it should be; expected a camera"),
        (
            {"cameras": [{"source": 0, "view": "me:geheim@host/main"}]},
            "cameras[0].view: not as it should be; expected an address of rtsp, rtsps, http",
        ),
        (
            {"cameras": [{"source": 0, "view": "rtsp://me:geheim@x/main"}], "store": {"snapshots": "blur"}},
            "cameras[0].view: an address, although faces are to be blurred; expected none with `snapshots: blur`",
        ),
        ({"sinks": {"ops": {"url": "ftp://x"}}}, "sinks.ops.url: not as it should be; expected an address that begins"),
        ({"sinks": {"ops": {"headers": {"X": "a\nb"}}}}, "sinks.ops.headers.X: not as it should be; expected a header"),
        ({"sinks": {"mail": {"to": ["a"]}}}, "sinks.mail.to[0]: 'a'; expected an e-mail address"),
        ({"sinks": {"mail": {"sender": "a@b\nBcc: c@d"}}}, "sinks.mail.sender: 'a@b\\nBcc: c@d'; expected an e-mail"),
        ({"sinks": {"bus": {"topic": "a/#"}}}, "sinks.bus.topic: 'a/#'; expected "),
        ({"metrics": {"port": "${TOKEN}"}}, "metrics.port: '${TOKEN}'; expected a valid integer"),
    ],
)
def test_errors_say_where_what_was_found_and_what_was_expected(
    tmp_path: Path, overrides: dict[str, Any], expected: str
) -> None:
    text = message(tmp_path, **overrides)
    assert text.startswith(expected)
    assert "geheim" not in text


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(
    ("polygon", "expected"),
    [
        ([[0, 0], [1, 1]], "at least 3 points"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], "corners in their order"),
        ([[0, 0], [1, 0], [0.5, 0]], "a polygon with an area"),
        ([[0, 0], [0, 0], [0, 0]], "a polygon with an area"),
        ([[0, 0], [-1, 0], [0, 1]], "coordinates from 0"),
        ([[0, 0], [float("inf"), 0], [0, 1]], "coordinates from 0"),
        ([[0, 0], [1, 0, 3], [0, 1]], "at most 2 items"),
        (
            [[0, 0], [1.2, 0], [1.2, 1], [0, 1]],
            ": 1.2 in it; expected fractions of the picture from 0 to 1, per cent (10%), or",
        ),
        (
            [[0.1, 0.1], [90, 0.1], [0.9, 0.9]],
            ": 90 in it; expected fractions of the picture from 0 to 1, per cent (10%), or",
        ),
        ([[0, 0], ["a", 0], [0, 1]], "a valid number"),
        ([["0%", "0%"], ["120%", "0%"], ["0%", "100%"]], ": 1.2 in it; expected fractions"),
        ([["10%", "10%"], [90, 10], [50, 60]], ": 90 in it; expected fractions"),
    ],
)
def test_polygons_must_be_simple(tmp_path: Path, polygon: list[Any], expected: str) -> None:
    text = message(tmp_path, cameras=[{"source": 0, "zones": [{"polygon": polygon}]}])
    assert text.startswith("cameras[0].zones[0].polygon")
    assert expected in text


def test_polygons_that_are_simple_pass() -> None:
    star = [[0.5, 0], [0.6, 0.4], [1, 0.5], [0.6, 0.6], [0.5, 1], [0.4, 0.6], [0, 0.5], [0.4, 0.4]]
    config_from_sources(["0"], {"cameras": [{"source": 0, "zones": [{"polygon": star}]}]})


def test_polygons_in_per_cent_are_fractions() -> None:
    polygon = [["0%", "10 %"], ["50%", "12.5%"], ["100%", "100%"]]
    config = config_from_sources([], {"cameras": [{"source": 0, "zones": [{"polygon": polygon}]}]})
    assert config.cameras[0].zones[0].polygon == ((0, 0.1), (0.5, 0.125), (1, 1))


@pytest.mark.usefixtures("secrets")
def test_all_that_is_wrong_is_named(tmp_path: Path) -> None:
    cameras = [{"source": 0, "fps": -1, "zones": [{"polygon": [[0, 0]]}]}]
    text = message(tmp_path, cameras=cameras, conf=7)
    assert text.splitlines() == [
        "cameras[0].fps: -1; expected a number greater than or equal to 0.5",
        "cameras[0].zones[0].polygon: a list of 1; expected at least 3 points",
        "conf: 7; expected a number less than or equal to 1",
    ]


def test_errors_name_the_line_of_each_field(tmp_path: Path) -> None:
    text = """# a comment
cameras:
  - source: 0
    fps: -1
  - name: door
alerts:
  - name: a
    when:
      hours: soon
sinks: {ops: {type: webhook, url: "http://host/", timeout: 0}}
conf: ${NOT_A_NUMBER}
"""
    with pytest.raises(ConfigError, match=r"watch.yaml:11: conf: the environment variable 'NOT_A_NUMBER' is not set"):
        load(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text.replace("${NOT_A_NUMBER}", "2"))
    found = [line.removeprefix(f"{tmp_path}/watch.yaml:").split("; ")[0] for line in str(caught.value).splitlines()]
    assert found == [
        "4: cameras[0].fps: -1",
        "5: cameras[1].source: missing",
        "9: alerts[0].when.hours: 'soon'",
        "10: sinks.ops.timeout: 0",
        "11: conf: 2",
    ]


def test_one_text_stands_for_a_list_of_one(tmp_path: Path) -> None:
    text = """
cameras: [{source: 0, name: door}]
alerts: [{name: a, when: {state: mask_worn_incorrectly, weekdays: mon, cameras: door}, to: mail}]
sinks:
  mail: {type: email, host: mx, sender: a@b.c, to: d@e.f}
  script: {type: command, command: notify}
"""
    config = load(tmp_path, text)
    (alert,) = config.alerts
    assert (alert.to, alert.when.cameras, alert.when.weekdays) == (("mail",), ("door",), ("mon",))
    assert alert.when.state == (State.MASK_WORN_INCORRECTLY,)
    assert config.sinks["mail"].to == ("d@e.f",)  # type: ignore[union-attr]
    assert config.sinks["script"].command == ("notify",)  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match=r"alerts\[0\].when.weekdays\[0\]: 'monday'|weekdays: 'monday'"):
        load(tmp_path, text.replace("weekdays: mon", "weekdays: monday"))


def test_a_rule_may_be_about_the_camera(tmp_path: Path) -> None:
    rule = load(tmp_path, "cameras: [{source: 0}]\nalerts: [{name: a, when: {camera: down, for: 2m}}]").alerts[0].when
    assert (rule.camera, rule.for_seconds) == ("down", 120)
    for when, expected in {
        "{camera: down, state: with_mask}": "`camera` and `state`; expected a rule about the camera, or one about",
        "{camera: away}": "when.camera: 'away'; expected 'down'",
        "{for: 3}": "when.for: 3; expected a duration such as 90s",
        "{for: 3s, for_seconds: 3}": "`for` and `for_seconds`; expected one of them",
    }.items():
        with pytest.raises(ConfigError) as caught:
            load(tmp_path, f"cameras: [{{source: 0}}]\nalerts: [{{name: a, when: {when}}}]")
        assert expected in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MaskDetectorError, match=r"nowhere.yaml: no such file; expected a YAML file"):
        load_config(tmp_path / "nowhere.yaml")
    for text, found in {
        "": "an empty file; expected a YAML file with `cameras`",
        "- a": "a YAML list; expected a YAML file with `cameras`",
        "cameras: [{source: rtsp://u:geheim@x, [": "not valid YAML in line ",
        "!!python/object/apply:os.getcwd []": "not valid YAML in line 1",
        "cameras: [{source: 0}]\nalerts: [{name: a}]\nalerts: []": "not valid YAML in line 3, column 1 ('alerts' for",
        "cameras: [{source: 0, fps: 3, fps: 4}]": "not valid YAML in line 1, column 31 ('fps' for the second time)",
        "cameras:\n\t- source: 0": "not valid YAML in line 2, column 1 (found character ",
        "cameras: [{source: 'a\0b'}]": " characters are not allowed)",
        "? [a, b]\n: 1": "not valid YAML in line 1, column 3 (a list as a key)",
        "cameras: [{source: 0, ? {a: geheim} : 1}]": "not valid YAML in line 1, column 25 (a mapping as a key)",
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in pairwise("abcdefgh")): "aliases that stand",
    }.items():
        with pytest.raises(ConfigError) as caught:
            load(tmp_path, text)
        assert found in str(caught.value)
        assert "geheim" not in str(caught.value)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(ConfigError, match=r"not UTF-8 text .*; expected a YAML file"):
        load_config(tmp_path / "binary.yaml")
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load_config(tmp_path)


_ODD_VALUES: list[Any] = [None, True, -1, 1e400, "x", [], [[]], {}, {3: 4}, {None: 1}, {date(2026, 1, 1): 1}, b"x"]
_ODD_VALUES += [date(2026, 1, 1), {"type": []}, {"name": ["a"]}, [{"name": ["a"]}], [{"name": {}, "source": 0}], {1}]


def _with_odd_values(value: Any) -> Iterator[Any]:
    """The value, with every value below it replaced by every odd one, one at a time."""
    yield from _ODD_VALUES
    if isinstance(value, dict):
        yield from ({**value, key: odd} for key in value for odd in _with_odd_values(value[key]))
    if isinstance(value, list):
        yield from ([*value[:i], odd, *value[i + 1 :]] for i in range(len(value)) for odd in _with_odd_values(value[i]))


@pytest.mark.slow
@pytest.mark.usefixtures("secrets")
def test_no_value_of_any_field_is_a_traceback() -> None:
    for raw in _with_odd_values(yaml.safe_load(FULL)):
        if isinstance(raw, dict) and raw.get("cameras"):
            try:
                config_from_sources([], raw)
            except ConfigError as error:
                assert "geheim" not in str(error)


def test_secrets_written_into_the_file_are_not_repeated(tmp_path: Path) -> None:
    sink = {"type": "email", "host": "mx", "sender": "a@b.c", "to": ["d@e.f"], "user": "geheim-user"}
    for password in (["geheim"], {"geheim": 1}):
        text = yaml.safe_dump({"cameras": [{"source": 0}], "sinks": {"mail": {**sink, "password": password}}})
        with pytest.raises(ConfigError) as caught:
            load(tmp_path, text)
        assert "sinks.mail.password" in str(caught.value)
        assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "letters"),
    [
        ("data/events.db", "data/events.dead-letters.jsonl"),
        ("/data/events.db", "/data/events.dead-letters.jsonl"),
        ("sqlite:////data/events.db", "/data/events.dead-letters.jsonl"),
        ("postgresql://host/name", "dead-letters.jsonl"),
    ],
)
def test_dead_letters_are_beside_the_store(url: str, letters: str) -> None:
    config = config_from_sources(["0"], {"store": {"url": url}})
    assert config.dead_letters == Path(letters)
    assert config.store.url.get_secret_value() == (url if "://" in url else f"sqlite:///{url}")


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    zone = timezone(timedelta(hours=2))
    friday_night = RuleConfig(hours="22:00-06:00", weekdays=("fri",))  # type: ignore[arg-type]
    friday = datetime(2026, 11, 20, tzinfo=zone)
    held = [hour for hour in range(48) if friday_night.holds_at(friday + timedelta(hours=hour))]
    assert held == [22, 23, 24, 25, 26, 27, 28, 29]


def test_hours_of_a_day() -> None:
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    office = RuleConfig(hours="08:00-18:00", weekdays=("mon",))  # type: ignore[arg-type]
    assert [hour for hour in range(48) if office.holds_at(monday + timedelta(hours=hour))] == list(range(8, 18))
    whole = RuleConfig(hours="00:00-24:00", weekdays=("mon",))  # type: ignore[arg-type]
    assert [hour for hour in range(48) if whole.holds_at(monday + timedelta(hours=hour))] == list(range(24))


# The smallest that is valid, by the heading in docs/watch-config.md.
SECTIONS: dict[str, tuple[type[Section], dict[str, Any]]] = {
    "Top level": (WatchConfig, {"cameras": [{"source": 0}]}),
    "`cameras`": (CameraConfig, {"source": 0}),
    "`zones` of a camera": (ZoneSection, {"polygon": [[0, 0], [1, 0], [1, 1]]}),
    "`lines` of a camera": (LineSection, {"points": [[0, 0.5], [1, 0.5]]}),
    "`votes`": (DecisionSection, {}),
    "`store`": (StoreConfig, {}),
    "`alerts`": (AlertConfig, {"name": "a"}),
    "`when` of an alert": (RuleConfig, {}),
    "`webhook`": (WebhookConfig, {"type": "webhook", "url": "http://host/"}),
    "`email`": (EmailConfig, {"type": "email", "host": "mx", "sender": "a@b.c", "to": ["d@e.f"]}),
    "`mqtt`": (MqttConfig, {"type": "mqtt", "host": "broker"}),
    "`command`": (CommandConfig, {"type": "command", "command": ["notify"]}),
    "`delivery`": (DeliveryConfig, {}),
    "`metrics`": (PrometheusConfig, {}),
    "`record`": (RecordConfig, {}),
    "`clips`": (ClipsConfig, {}),
    "`home_assistant`": (HomeAssistantConfig, {}),
}


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_documentation_has_every_field_and_its_default(heading: str) -> None:
    model, required = SECTIONS[heading]
    text = (ROOT / "docs" / "watch-config.md").read_text()
    (section,) = re.findall(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    defaults = {
        name: cell.strip(" `")
        for names, cell in re.findall(r"^\| (`.+?`) \|(.*?)\|", section, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    }
    assert sorted(defaults) == sorted(model.model_fields)
    assert {name for name, default in defaults.items() if default == "required"} == set(required)
    said = {name: yaml.safe_load(default) for name, default in defaults.items() if default not in ("required", "")}
    assert model.model_validate({**required, **said}) == model.model_validate(required)


def test_the_example_says_the_defaults(tmp_path: Path) -> None:
    path = ROOT / "detector" / "monitor" / "config" / "example.yaml"
    example, default = load_config(path), config_from_sources(["0"])
    assert example.cameras[0] == default.cameras[0].model_copy(update={"name": "entrance"})
    (alert,) = example.alerts
    assert alert == AlertConfig(name=alert.name)
    assert example.model_copy(update={"cameras": default.cameras, "alerts": ()}) == default


def test_what_the_example_has_in_comments_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t")
    monkeypatch.setenv("SMTP_PASSWORD", "p")
    monkeypatch.setenv("MQTT_PASSWORD", "p")
    text = (ROOT / "detector" / "monitor" / "config" / "example.yaml").read_text()
    text = re.sub(r"^( +)# (?!source)", r"\1", text, flags=re.MULTILINE)  # comments within a section are such fields
    config = load(
        tmp_path, text.replace("zones: []", "zones:").replace("lines: []", "lines:").replace("sinks: {}", "sinks:")
    )
    assert [zone.count for zone in config.cameras[0].zones] == [True, False]
    assert [type(sink).__name__[:-6] for sink in config.sinks.values()] == ["Webhook", "Email", "Mqtt", "Command"]
    assert [alert.when.share_without for alert in config.alerts] == [None, 0.5, None]
    assert config.alerts[0].when.hours is not None
