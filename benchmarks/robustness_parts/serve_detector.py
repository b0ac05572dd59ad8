"""Answers for `CommandDetector` with `detector.Detector`, of this checkout or of the one that PYTHONPATH names.

    PYTHONPATH=CHECKOUT python benchmarks/robustness_parts/serve_detector.py NAME

With version 0.1.0 it measures that version, with its weights and its defaults.
"""

import json
import sys

from detector import Detector


def main() -> None:
    """Answer until the input ends."""
    detector = Detector()
    print(json.dumps({"name": sys.argv[1], "imgsz": detector.imgsz}), flush=True)
    for line in sys.stdin:
        faces = detector.predict(line.rstrip("\n"))
        answer = {
            "xyxy": faces.xyxy.tolist(), "confidence": faces.confidence.tolist(), "class_id": faces.class_id.tolist()
        }  # fmt: skip
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
