"""`detector watch --check` and `--test-alerts`."""

from typing import TYPE_CHECKING

from detector.cli.console import console, errors, printable
from detector.errors import UsageError

if TYPE_CHECKING:
    from detector.monitor.config.watch import WatchConfig


def check(config: "WatchConfig") -> bool:
    """Print what would be watched and sent; returns whether all that is needed is there. Connects to nothing.

    Raises:
        ConfigError: A sink cannot work: its program or its certificates are missing.
    """
    from detector.monitor.alerts.sinks import make_sink
    from detector.monitor.config.overview import describe, missing_sources

    for line in describe(config):
        _print(line)
    for name, sink in config.sinks.items():
        make_sink(name, sink)
    missing = missing_sources(config)
    for problem in missing:
        errors.print(printable(problem), markup=False, soft_wrap=True)
    return not missing


def test_alerts(config: "WatchConfig") -> bool:
    """Send a test alert to every sink and print the outcomes; returns whether all took it.

    Raises:
        UsageError: There is no sink.
        ConfigError: A sink cannot work: its program or its certificates are missing.
    """
    from detector.monitor.alerts.trial import send_test_alerts

    if not config.sinks:
        raise UsageError("--test-alerts", "a configuration without sinks", "`sinks`, and rules that name them in `to`")
    all_taken = True
    for name, problem in send_test_alerts(config):
        all_taken &= problem is None
        _print(f"{name}: delivered" if problem is None else f"{name}: {problem}")
    return all_taken


def _print(line: str) -> None:
    console.print(printable(line), markup=False, soft_wrap=True)
