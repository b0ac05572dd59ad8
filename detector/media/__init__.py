"""Pixels in and out: pictures, videos, cameras, drawing. Knows no network."""
