"""The parts of `fuzz_convert.py`."""
