import os
import time

import pytest

from fuzz_convert import Tally, fuzz, kind_of, save
from fuzz_parts import worker
from fuzz_parts.mutations import DamagedSet
from fuzz_parts.worker import Ran, Worker, wrong_files
from support.format_samples import SAMPLES

CASE = DamagedSet("voc", {"a.xml": b"<a/>"}, ("a.jpg",), ("--quick",))


@pytest.mark.slow
def test_damaged_sets_of_all_formats_give_no_traceback_no_hang_and_no_wrong_box(tmp_path):
    tally = fuzz(400, 0, sorted(SAMPLES), tmp_path, limit=30.0)
    assert tally.number == 400
    assert tally.faults == {}, tally.report()


@pytest.mark.parametrize(
    ("row", "valid"),
    [
        ("0 0.5 0.5 1 1", True),
        ("3 0.5 0.5 1 1", False),
        ("0 0.5 0.6 1 1", False),
        ("0 0.5 0.5 0 1", False),
        ("0", False),
    ],
)
def test_boxes_outside_their_picture_are_noticed(tmp_path, row, valid):
    for kind, name in (("images", "a.jpg"), ("labels", "a.txt")):
        (tmp_path / kind / "train").mkdir(parents=True)
        (tmp_path / kind / "train" / name).write_text(row)
    assert (wrong_files(tmp_path, 0) == "") == valid
    (tmp_path / "labels/train/a.txt").unlink()
    assert "differ" in wrong_files(tmp_path, 0)


def test_faults_are_counted_by_the_line_that_caused_them(tmp_path):
    fault = 'Traceback\n  File "/x/converters/formats/voc.py", line 7, in read\n    int("a")\nValueError: \'a\'\n'
    assert kind_of(fault) == "converters/formats/voc.py:7 ValueError"
    tally = Tally()
    for seconds in (0.1, 5.0, 9.0):
        tally.add(CASE, Ran(0, "", seconds))
    tally.add(CASE, Ran(None, fault, 0.1))
    assert {kind: count for kind, (_, _, count) in tally.faults.items()} == {"slow": 2, kind_of(fault): 1}
    save(tally, tmp_path)
    assert (tmp_path / "voc-1/set/a.xml").read_bytes() == b"<a/>"
    assert "ValueError" in (tmp_path / "voc-1/fault.txt").read_text()


def dies(pipe, scratch):
    pipe.send(None)
    pipe.recv()
    os._exit(7)


def hangs(pipe, scratch):
    pipe.send(None)
    pipe.recv()
    time.sleep(600)


@pytest.mark.parametrize(("serve", "fault"), [(dies, "status 7"), (hangs, "hangs")])
def test_a_worker_that_dies_or_hangs_is_replaced(tmp_path, monkeypatch, serve, fault):
    monkeypatch.setattr(worker, "_serve", serve)
    running = Worker(tmp_path, limit=0.2)
    try:
        assert fault in running.run(CASE).fault
        assert fault in running.run(CASE).fault
    finally:
        running.close()
