"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Weights = Annotated[
    str | None,
    typer.Option(
        "--weights",
        "-w",
        help="A .pt file, or for infer and eval an export; or the name of an ultralytics release. Default: the shipped "
        "weights.",
    ),
]
Device = Annotated[
    str, typer.Option("--device", help="auto, cpu, mps, or CUDA indices such as 0 (training: also 0,1).")
]
Backend = Annotated[
    str,
    typer.Option(
        "--backend",
        metavar="auto|torch|openvino|onnx",
        help="What runs the network. auto, on a CPU: the OpenVINO export beside the weights, or else torch.",
    ),
]
Tile = Annotated[
    str,
    typer.Option(
        "--tile",
        metavar="off|auto|PIXELS",
        help="Look at large pictures in overlapping tiles too, so that small faces are found.",
    ),
]
TrustWeights = Annotated[
    bool, typer.Option("--trust-weights", help="Load weights even if that runs code from the file.")
]
DataYaml = Annotated[Path, typer.Argument(help="The dataset's data.yaml.", show_default=False)]
