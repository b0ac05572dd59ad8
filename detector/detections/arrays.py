"""The arrays of `Detections`: given values are brought to their dtypes, and their shapes checked."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.plurals import quantity


def to_xyxy(values: Any) -> NDArray[np.float32]:
    """Boxes as float32 (N, 4). An empty list has no shape, and stands for no boxes.

    Raises:
        ValueError: The values have another shape.
    """
    xyxy = np.asarray(values, np.float32)
    if xyxy.size == 0 and xyxy.shape[-1] in (0, 4):
        return xyxy.reshape(0, 4)
    if xyxy.ndim != 2 or xyxy.shape[1] != 4:
        raise ValueError(f"xyxy has the shape {xyxy.shape}; expected (N, 4)")
    return xyxy


def to_row(field: str, values: Any, count: int) -> NDArray[Any]:
    """The values of a field as an array (N,), of the dtype that they have.

    Args:
        field: What messages call the values.
        values: One for each box.
        count: The number of boxes.

    Raises:
        ValueError: There is not one for each box.
    """
    row = np.asarray(values)
    if row.ndim != 1:
        raise ValueError(f"{field} has the shape {row.shape}; expected ({count},)")
    if len(row) != count:
        raise ValueError(f"{field} has {len(row)} values for {quantity(count, 'box', 'boxes')}")
    return row


def to_integers(field: str, values: Any, count: int) -> NDArray[np.int64]:
    """The values of a field as int64 (N,); as for `to_row`.

    Raises:
        ValueError: There is not one for each box, or one is no integer.
    """
    row = to_row(field, values, count)
    with np.errstate(invalid="ignore"):  # of a NaN; it is refused below
        integers = row.astype(np.int64, copy=False)
    if row.dtype.kind not in "iu" and (integers != row).any():
        raise ValueError(f"{field} has {row[integers != row][0]}; expected integers")
    return integers
