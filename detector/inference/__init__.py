"""Detectors, and the runs that put pictures, videos and cameras through them."""
