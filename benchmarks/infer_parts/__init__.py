"""The parts of `benchmarks/infer.py`."""
