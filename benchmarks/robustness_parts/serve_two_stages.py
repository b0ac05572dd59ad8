"""Answers for `CommandDetector` with the pipeline of `benchmarks/two_stage`: YuNet, then a classifier of crops.

    python benchmarks/robustness_parts/serve_two_stages.py DATA.yaml --yunet ONNX --backbone yolov8n.pt --conf 0.55

The classifier is trained on the train split when it starts, which takes minutes; `--classifier FILE` keeps it for the
next start. `docs/two-stage.md` has the confidences at which it works best.
"""

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "two_stage"))


def main() -> None:
    """Train, then answer until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--yunet", type=Path, required=True)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--conf", type=float, default=0.55)
    parser.add_argument("--classifier", type=Path, help="file that keeps the classifier for the next start")
    arguments = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever else prints does not get into the answers

    import cv2
    from crop_classifier import trained_classifier
    from face_pipeline import MIN_SCORE, FaceFinder, TwoStage

    from converters.labels import CLASS_NAMES
    from detector.media.images import read_image

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # OpenCV 5 warns at every new picture size
    classifier = trained_classifier(arguments.classifier, arguments.data, arguments.backbone, len(CLASS_NAMES))
    finder = FaceFinder(arguments.yunet, arguments.scale, max(arguments.conf, MIN_SCORE))
    pipeline = TwoStage(finder, classifier, CLASS_NAMES, conf=arguments.conf)
    print(json.dumps({"name": f"two stages, YuNet {arguments.scale:g}x"}), file=answers)
    for line in sys.stdin:
        (faces,) = pipeline.predict([read_image(Path(line.rstrip("\n")))])
        answer = {
            "xyxy": faces.xyxy.tolist(), "confidence": faces.confidence.tolist(), "class_id": faces.class_id.tolist()
        }  # fmt: skip
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
