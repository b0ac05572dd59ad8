"""Letterboxed images in, boxes out: weights, exports, backends and what happens to their boxes."""
