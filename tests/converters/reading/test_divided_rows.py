import numpy as np
import pytest

from converters.reading.divided_rows import DividedRows


@pytest.mark.parametrize("parts", [1, 3, 300])
def test_rows_come_back_by_part_in_their_order(tmp_path, parts):
    random = np.random.default_rng(0)
    added = random.integers(0, 2**63, (1000, 2), np.uint64)
    part = random.integers(0, parts, 1000)
    rows = DividedRows(tmp_path, "rows", parts, 2)
    for start in range(0, 1100, 64):  # the last ones are empty
        rows.add(part[start : start + 64], added[start : start + 64])
    expected = [added[part == number] for number in range(parts) if (part == number).any()]
    for found, wanted in zip(rows.read(), expected, strict=True):
        assert (found == wanted).all()
    assert not list(tmp_path.iterdir())


def test_nothing_added(tmp_path):
    assert not list(DividedRows(tmp_path, "rows", 4, 1).read())
    assert not list(DividedRows(tmp_path, "rows", 1, 1).read())
