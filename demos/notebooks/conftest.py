"""Notebooks are run by tests/test_notebooks.py, in kernels of their own; they are not searched for doctests."""

collect_ignore_glob = ["*.py"]
