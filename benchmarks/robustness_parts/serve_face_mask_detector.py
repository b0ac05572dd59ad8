"""Answers for `CommandDetector` with the package `face-mask-detector` 0.2.3 (2020), as its command line runs it.

It finds faces with OpenCV's SSD of 300 x 300 pixels and labels each crop with a MobileNetV2; it has no class for
incorrectly worn masks. Its pinned dependencies no longer install. On Python 3.11, in an environment
of its own, these do:

    pip install tensorflow-cpu==2.15.1 opencv-python-headless==4.10.0.84 'numpy<2' imutils importlib-resources
    pip install --no-deps face-mask-detector==0.2.3

It stops at a face whose box lies outside the picture; such boxes are dropped here.

    ENVIRONMENT/bin/python benchmarks/robustness_parts/serve_face_mask_detector.py
"""

import json
import os
import sys
from typing import Any

_CONFIDENCE = 0.5  # its own default


def _inside(found: Any) -> Any:
    """The faces, (1, 1, N, 7) with corners as fractions of the picture from the fourth value on, that show in it."""
    corners = found[0, 0, :, 3:7]
    shown = (corners[:, :2] < 0.99).all(axis=1) & (corners[:, 2:] > 0.01).all(axis=1)
    shown &= (corners[:, 2:] - corners[:, :2] > 0.01).all(axis=1)
    return found[:, :, shown]


def main() -> None:
    """Answer until the input ends."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # its network prints progress bars to standard output
    import cv2
    from face_mask_detector import face_detector, lib  # type: ignore[import-not-found]  # in its own environment

    network = lib.load_face_mask_detector_model()
    finder = face_detector._load_face_detecting_neural_net()
    face_detector._load_face_detecting_neural_net = lambda: finder  # it reads the file again for every picture
    find = lib.detect_faces_in_image
    lib.detect_faces_in_image = lambda image: _inside(find(image))
    predict = network.predict
    network.predict = lambda faces, batch_size: predict(faces, batch_size=batch_size, verbose=0)
    print(json.dumps({"name": "face-mask-detector 0.2.3"}), file=answers)
    for line in sys.stdin:
        boxes, predictions = lib.get_face_mask_detections(network, cv2.imread(line.rstrip("\n")), _CONFIDENCE)
        answer = {
            "xyxy": [[float(side) for side in box] for box in boxes],
            "confidence": [float(max(prediction)) for prediction in predictions],
            "class_id": [0 if mask > bare else 1 for mask, bare in predictions],
        }
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
