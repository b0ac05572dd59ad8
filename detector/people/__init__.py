"""Who is who, and how they wear their mask over time."""
