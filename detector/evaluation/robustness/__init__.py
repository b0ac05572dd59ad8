"""Measures robustness: by size of the face, on crops, and on changed images; see `docs/robustness.md`."""

from detector.evaluation.robustness.class_folders import FolderScore, measure_folders
from detector.evaluation.robustness.conditions import CONDITIONS
from detector.evaluation.robustness.counts import FaceCounts
from detector.evaluation.robustness.measure import measure_by_size, measure_conditions, measure_crops

__all__ = [
    "CONDITIONS",
    "FaceCounts",
    "FolderScore",
    "measure_by_size",
    "measure_conditions",
    "measure_crops",
    "measure_folders",
]
