"""The table that a benchmark prints, a row for each work as soon as it is measured, and the same figures as JSON.

A benchmark brings its works and its engines, the names of the peers, and the layout: a format with a column for the
work and our time, two for each peer (its time, and that time over ours), and three for the goals and what became of
them. Next: measuring.py.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Sequence
from typing import Any

from tests.benchmarks.measuring import Work


def parsed(description: str | None) -> argparse.Namespace:
    """The options of the command line, the same for every benchmark."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller graphs, fewer rounds")
    parser.add_argument("--only", default="", metavar="NAME", help="the works whose name contains this")
    parser.add_argument("--json", metavar="PATH", help="write the figures to this file too")
    return parser.parse_args()


def run(
    works: Sequence[Work], engines: Sequence[Any], options: argparse.Namespace, peers: Sequence[str], layout: str
) -> None:
    """Measure the works that were asked for, print the table, and save the figures if a file was named."""
    names = [name for peer in peers for name in (peer, "ratio")]
    print(layout.format("work", "ours", *names, "goal", "stretch", "met?"))
    reports = []
    for work in works:
        if options.only in work.name:
            medians = work.measure(engines)
            print(line(work, medians, peers, layout), flush=True)
            reports.append(report(work, medians))
    if options.json:
        save(options.json, reports, options.quick)


def cell(number: Any, unit: str = "") -> str:
    """A number to three digits or so, with its unit; or why there is none.

    >>> cell(0.123, "s"), cell(12.34), cell(1234.5, "us"), cell("left out", "s")
    ('0.12 s', '12.3', '1234 us', 'left out')
    """
    if not isinstance(number, float):
        return str(number)
    return f"{number:.{0 if number >= 100 else 1 if number >= 10 else 2}f} {unit}".rstrip()


def line(work: Work, medians: dict[str, Any], peers: Sequence[str], layout: str) -> str:
    """A row of the table."""
    ours = medians["ours"]
    cells = [work.name, cell(ours, work.unit)]
    for peer in peers:
        theirs = medians.get(peer, "not installed")
        cells += [cell(theirs, work.unit), cell(theirs / ours) if isinstance(theirs, float) else "-"]
    goal = ", ".join(each.written_out(work.unit) for each in work.goals)
    met = work.verdict(medians)
    if met == "no":
        met = f"no, {work.missed_by(medians):.3g} times too much"
    return layout.format(*cells, goal, work.stretch.written_out(work.unit), met)


def report(work: Work, medians: dict[str, Any]) -> dict[str, Any]:
    """A row of the table, for the JSON file."""
    return {
        "work": work.name.strip(),
        "unit": work.unit,
        "medians": medians,
        "goal": [goal.written_out(work.unit) for goal in work.goals],
        "stretch": work.stretch.written_out(work.unit),
        "met": work.verdict(medians),
        "times_the_goal": work.missed_by(medians),
    }


def save(path: str, reports: Sequence[dict[str, Any]], quick: bool) -> None:
    """Write the figures down, with the machine that they were measured on."""
    machine = {"python": platform.python_version(), "machine": platform.platform(), "quick": quick}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**machine, "works": reports}, file, indent=1)
    print(f"\nwritten to {path}")
