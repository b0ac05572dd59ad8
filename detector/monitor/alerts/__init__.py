"""Who is told, and when: rules that raise alerts, and sinks that carry them to people and machines."""
