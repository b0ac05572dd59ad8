"""What `benchmarks/robustness.py` measures beside this detector, and the page that it writes."""
