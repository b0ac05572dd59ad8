"""Cameras and what they may be: numbers, addresses, video files."""
