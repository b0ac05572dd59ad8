"""The picture of a camera as people see it."""

import numpy as np
import pytest

from detector.monitor.annotated import annotated_view
from detector.people.settings import Line, Zone
from detector.people.zones import Zones
from support.frame_results import FACE, frame_result


def test_boxes_are_at_their_places_in_a_larger_picture() -> None:
    result = frame_result(0, np.zeros((120, 240, 3), np.uint8))
    view = np.zeros((360, 720, 3), np.uint8)
    drawn = annotated_view(view, result, Zones())
    assert drawn.shape == view.shape
    assert not view.any()
    rows, columns = np.nonzero(drawn[180:].any(axis=2))  # below the label
    left, _, right, bottom = FACE[0] * 3
    assert columns.min() == pytest.approx(left, abs=6) and columns.max() == pytest.approx(right, abs=6)
    assert 180 + rows.max() == pytest.approx(bottom, abs=6)


@pytest.mark.parametrize("unit", [1, 100])
def test_zones_and_lines_are_scaled_whatever_their_unit(unit: int) -> None:
    zones = Zones(
        [Zone(polygon=((0, 0), (0.5 * unit, 0), (0.5 * unit, 0.5 * unit), (0, 0.5 * unit)))],
        [Line(points=((0, 0.8 * unit), (0.9 * unit, 0.8 * unit)))],
    )
    image = np.zeros((300, 400, 3), np.uint8)
    zones.scaled(4, 3).outline(image)  # made for 100 x 100 pixels
    assert image[75, 200].all() and image[150, 100].all() and image[240, 20].all()
    assert not image[75, 198].any()
