"""Says in words what a configuration watches, keeps and sends."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from converters.plurals import quantity
from detector.media.cameras import device_of
from detector.monitor.cameras.streams import kind_of
from detector.monitor.config.alerts import WEEKDAYS, AlertConfig, EmailConfig, MqttConfig, RuleConfig, SinkConfig
from detector.monitor.config.redaction import redacted
from detector.monitor.config.watch import CameraConfig, WatchConfig


def describe(config: WatchConfig) -> Iterator[str]:
    """Lines about cameras, store, alerts, sinks, recordings and metrics, without secrets."""
    yield from (_camera(camera, config.votes.min_fps) for camera in config.cameras)
    yield _store(config)
    if config.record.folder is not None:
        minutes, keep = config.record.minutes, _kept(config.record.keep)
        yield f"record: video of every camera in {config.record.folder}, {minutes:g} minutes a file, {keep}"
    if config.clips.folder is not None:
        yield _clips(config)
    if config.metrics.port is not None:
        yield f"metrics: http://{config.metrics.host}:{config.metrics.port}/metrics"
    if config.home_assistant.host is not None:
        yield f"home assistant: through the MQTT broker {config.home_assistant.host}:{config.home_assistant.port}"
    yield from (_alert(alert, config) for alert in config.alerts)
    if not config.alerts:
        yield "alerts: none"
    used = {sink for alert in config.alerts for sink in alert.to}
    yield from (f"sink {name!r}: no alert goes to it" for name in config.sinks if name not in used)


def missing_sources(config: WatchConfig) -> list[str]:
    """What is wrong with the video files and cameras of this machine that are not there."""
    missing = []
    for source in (camera.source.get_secret_value() for camera in config.cameras):
        device = device_of(int(source)) if kind_of(source) == "number" else None
        if device is not None and not device.exists():
            missing.append(f"camera {source}: not connected (there is no {device})")
        elif kind_of(source) == "file" and not Path(source).is_file():
            missing.append(f"{source}: no such file")
    return missing


def _camera(camera: CameraConfig, min_fps: float) -> str:
    source = camera.source.get_secret_value()
    shown = f"camera {source} of this machine" if kind_of(source) == "number" else redacted(camera.source)
    turned = f", turned by {camera.rotate} degrees" if camera.rotate else ""
    return f"camera {camera.name!r}: {shown}{turned}, {_looks(camera, min_fps)}{_where(camera)}"


def _looks(camera: CameraConfig, min_fps: float) -> str:
    """How often a camera is looked at; the default is no cap for a file that is read as fast as possible."""
    is_file = kind_of(camera.source.get_secret_value()) == "file"
    if camera.fps is None or (is_file and "fps" not in camera.model_fields_set):
        return "every frame"
    known = "" if camera.fps >= min_fps else f": people are counted, but states are not known below {min_fps:g}"
    return f"at most {camera.fps:g} frames a second{known}"


def _where(camera: CameraConfig) -> str:
    zones = [f"{zone.name} {'counts' if zone.count else 'does not count'}" for zone in camera.zones]
    where = f"; zones: {', '.join(zones)}" if zones else "; every face counts"
    where += f"; black: {quantity(len(camera.masks), 'mask')}" if camera.masks else ""
    where += f"; lines: {', '.join(line.name for line in camera.lines)}" if camera.lines else ""
    return where + ("" if camera.view is None else f"; detector serve shows {redacted(camera.view)}")


def _store(config: WatchConfig) -> str:
    pictures = {"off": "no pictures of faces", "on": "pictures of faces", "blur": "blurred pictures of faces"}
    url = redacted(config.store.url).removeprefix("sqlite:///")
    return f"store: {url}, {_kept(config.store.keep)}, {pictures[config.store.snapshots]}"


def _clips(config: WatchConfig) -> str:
    clips, blurred = config.clips, ", blurred" if config.store.snapshots == "blur" else ""
    events = f"events {' or '.join(clips.state)} and alerts" if clips.state else "alerts"
    return f"clips: {clips.before:g} s before to {clips.after:g} s after {events}, in {clips.folder}{blurred}"


def _kept(keep: timedelta | None) -> str:
    if keep is None:
        return "kept for ever"
    amount = f"{keep.days} days" if keep >= timedelta(days=2) else f"{keep.total_seconds() / 3600:g} hours"
    return f"kept for {amount}"


def _alert(alert: AlertConfig, config: WatchConfig) -> str:
    to = ", ".join(f"{name} ({_target(config.sinks[name])})" for name in alert.to) or "nobody: only shown and stored"
    cap = "" if alert.most_a_day is None else f", at most {alert.most_a_day} a day"
    often = f"at most once in {alert.quiet_seconds:g} s for a camera{cap}"
    return f"alert {alert.name!r}: {_rule(alert.when)}, {often}; to {to}"


def _rule(rule: RuleConfig) -> str:
    long = f" for {rule.for_seconds:g} s" if rule.for_seconds else ""
    if rule.camera is not None:
        what = f"a camera is down{long}"
    elif rule.share_without is not None:
        what = f"{rule.share_without:.0%} of at least {quantity(rule.people, 'person', 'people')} without a mask{long}"
    else:
        what = f"{quantity(rule.people, 'person', 'people')} {' or '.join(rule.state)}{long}"
    hours = "" if rule.hours is None else f", {rule.hours.start:%H:%M}-{rule.hours.end:%H:%M}"
    days = "" if rule.weekdays == WEEKDAYS else f", {' '.join(rule.weekdays)}"
    cameras = ", every camera" if rule.cameras is None else f", {' and '.join(rule.cameras)}"
    return f"{what}{cameras}{days}{hours}"


def _target(sink: SinkConfig) -> str:
    match sink:
        case EmailConfig():
            return f"email to {', '.join(sink.to)}"
        case MqttConfig():
            return f"mqtt {sink.topic} at {sink.host}"
    return sink.type  # addresses of webhooks and arguments of commands may hold secrets
