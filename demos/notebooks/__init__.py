"""Notebooks for lessons. The Jupyter ones are written as plain Python and turned into .ipynb by __main__.py.

tour.py: start here. Then steps.py (the backward pass, one step at a time) and training.py (a network learns while one
watches), for Jupyter; sliders.py is for marimo. All are run by tests/test_notebooks.py.
"""
