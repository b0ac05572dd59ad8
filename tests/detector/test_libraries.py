import logging
import sys
import warnings

import cv2
import pytest
import rich

from converters.process_wide import silent_warnings
from detector.evaluation.coco_ap import run_coco
from detector.evaluation.ground_truth import GroundTruth
from detector.libraries import silent_logging, silent_opencv, silent_pycocotools
from support.overlap import leave_in_order_of_entry


def test_opencv_logs_again_after_blocks_that_overlapped() -> None:
    before = cv2.utils.logging.getLogLevel()
    seen: list[int] = []
    leave_in_order_of_entry(silent_opencv, while_one_is_left=lambda: seen.append(cv2.utils.logging.getLogLevel()))
    assert seen == [cv2.utils.logging.LOG_LEVEL_SILENT]
    assert cv2.utils.logging.getLogLevel() == before


def test_logging_works_again_after_blocks_that_overlapped() -> None:
    before = logging.root.manager.disable, rich.get_console().quiet, list(warnings.filters)
    seen: list[tuple[int, bool]] = []
    leave_in_order_of_entry(
        silent_logging,
        while_one_is_left=lambda: seen.append((logging.root.manager.disable, rich.get_console().quiet)),
    )
    assert seen == [(logging.CRITICAL, True)]
    assert (logging.root.manager.disable, rich.get_console().quiet, list(warnings.filters)) == before


def test_silence_of_two_kinds_that_overlaps_does_not_stay() -> None:
    before = list(warnings.filters)
    blocks = silent_warnings(), silent_logging()
    for block in blocks:
        block.__enter__()
    for block in blocks:
        block.__exit__(None, None, None)
    assert list(warnings.filters) == before


def test_what_a_program_prints_during_an_evaluation_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    leave_in_order_of_entry(silent_pycocotools, while_one_is_left=lambda: sys.stdout.write("from another thread"))
    assert capsys.readouterr().out == "from another thread"


def test_pycocotools_prints_nothing_in_an_evaluation_and_again_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    from pycocotools.coco import COCO

    leave_in_order_of_entry(
        silent_pycocotools, while_one_is_left=lambda: run_coco(GroundTruth(("face",), ()), [], sizes=False)
    )
    assert capsys.readouterr().out == ""
    coco = COCO()
    coco.dataset = {"images": [], "annotations": [], "categories": []}
    coco.createIndex()
    assert "index created" in capsys.readouterr().out
