"""Reads cameras: by number, by network address, or from a video file."""
