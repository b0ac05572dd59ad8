"""Makes sinks from their configuration."""

from detector.monitor.alerts.sink import AlertSink
from detector.monitor.config.watch import CommandConfig, EmailConfig, MqttConfig, SinkConfig, WebhookConfig


def make_sink(name: str, config: SinkConfig) -> AlertSink:
    """Make a sink ready for alerts; it connects when the first one comes.

    Args:
        name: As in the configuration.
        config: Its settings.

    Raises:
        ConfigError: It cannot work: a program or a file is missing.
    """
    match config:
        case WebhookConfig():
            from detector.monitor.alerts.webhook import WebhookSink

            return WebhookSink(name, config)
        case EmailConfig():
            from detector.monitor.alerts.email import EmailSink

            return EmailSink(name, config)
        case MqttConfig():
            from detector.monitor.alerts.mqtt import MqttSink

            return MqttSink(name, config)
        case CommandConfig():
            from detector.monitor.alerts.command import CommandSink

            return CommandSink(name, config)
