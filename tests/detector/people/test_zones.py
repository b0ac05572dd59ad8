import numpy as np
import pytest

from detector.people.points import Point
from detector.people.settings import Zone
from detector.people.zones import Zones

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
# The same half of a picture of 200 x 100 in pixels.
LEFT_PIXELS = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
TOP = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
SHAPE = (100, 200, 3)


def boxes(*centres: tuple[float, float]) -> np.ndarray:
    return np.array([[x - 10, y - 10, x + 10, y + 10] for x, y in centres], np.float32).reshape(-1, 4)


# Top left, top right, bottom left, bottom right.
QUARTERS = boxes((50, 25), (150, 25), (50, 75), (150, 75))


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        ([], [True, True, True, True]),
        ([(LEFT, True)], [True, False, True, False]),
        ([(LEFT_PIXELS, True)], [True, False, True, False]),
        ([(LEFT, False)], [False, True, False, True]),
        ([(LEFT, True), (TOP, True)], [True, True, True, False]),
        ([(LEFT, True), (TOP, False)], [False, False, True, False]),
        ([(LEFT, False), (TOP, False)], [False, False, False, True]),
    ],
)
def test_which_faces_count(zones: list, expected: list[bool]) -> None:
    found = Zones([Zone(polygon=polygon, count=count) for polygon, count in zones]).counts(QUARTERS, SHAPE)
    assert found.dtype == bool
    assert found.tolist() == expected


def test_the_centre_of_a_face_decides_and_the_edge_belongs_to_the_zone() -> None:
    zones = Zones([Zone(polygon=LEFT)])
    assert zones.counts(boxes((95, 50), (100, 50), (100.5, 50)), SHAPE).tolist() == [True, True, False]


def test_fractions_follow_the_size_of_the_picture_and_pixels_do_not() -> None:
    face = boxes((150, 50))
    fractions, pixels = (Zones([Zone(polygon=polygon)]) for polygon in (LEFT, LEFT_PIXELS))
    for zones, expected in ((fractions, True), (pixels, False)):
        assert zones.counts(face, SHAPE).tolist() == [False]
        assert zones.counts(face, (200, 400)).tolist() == [expected]
    assert fractions.polygons((200, 400))[0].tolist() == [[0, 0], [200, 0], [200, 200], [0, 200]]


def test_zones_that_reach_outside_the_picture_are_told() -> None:
    zones = Zones([Zone(name="all", polygon=LEFT), Zone(name="left", polygon=LEFT_PIXELS)])
    assert zones.outside(SHAPE) == zones.outside((100, 100)) == []  # the edge of the picture is no outside
    assert zones.outside((99, 200)) == zones.outside((100, 99)) == ["left"]


def test_no_faces() -> None:
    assert Zones([Zone(polygon=LEFT)]).counts(boxes(), SHAPE).shape == (0,)
    assert Zones().counts(boxes(), SHAPE).shape == (0,)


def test_the_outline_is_where_the_corners_are() -> None:
    image = np.zeros(SHAPE, np.uint8)
    Zones([Zone(polygon=LEFT)]).outline(image)
    assert image[50, 100].any()
    assert not image[50, 50].any()
    assert not image[50, 102:].any()


@pytest.mark.parametrize(
    ("polygon", "expected"),
    [
        (((700, 10), (900, 10), (900, 90)), "zone 'till' lies outside the picture of 640 x 480; expected pixels of"),
        (((100, 500), (300, 500), (300, 900)), "zone 'till' lies outside the picture of 640 x 480"),
        (((200, 200), (210, 200), (210, 210), (200, 210)), "zone 'till' is smaller than a face of 16 pixels in the"),
        (((10, 10), (90, 10), (90, 90), (10, 90)), "zone 'till' lies within 100 pixels of the corner of the picture"),
    ],
)
def test_a_zone_in_pixels_that_cannot_be_meant_is_a_misfit(polygon: tuple[Point, ...], expected: str) -> None:
    assert str(Zones([Zone(polygon=polygon, name="till")]).misfit((480, 640, 3))).startswith(expected)


@pytest.mark.parametrize(
    "polygon",
    [((0.1, 0.1), (0.2, 0.1), (0.1, 0.2)), ((200, 200), (900, 200), (900, 700)), ((10, 10), (120, 10), (9, 90))],
)
def test_other_zones_are_none(polygon: tuple[Point, ...]) -> None:
    assert Zones([Zone(polygon=polygon)]).misfit((480, 640, 3)) is None
