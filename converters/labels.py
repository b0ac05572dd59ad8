"""The classes of this project. Their order is their id, in every file that is written."""

CLASS_NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")
