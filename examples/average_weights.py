"""Average checkpoints that were fine-tuned from one another.

Usage: python examples/average_weights.py OUT.pt ONE.pt TWO.pt ...
"""

import sys
from pathlib import Path

from detector.errors import MaskDetectorError
from detector.training.averaging import average_weights

if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    target, *checkpoints = map(Path, sys.argv[1:])
    try:
        average_weights(checkpoints, target)
    except MaskDetectorError as error:
        sys.exit(str(error))
