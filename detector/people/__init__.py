"""People in front of a camera: their numbers, and how they wear their mask over time."""
