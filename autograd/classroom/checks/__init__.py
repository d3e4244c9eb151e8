"""The check of each exercise: the truth, and what each misconception would answer. Start at slopes.py."""

from __future__ import annotations

from autograd.classroom.checks import deep, engines, networks, order, shelf, shelf_more, slopes, steps
from autograd.classroom.checks.registry import CHECKS, GIVEN_NUMBERS

__all__ = ["CHECKS", "GIVEN_NUMBERS", "deep", "engines", "networks", "order", "shelf", "shelf_more", "slopes", "steps"]
