import json

import pytest

from detector.errors import PredictionsError
from detector.evaluation.predictions import load_results
from support.scenes import found, make_truth

FACE = (10.0, 10.0, 50.0, 60.0)
TRUTH = make_truth([[(0, FACE)], [(1, FACE)]])


def write(tmp_path, content):
    path = tmp_path / "predictions.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_results_come_back_as_they_were_written(tmp_path):
    results = [found(2, 1, 0.9, FACE), found(1, 0, 0.8, FACE)]
    assert load_results(write(tmp_path, results), TRUTH) == results


def test_the_file_name_decides_which_picture_is_meant_and_the_id_where_there_is_none(tmp_path):
    renumbered = {**found(1, 0, 0.9, FACE), "file_name": "2.jpg"}
    nameless = found(1, 0, 0.9, FACE)
    del nameless["file_name"]
    results = load_results(write(tmp_path, [renumbered, nameless]), TRUTH)
    assert [result["image_id"] for result in results] == [2, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"category_id": 3},
        {"category_id": -1},
        {"category_id": "with_mask"},
        {"bbox": [1, 2, 3]},
        {"bbox": [1, 2, -3, 4]},
        {"bbox": None},
        {"score": "high"},
        {"score": float("nan")},
        {"file_name": "elsewhere.jpg"},
        {"file_name": ["1.jpg"]},
    ],
)
def test_a_result_that_does_not_fit_is_named(tmp_path, change):
    path = write(tmp_path, [found(1, 0, 0.9, FACE), {**found(1, 0, 0.9, FACE), **change}])
    with pytest.raises(PredictionsError, match="result 2"):
        load_results(path, TRUTH)


@pytest.mark.parametrize("content", ["", "{", '{"images": []}', "[1]", "[" * 100_000])
def test_a_file_of_another_form_is_refused(tmp_path, content):
    with pytest.raises(PredictionsError, match=r"predictions\.json"):
        load_results(write(tmp_path, content), TRUTH)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PredictionsError, match="no such file"):
        load_results(tmp_path / "nowhere.json", TRUTH)
