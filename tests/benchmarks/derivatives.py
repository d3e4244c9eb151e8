"""What derivatives cost: the cheap gradient principle, forward against reverse mode, checkpoints, detect_anomaly.

    python -m tests.benchmarks.derivatives

Each table pairs what is compared within one run, interleaved, and prints medians. About a minute.
"""

from __future__ import annotations

import inspect
import textwrap
import time
import tracemalloc
from collections.abc import Callable
from statistics import median
from typing import Any

import autograd
from autograd import Value, checkpoint, collector_paused, detect_anomaly, grad, gradients, hessian, jacobian, sin, value
from autograd.graph import computed
from autograd.sweeps import pull_back, push_forward
from autograd.value import topological_order


def interleaved(works: dict[str, Callable[[], Any]], rounds: int = 15) -> dict[str, float]:
    """The median seconds of each work, all in turn within each round, after one round that does not count."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            with collector_paused():
                started = time.perf_counter()
                work()
                taken = time.perf_counter() - started
            if turn:
                found[name].append(taken)
    return {name: median(taken) for name, taken in found.items()}


def mixed(x: Any) -> Any:
    """A function of n numbers with about 6 n operations: products of neighbours, sines, quotients."""
    total = 0.0
    for a, b in zip(x, [*x[1:], x[0]]):
        total = total + sin(a * b) * a / (2.0 + b)
    return total


def cheap_gradient() -> None:
    print("cheap gradient: the gradient of n inputs, as a multiple of the function (goal: at most 5, whatever n)")
    print(
        f"{'n':>6} {'f, recorded':>12} {'grad(f)':>10} {'ratio':>6} {'as a graph':>11} {'ratio':>6} {'f on floats':>12}"
    )
    for n in (10, 100, 1000):
        x = [0.5 + 0.3 * (k % 7) for k in range(n)]
        inputs, repeat = [Value(each) for each in x], max(1, 2000 // n)
        works = {
            "f": lambda inputs=inputs: mixed(inputs),
            "grad": lambda x=x: grad(mixed)(x),
            "graph": lambda inputs=inputs: gradients(mixed(inputs), inputs),
            "floats": lambda x=x: mixed(x),
        }
        many = {name: repeated(work, repeat) for name, work in works.items()}
        taken = {name: seconds / repeat * 1e3 for name, seconds in interleaved(many).items()}
        print(
            f"{n:6} {taken['f']:9.3f} ms {taken['grad']:7.3f} ms {taken['grad'] / taken['f']:6.2f} "
            f"{taken['graph']:8.3f} ms {taken['graph'] / taken['f']:6.2f} {taken['floats']:9.3f} ms"
        )


def repeated(work: Callable[[], Any], times: int) -> Callable[[], None]:
    def several() -> None:
        for _ in range(times):
            work()

    return several


def modes() -> None:
    print(
        "\nforward against reverse mode: the whole Jacobian of n inputs and m outputs, over a graph of 3000 operations"
    )
    print(f"{'n':>6} {'m':>6} {'reverse':>22} {'forward':>22}   faster")
    for n, m in ((1, 300), (10, 100), (30, 30), (100, 10), (300, 1)):
        x = [Value(0.1 + 0.001 * k) for k in range(n)]
        outputs = chained(x, m)
        order = topological_order(*outputs)
        works = {
            "reverse": lambda x=x, o=outputs, w=order: [pull_back(w, [(each, 1.0)], x, on_values=False) for each in o],
            "forward": lambda x=x, o=outputs, w=order: [push_forward(w, o, {each: 1.0}, on_values=False) for each in x],
        }
        taken = interleaved(works, rounds=3)
        cells = [f"{count} sweeps, {taken[name] * 1e3:.1f} ms" for name, count in (("reverse", m), ("forward", n))]
        print(f"{n:6} {m:6} {cells[0]:>22} {cells[1]:>22}   {min(taken, key=lambda name: taken[name])}")


def chained(x: list[Value], m: int) -> list[Value]:
    """m outputs at the end of a chain through all inputs: 3000 operations."""
    node, outputs = x[0], []
    for k in range(1000):
        node = sin(node) + 0.5 * x[k % len(x)]
        if k >= 1000 - m:
            outputs.append(node)
    return outputs


def second_order() -> None:
    n = 20
    x = [0.5 + 0.01 * k for k in range(n)]
    works = {
        "gradient": lambda: grad(mixed)(x),
        "hessian": lambda: hessian(mixed)(x),
        "jacobian(grad(f))": lambda: jacobian(grad(mixed))(x),
    }
    taken = interleaved(works)
    print(f"\nsecond derivatives of a function of {n} inputs, as a multiple of its gradient")
    for name in ("hessian", "jacobian(grad(f))"):
        print(f"    {name:18} {taken[name] / taken['gradient']:.0f}")


def steps(x: Any, count: int) -> Any:
    for _ in range(count):
        x = x + 1e-5 * sin(x)
    return x


def checkpoints(length: int = 90_000, segments: int = 300) -> None:
    print(f"\ncheckpoint: backward through a chain of {3 * length} operations")
    slopes = []
    for name, step in (("all stored", steps), (f"{segments} segments", checkpoint(steps))):
        tracemalloc.start()
        x = y = Value(1.0)
        for _ in range(segments):
            y = step(y, length // segments)
        y.backward()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        started = time.perf_counter()
        grad(lambda x, step=step: chain_of(step, x, segments, length // segments))(1.0)
        print(f"    {name:14} peak {peak / 1e6:7.2f} MB, {time.perf_counter() - started:.2f} s, gradient {x.grad!r}")
        slopes.append(x.grad)
    print(f"    the same gradient to {abs(slopes[0] - slopes[1]) / abs(slopes[0]):.0e}")


def chain_of(step: Any, x: Any, segments: int, count: int) -> Any:
    for _ in range(segments):
        x = step(x, count)
    return x


def anomaly() -> None:
    """The ordinary path against one in which the question for blocks is cut out of the source."""
    text = textwrap.dedent(inspect.getsource(value.record))
    line = "return as_asked(node) if blocks else node"
    assert text.count(line) == 1
    namespace = dict(vars(value))
    exec(text.replace(line, "return node"), namespace)

    def build(record: Any) -> None:
        a, b = Value(2.0), Value(3.0)
        for _ in range(2_000):
            record(6.0, value.MULTIPLY, a, b, 2.0, 3.0)

    def training() -> None:
        x = Value(0.5)
        steps(x, 200).backward()

    @detect_anomaly()
    def watched() -> None:
        training()

    works = {
        "record": lambda: build(value.record),
        "record, no question": lambda: build(namespace["record"]),
        "outside": training,
        "inside": watched,
    }
    taken = interleaved(works, rounds=201)
    print("\ndetect_anomaly")
    print(f"    outside: recording a node takes {taken['record'] / taken['record, no question']:.3f} of what it takes")
    print("    without asking for open blocks at all (the question is one truth test, which no_grad() needs anyway)")
    print(f"    inside: forward and backward take {taken['inside'] / taken['outside']:.1f} times as long")


def main() -> None:
    operations = len(computed(mixed([Value(1.0) for _ in range(100)])))
    print(f"scalar-autograd {autograd.__version__}; the function of 100 inputs has {operations} operations\n")
    cheap_gradient()
    modes()
    second_order()
    checkpoints()
    anomaly()


if __name__ == "__main__":
    main()
