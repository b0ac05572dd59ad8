"""Records annotated video of every camera."""
