"""How faces move between two looks, in widths of the face."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The spread (standard deviation) of where a face is found around its predicted place, in its widths. Boxes are not
# exact; people change their velocity by up to `_ACCELERATION` widths per second each second; after one look it is not
# known at all, and walking people near a camera have `_VELOCITY` or so.
NOISE, _ACCELERATION, _VELOCITY = 0.15, 12.0, 4.0
_MOST_SPREAD, _MOST_FIRST_SPREAD = 0.9, 1.5
# A common motion of faces is looked for among three or more of them, and has to explain so many.
_FEWEST, _PART, _NEAR = 3, 0.6, 0.35
_CLEARLY = 2.0  # as many as are found without it
_ALIKE = 0.85  # shifts that explain so much of what the best one does are as good
_SAME_VELOCITY = 1.0  # widths per second
_MOST_TRIED = 8
_LONGEST_STEP = 1.0  # after more seconds, a motion says nothing


def spread(elapsed: Floats, known: NDArray[np.bool_]) -> Floats:
    """The spread of where faces are found around their predicted places, in widths.

    Args:
        elapsed: Seconds since each was seen.
        known: Whether the velocity of each is known.
    """
    followed = np.minimum(NOISE + _ACCELERATION * elapsed**2 / 2, _MOST_SPREAD)
    return np.where(known, followed, np.minimum(NOISE + _VELOCITY * elapsed, _MOST_FIRST_SPREAD))


def common_velocity(velocities: Floats, widths: Floats) -> Floats:
    """The velocity that most faces have in common, because the camera moves: (2,) pixels per second; else 0.

    Args:
        velocities: (N, 2) those of faces that were just seen.
        widths: (N,) their sizes.
    """
    if len(velocities) < _FEWEST:
        return np.zeros(2)
    middle: Floats = np.median(velocities, axis=0)
    near = np.linalg.norm(velocities - middle, axis=1) < _SAME_VELOCITY * widths
    return middle if near.mean() >= _PART else np.zeros(2)


def common_shift(places: Floats, widths: Floats, centres: Floats, elapsed: float) -> Floats:
    """The motion that most faces have in common beyond what was predicted, because the camera moves: (2,) pixels.

    Args:
        places: (N, 2) where faces are predicted.
        widths: (N,) their sizes.
        centres: (M, 2) where faces are found.
        elapsed: Seconds since the last look.
    """
    none = np.zeros(2)
    if len(places) < _FEWEST or len(centres) < _FEWEST or elapsed > _LONGEST_STEP:
        return none
    tried = [none, *(centres[None] - places[:_MOST_TRIED, None]).reshape(-1, 2)]
    explained = np.array([_explained(places + shift, widths, centres) for shift in tried])
    enough = max(_FEWEST, _PART * min(len(places), len(centres)))
    if explained.max() < max(enough, _CLEARLY * explained[0]):
        return none
    # People in rows are explained by several shifts: by the shortest.
    good = [shift for shift, number in zip(tried, explained, strict=True) if number >= _ALIKE * explained.max()]
    return min(good, key=lambda shift: float(np.linalg.norm(shift)))


def _explained(places: Floats, widths: Floats, centres: Floats) -> int:
    """How many faces are found near their places."""
    distance = np.linalg.norm(places[:, None] - centres, axis=2) / widths[:, None]
    return int((distance.min(axis=1) < _NEAR).sum())
