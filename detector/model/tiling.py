"""Large images in tiles: plans where the tiles lie, and merges the boxes of all tiles.

The network runs on several layers of an image. The first layer has overlapping tiles at the scale that the network was
trained at. The last layer is the whole image. Layers between them have larger tiles at smaller scales, where the step
would be too large otherwise. A face that is no larger than the overlap of a layer is whole in one of its tiles. The
next layer finds larger faces. Tiles alone are not enough: in tiles, a network that was trained on whole images takes
elbows and fists for faces.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.model.letterbox import Letterbox

Boxes: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]
"""xyxy (N, 4), confidence (N,) and class id (N,)."""

OVERLAP = 0.2
"""The overlap of neighbouring tiles, as a share of their side."""

# The side of the tiles of "auto": the usual longer side of the images that the shipped weights were trained on.
_AUTO_SIDE = 400
# "auto" uses tiles for images with a longer side than this, where faces begin to be missed (docs/tiling.md).
_AUTO_FROM = 600
# The largest step in scale between layers. A face that is just too large for an overlap still has a side of
# imgsz * OVERLAP / _STEP pixels (32 of 800) in the network's input of the next layer.
_STEP = 5.0
# Boxes of two tiles with a larger IoU are one face. The limit is low, because the boxes of a small face differ by some
# pixels between tiles. It does not merge neighbours, because boxes of the same tile are not compared.
_SAME = 0.4
# A box that ends so close to the edge of its tile may show only a part of a face; a share of the tile's side.
_EDGE = 0.005
# Boxes are sorted by confidence. This factor lowers it for a box that is too small for its layer.
_DOUBT = 0.25


@dataclass(frozen=True, slots=True)
class Layer:
    """Tiles of one size that cover an image.

    Attributes:
        origins: (left, top) of each tile, in pixels of the image.
        letterbox: How each tile lies inside the network's input.
        image_shape: (height, width) of the image.
        smallest: The layer before finds faces with a smaller longer side better; 0 in the first layer.
        largest: The next layer finds faces with a larger longer side. A little less than the overlap of the tiles;
            infinite in the last layer.
    """

    origins: tuple[tuple[int, int], ...]
    letterbox: Letterbox
    image_shape: tuple[int, int]
    smallest: float
    largest: float

    def crop(self, image: NDArray[np.uint8], origin: tuple[int, int]) -> NDArray[np.uint8]:
        """The part of the image that a tile shows, without a copy.

        Args:
            image: uint8 (H, W, 3).
            origin: Left and top of the tile, in pixels of the image.
        """
        (left, top), (height, width) = origin, self.letterbox.source
        return image[top : top + height, left : left + width]

    def own(self, xyxy: NDArray[np.float32], origin: tuple[int, int]) -> NDArray[np.bool_]:
        """Which boxes (N, 4), in pixels of the image, this layer keeps.

        It drops boxes that end at an edge of the tile inside the image, since another tile shows the whole face, and
        boxes that are too large for the layer.
        """
        (left, top), (height, width) = origin, self.letterbox.source
        low, high = np.array([left, top]), np.array([left + width, top + height])
        margin = _EDGE * max(height, width)
        cut_low = (low > 0) & (xyxy[:, :2] < low + margin)
        cut_high = (high < self.image_shape[::-1]) & (xyxy[:, 2:] > high - margin)
        return ~(cut_low | cut_high).any(axis=1) & (longer_sides(xyxy) <= self.largest)


def longer_sides(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """The longer side of each box (N, 4)."""
    sides: NDArray[np.float32] = (xyxy[:, 2:] - xyxy[:, :2]).max(axis=1)
    return sides


def tile_side(tile: int | str | None, image_shape: tuple[int, int]) -> int | None:
    """The side of the smallest tiles for an image, in its pixels; None where it is not tiled.

    Args:
        tile: As `detector.settings.parse_tile` gives it.
        image_shape: (height, width) of the image.
    """
    if tile is None:
        return None
    side, longest = (_AUTO_SIDE, _AUTO_FROM) if tile == "auto" else (int(tile), int(tile))
    return side if max(image_shape) > longest else None


def plan_layers(
    image_shape: tuple[int, int], side: int, imgsz: int, stride: int = 32, square: bool = False
) -> tuple[Layer, ...]:
    """Cover an image with tiles.

    Args:
        image_shape: (height, width) of the image.
        side: The side of the smallest tiles, smaller than the longer side of the image. Tiles are made smaller where
            the same number of them still covers the image.
        imgsz: The longer side of the network's input; a tile of `side` pixels is scaled to it.
        stride: What both sides of the network's input are multiples of.
        square: The network's input is always imgsz x imgsz.

    Returns:
        From the smallest tiles to the whole image.
    """
    steps = math.ceil(math.log(max(image_shape) / side) / math.log(_STEP))
    growth = (max(image_shape) / side) ** (1 / steps)
    layers: list[Layer] = []
    for step in range(steps):
        length = side * growth**step
        overlap, largest = OVERLAP * length, (OVERLAP - 2 * _EDGE) * length
        (height, tops), (width, lefts) = (_divide(whole, length, overlap) for whole in image_shape)
        wanted = math.ceil(max(height, width) * imgsz / length)
        size = imgsz if square else min(wanted + -wanted % stride, imgsz)
        letterbox = Letterbox.fit((height, width), size, stride, square)
        origins = tuple((int(left), int(top)) for top, left in product(tops, lefts))
        layers.append(Layer(origins, letterbox, image_shape, layers[-1].largest if layers else 0.0, largest))
    whole = Letterbox.fit(image_shape, imgsz, stride, square)
    return (*layers, Layer(((0, 0),), whole, image_shape, layers[-1].largest, math.inf))


def _divide(length: int, side: float, overlap: float) -> tuple[int, NDArray[np.int64]]:
    """The side of the tiles along one axis, and where they start: evenly spread from edge to edge."""
    if length <= side:
        return length, np.zeros(1, np.int64)
    count = math.ceil((length - overlap) / (side - overlap))
    size = math.ceil((length + (count - 1) * overlap) / count)
    return size, np.linspace(0, length - size, count).round().astype(np.int64)


def detect_in_layers(
    image: NDArray[np.uint8],
    layers: Sequence[Layer],
    run: Callable[[Sequence[tuple[NDArray[np.uint8], Letterbox]]], Iterator[Boxes]],
    batch_size: int,
    max_det: int,
) -> Boxes:
    """Find the faces of every tile, a batch at a time, and merge them.

    Args:
        image: BGR uint8 (H, W, 3).
        layers: As `plan_layers` gives them.
        run: Finds the boxes in images, each with its letterbox; the boxes are in pixels of the image.
        batch_size: How many tiles to give it at once.
        max_det: At most this many boxes remain.

    Returns:
        The boxes, best score first, in pixels of the image.
    """
    found: list[Boxes] = []
    coarse: list[NDArray[np.bool_]] = []
    for layer in layers:
        for start in range(0, len(layer.origins), batch_size):
            origins = layer.origins[start : start + batch_size]
            boxes = run([(layer.crop(image, origin), layer.letterbox) for origin in origins])
            for origin, (xyxy, confidence, class_id) in zip(origins, boxes, strict=True):
                placed = xyxy + np.array([*origin, *origin], np.float32)
                own = layer.own(placed, origin)
                found.append((placed[own], confidence[own], class_id[own]))
                coarse.append(longer_sides(placed[own]) < layer.smallest)
    xyxy, confidence, class_id = (np.concatenate(parts) for parts in zip(*found, strict=True))
    tile = np.repeat(np.arange(len(found)), [len(boxes[0]) for boxes in found])
    kept = merge(xyxy, confidence, tile, np.concatenate(coarse), max_det)
    return xyxy[kept], confidence[kept], class_id[kept]


def merge(
    xyxy: NDArray[np.float32],
    confidence: NDArray[np.float32],
    tile: NDArray[np.int64],
    coarse: NDArray[np.bool_],
    max_det: int,
) -> NDArray[np.int64]:
    """Choose one box for each face that is found in several tiles.

    Greedy, as non-maximum suppression is, with three differences. Boxes of one tile never suppress each other: two
    neighbours stay two, and of two labels on one face both or neither remain, as without tiles. Boxes of different
    tiles suppress each other whatever their class. The confidence of a box that is too small for its layer is quartered
    for the order, and its overlap is measured against the smaller of the two boxes, because a box that covers one face
    at a small scale may cover several faces.

    Args:
        xyxy: float32 (N, 4), in pixels of the image.
        confidence: float32 (N,).
        tile: int64 (N,): the tile that each box comes from.
        coarse: bool (N,): the box is too small for the layer that the tile belongs to.
        max_det: At most this many are kept.

    Returns:
        Their indices, best score first.
    """
    area = (xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1)
    rest = np.argsort(-np.where(coarse, _DOUBT * confidence, confidence), kind="stable")
    kept: list[int] = []
    while len(rest) and len(kept) < max_det:
        best, rest = int(rest[0]), rest[1:]
        kept.append(best)
        sides = np.minimum(xyxy[best, 2:], xyxy[rest, 2:]) - np.maximum(xyxy[best, :2], xyxy[rest, :2])
        shared = sides.clip(min=0).prod(axis=1)
        of = np.where(coarse[rest], np.minimum(area[best], area[rest]), area[best] + area[rest] - shared)
        rest = rest[(shared <= _SAME * of) | (tile[rest] == tile[best])]
    indices = np.array(kept, np.int64)
    return indices[np.argsort(-confidence[indices], kind="stable")]
