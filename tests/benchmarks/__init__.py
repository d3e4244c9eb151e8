"""Benchmarks: `python -m tests.benchmarks` times this engine beside its peers and prints a table.

Nothing here passes or fails; tests/test_benchmarks.py checks that the works are what they claim to be.
"""
