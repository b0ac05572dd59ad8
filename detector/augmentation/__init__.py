"""Changes of training pictures: drawn and moved masks, close-ups, collages, degradation and roll.

Users' programs import from here.
"""

from detector.augmentation.drawn_masks import SURGICAL_BLUE, draw_mask

__all__ = ["SURGICAL_BLUE", "draw_mask"]
