import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import cv2
import pytest
import rich

from converters.process_wide import silent_warnings
from detector.evaluation.coco_ap import run_coco
from detector.evaluation.ground_truth import GroundTruth
from detector.libraries import cache_dir, silent_logging, silent_opencv, silent_pycocotools
from support.overlap import leave_in_order_of_entry
from support.waiting import HANGS


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


def run_without_cache(code: str, folder: Path, **environment: str) -> str:
    """Run code where the cache cannot be written to, and temporary files are put into `folder`."""
    environment = {**os.environ, "XDG_CACHE_HOME": os.devnull, "TMPDIR": str(folder), **environment}
    environment.pop("YOLO_CONFIG_DIR", None)
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_without_a_writable_cache_a_process_has_one_temporary_folder_and_removes_it(tmp_path: Path) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
from detector.libraries import cache_dir
with ThreadPoolExecutor() as pool:
    folders = set(pool.map(lambda _: cache_dir(), range(20)))
(cache_dir() / "kept").touch()
print(*folders)
"""
    printed = run_without_cache(code, tmp_path).split()
    assert [Path(name).parent for name in printed] == [tmp_path]
    assert not list(tmp_path.iterdir())


def test_a_forked_process_leaves_the_temporary_folder_of_its_parent(tmp_path: Path) -> None:
    code = """
import os, sys
from detector.libraries import cache_dir
folder = cache_dir()
if os.fork() == 0:
    assert cache_dir() != folder
    sys.exit()
os.wait()
print(folder.is_dir())
"""
    assert run_without_cache(code, tmp_path) == "True\n"
    assert not list(tmp_path.iterdir())


def test_forked_processes_of_a_pool_remove_their_temporary_folders(tmp_path: Path) -> None:
    code = """
import multiprocessing
from detector.libraries import cache_dir
context = multiprocessing.get_context("fork")
with context.Pool(1) as pool:
    print(pool.apply(cache_dir).is_dir())
    pool.close()
    pool.join()
process = context.Process(target=cache_dir)
process.start()
process.join()
"""
    assert run_without_cache(code, tmp_path) == "True\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_without_a_writable_cache_ultralytics_leaves_nothing_behind(tmp_path: Path) -> None:
    run_without_cache("from detector.libraries import import_ultralytics; import_ultralytics()", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_user_without_a_home_has_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_dir().is_dir()


def test_openvino_converts_other_formats_although_that_part_is_imported_late() -> None:
    program = """
import sys
from detector.libraries import import_openvino
openvino = import_openvino()
assert openvino is import_openvino() and "openvino.tools.ovc" not in sys.modules
try:
    openvino.convert_model("missing.onnx")
except Exception as error:
    print(type(error).__module__, "openvino.tools.ovc" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANGS)
    assert done.stdout.strip().endswith(" True"), done.stderr
