"""Draft a file for `detector train --label-corrections`: faces that a detector sees and the labels do not have.

Look at the sheet, delete the rows that are wrong, correct the labels, and train with the file.
"""

import argparse
import sys
from pathlib import Path

from converters.formats.yolo import load_dataset_yaml, read_labels
from converters.problems import Problems
from detector import Detector
from detector.errors import MaskDetectorError
from detector.evaluation.doubtful_labels import find_doubtful
from detector.evaluation.doubtful_sheet import write_sheet
from detector.training.label_drafts import write_draft

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a data.yaml; its training pictures are looked at")
    parser.add_argument("--weights", help="default: the shipped weights")
    parser.add_argument("--conf", type=float, default=0.25, help="the lowest score of a face that is believed")
    parser.add_argument("--out", type=Path, default=Path("label-corrections.csv"), help="the CSV to write")
    parser.add_argument("--sheet", type=Path, default=Path("label-corrections.html"), help="the faces: .html or .png")
    arguments = parser.parse_args()
    try:
        problems = Problems()
        images = list(read_labels(load_dataset_yaml(arguments.data), "train", problems))
        detector = Detector(weights=arguments.weights, conf=arguments.conf, agnostic_nms=True)
        doubtful = list(find_doubtful(images, detector, problems, confidence=arguments.conf))
        sizes = {image.path: image.size for image in images if image.size is not None}
        count = write_draft(arguments.out, doubtful, sizes)
        write_sheet(arguments.sheet, f"{count} drafted corrections", doubtful, images)
    except MaskDetectorError as error:
        sys.exit(str(error))
    for problem in problems.omissions:
        print(problem, file=sys.stderr)
    print(f"{count} corrections to review in {arguments.out}, drawn in {arguments.sheet}.")
