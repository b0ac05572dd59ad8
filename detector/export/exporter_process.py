"""Runs ultralytics' exporter: `python -m detector.export.exporter_process ORDER`, for `other_formats` alone."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from detector.libraries import import_ultralytics
from detector.model.weights import load_weights


def main(order: dict[str, Any]) -> None:
    """Convert weights, and write the path of the export to `made.txt`.

    Args:
        order: `weights`, a path; `trust`, whether they may run code; `folder` for the export, and `stem` of its name;
            `format`, ultralytics' name of it; `batch`; `metadata`.
    """
    folder, metadata = Path(order["folder"]).resolve(), order["metadata"]
    os.chdir(folder)  # pnnx writes into the working folder
    model = load_weights(Path(order["weights"]), trust=order["trust"]).model
    model.pt_path = str(folder / f"{order['stem']}.pt")  # the name and the folder of the export come from it
    import_ultralytics()
    from ultralytics.engine.exporter import Exporter

    settings = {"format": order["format"], "imgsz": metadata["imgsz"][0], "batch": order["batch"]}
    exporter = Exporter(overrides=settings)
    exporter.add_callback("on_export_start", lambda exporter: _describe(exporter, metadata))
    made = exporter(model=model)
    (folder / "made.txt").write_text(str(Path(made).resolve()))


def _describe(exporter: Any, metadata: dict[str, Any]) -> None:
    """Replace ultralytics' metadata, which have the time and the path of the training set in them."""
    names = {int(class_id): name for class_id, name in metadata["names"].items()}  # JSON makes texts of the ids
    own = {"batch": exporter.args.batch, "args": exporter.metadata["args"], "names": names}
    exporter.metadata = metadata | own


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
