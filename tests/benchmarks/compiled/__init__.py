"""Benchmarks of compiled code: `python -m tests.benchmarks.compiled` times it beside JAX, PyTorch and C by hand.

Nothing here passes or fails; tests/test_benchmarks_compiled.py checks that everybody computes the same.
"""
