"""Average checkpoints that were fine-tuned from one another."""

import argparse
import sys
from pathlib import Path

from detector.errors import MaskDetectorError
from detector.training.averaging import average_weights

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", nargs="+", type=Path, help="two or more .pt files of one line")
    parser.add_argument("--out", type=Path, required=True, help="the .pt file to write")
    parser.add_argument("--imgsz", type=int, help="the size to run the mean at; default: that of the first")
    arguments = parser.parse_args()
    try:
        average_weights(arguments.checkpoints, arguments.out, arguments.imgsz)
    except MaskDetectorError as error:
        sys.exit(str(error))
