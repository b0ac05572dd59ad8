"""`detector watch` and `detector report`: cameras, events, alerts, recordings, the store and reports."""
