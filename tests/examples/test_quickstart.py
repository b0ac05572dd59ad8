from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from support.waiting import HANGS

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "examples" / "quickstart.ipynb"


def outputs(notebook: Any, kind: str) -> list[str]:
    """What the cells have shown of a MIME type, or printed: "stdout"."""
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    if kind == "stdout":
        return [output.text for output in shown if output.output_type == "stream" and output.name == "stdout"]
    return [output.data[kind] for output in shown if "data" in output and kind in output.data]


@pytest.mark.slow
def test_the_notebook_runs_and_shows_tables_and_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(QUICKSTART, as_version=4)
    NotebookClient(notebook, timeout=HANGS, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert len([html for html in outputs(notebook, "text/html") if "<table" in html]) == 2
    assert len(outputs(notebook, "image/png")) == 2
    printed = "".join(outputs(notebook, "stdout"))
    assert "without_mask" in printed and "missing.jpg: no such file" in printed and "0.8 s: [(" in printed
    assert [output for output in printed.splitlines() if "Traceback" in output] == []


def test_the_notebook_is_kept_without_results() -> None:
    notebook = nbformat.read(QUICKSTART, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code if cell.outputs or cell.execution_count] == []
