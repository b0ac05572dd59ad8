import os
import subprocess
import sys

_TABLE = """
from rich.table import Table
from detector.cli.console import console
table = Table("input", box=None)
table.add_row("photos/" + 150 * "x" + ".jpg")
console.print(table)
"""


def test_names_are_whole_in_a_pipe_unless_a_width_is_asked_for() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    for columns, whole in (({}, True), ({"COLUMNS": "60"}, False)):
        command = [sys.executable, "-c", _TABLE]
        ran = subprocess.run(command, env=environment | columns, capture_output=True, text=True, check=True)
        assert ("x.jpg" in ran.stdout) == whole
