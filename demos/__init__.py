"""Short programs on real or honestly generated data. Start with `python -m demos.tour`; README.md lists them all."""
