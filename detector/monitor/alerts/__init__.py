"""Rules that raise alerts, and sinks that deliver them."""
