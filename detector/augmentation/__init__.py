"""Training pictures made from training pictures: masks are drawn, or moved from face to face.

Users' programs import from here.
"""

from detector.augmentation.drawn_masks import SURGICAL_BLUE, draw_mask

__all__ = ["SURGICAL_BLUE", "draw_mask"]
