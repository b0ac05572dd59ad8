"""The store: events, counts by the minute and alerts, in a database."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detector.errors import StoreError as StoreError
    from detector.monitor.store.event_reader import EventReader as EventReader
    from detector.monitor.store.event_store import EventStore as EventStore
    from detector.monitor.store.writer import StoreStatus as StoreStatus

__all__ = ["EventReader", "EventStore", "StoreError", "StoreStatus"]

_LAZY = {
    "EventReader": "event_reader",
    "EventStore": "event_store",
    "StoreError": "database",
    "StoreStatus": "writer",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: SQLAlchemy takes a while."""
    if name in _LAZY:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
