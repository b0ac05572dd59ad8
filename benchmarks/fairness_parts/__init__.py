"""Pieces of `benchmarks/fairness.py`: the tone of bare skin, and a sheet that shows where it was measured."""
