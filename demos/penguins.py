"""The Palmer penguins as numbers: read, split into training and held-out samples, standardised. Used by tour.py."""

from __future__ import annotations

import csv
import random
import statistics
from dataclasses import dataclass
from pathlib import Path

SPECIES = ("Adelie", "Chinstrap", "Gentoo")
MEASUREMENTS = {
    "bill_length_mm": "bill length (mm)",
    "bill_depth_mm": "bill depth (mm)",
    "flipper_length_mm": "flipper length (mm)",
    "body_mass_g": "body mass (g)",
}


@dataclass
class Penguins:
    """Samples of four measurements and their species, 0 to 2, standardised with the means and spreads of the training
    samples. `missing` birds lacked a measurement and are left out."""

    inputs: list[list[float]]
    species: list[int]
    held_out_inputs: list[list[float]]
    held_out_species: list[int]
    means: list[float]
    spreads: list[float]
    missing: int


def load(seed: int = 0, held_out_share: float = 0.25) -> Penguins:
    """Read the data and hold out a share of each species, drawn by the seed.

    >>> penguins = load()
    >>> len(penguins.inputs), len(penguins.held_out_inputs), penguins.missing
    (258, 84, 2)
    """
    with open(Path(__file__).with_name("data") / "penguins.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    whole = [row for row in rows if all(row[name] != "NA" for name in MEASUREMENTS)]
    rng = random.Random(seed)
    training, held_out = [], []
    for index, name in enumerate(SPECIES):
        birds = [([float(row[m]) for m in MEASUREMENTS], index) for row in whole if row["species"] == name]
        rng.shuffle(birds)
        count = int(len(birds) * held_out_share)
        held_out += birds[:count]
        training += birds[count:]
    columns = list(zip(*(measured for measured, _ in training)))
    means, spreads = [statistics.fmean(c) for c in columns], [statistics.stdev(c) for c in columns]

    def standardised(birds: list[tuple[list[float], int]]) -> list[list[float]]:
        return [[(x - mean) / spread for x, mean, spread in zip(bird, means, spreads)] for bird, _ in birds]

    return Penguins(
        standardised(training),
        [index for _, index in training],
        standardised(held_out),
        [index for _, index in held_out],
        means,
        spreads,
        missing=len(rows) - len(whole),
    )
