"""Runs networks: weights, exports, backends, letterbox, NMS, scales and tiles."""
