"""Reports: collects figures from the store of events, and writes them as HTML, CSV and JSON; see `docs/report.md`."""

from detector.monitor.report.collect import collect
from detector.monitor.report.figures import Counts, Figures
from detector.monitor.report.html import write_html
from detector.monitor.report.period import Clock, is_duration, parse_time
from detector.monitor.report.tables import to_dict, write_csv, write_json

__all__ = [
    "Clock",
    "Counts",
    "Figures",
    "collect",
    "is_duration",
    "parse_time",
    "to_dict",
    "write_csv",
    "write_html",
    "write_json",
]
