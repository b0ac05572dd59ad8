"""Annotations in any of the usual formats in, one YOLO dataset out."""
