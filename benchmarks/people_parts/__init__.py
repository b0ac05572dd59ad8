"""What `benchmarks/people.py` is made of: the scenes, and the trackers that are compared."""
