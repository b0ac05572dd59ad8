"""The interval of a share."""

import math

_Z = 1.959964  # of a 95 % interval


def wilson_interval(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927).

    Args:
        part: How many have a property, 0 to `whole`.
        whole: How many there are, at least 1.

    Returns:
        Its lower and its upper end.
    """
    share, square = part / whole, _Z**2
    centre = (share + square / (2 * whole)) / (1 + square / whole)
    half = _Z * math.sqrt(share * (1 - share) / whole + square / (4 * whole**2)) / (1 + square / whole)
    return max(0.0, centre - half), min(1.0, centre + half)
