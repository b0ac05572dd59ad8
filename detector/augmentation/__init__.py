"""Training pictures made from training pictures: masks drawn, or moved from face to face."""

from detector.augmentation.drawn_masks import SURGICAL_BLUE, draw_mask

__all__ = ["SURGICAL_BLUE", "draw_mask"]
