"""Makes the modules of benchmarks importable: they have a camera server."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "benchmarks"))
