"""Annotated video of what was watched."""
