"""Settings of how people are followed, and their checks."""

from typing import Any

import pytest

from detector.errors import UsageError
from detector.people.settings import DecisionSettings, Zone


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_fps": -1}, "min_fps: -1; expected a number greater than or equal to 0"),
        ({"share": 1.1}, "share: 1.1; expected a number less than or equal to 1"),
        ({"share": 0.5}, "share: 0.5; expected a number greater than 0.5"),
        ({"share": float("nan")}, "share: nan; expected a number greater than 0.5"),
        ({"gap_seconds": 0}, "gap_seconds: 0; expected a number greater than 0"),
        ({"min_face": -1}, "min_face: -1; expected a number greater than or equal to 0"),
    ],
)
def test_a_number_out_of_bounds_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        DecisionSettings(**given)
    assert str(caught.value) == message


def test_the_bounds_themselves_pass() -> None:
    DecisionSettings(min_fps=0, share=1, min_face=0)


@pytest.mark.parametrize("polygon", [((0, 0), (1, 1)), ((0, 0), (1, 1), (1, 0), (0, 1)), ((0, 0), (1.2, 0), (1.2, 1))])
def test_a_zone_takes_a_simple_polygon_only(polygon: Any) -> None:
    with pytest.raises(UsageError, match="polygon: "):
        Zone(polygon=polygon)
