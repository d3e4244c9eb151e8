"""What a training step costs: time and memory against depth, width and batch size; stored, recomputed, compiled.

    python -m demos.cost [folder]

The backward pass asks every node for its local derivative, and that is made of the numbers of the forward pass. So they
are kept until it has passed: backpropagation pays with memory for its speed.

- Time is proportional to the work: forward a multiplication for each weight and sample, backward two, one for the
  weight's gradient and one for its input's. The whole gradient costs a few forward passes, however many parameters
  there are. (Baur and Strassen 1983) On Values a node costs too, as much as some twenty multiplications, so that wide
  layers, which multiply much in few nodes, are cheap for their size.
- Memory is proportional to the nodes that are kept: samples times units, whatever the weights.
- Who keeps only every sqrt(n)-th of n layers, and computes the others once more when the backward pass gets there,
  holds of the order of sqrt(n) layers at a time. (Griewank 1992; Chen et al. 2016) The price is one more forward pass;
  with `autograd.checkpoint` two or three, for it also looks through each segment for what that reaches from outside.
- Compiled training keeps the numbers of one sample, adds up its gradients, and goes on to the next in the same place:
  the memory of a step does not grow with the batch.

The data are the Palmer penguins. Times are medians of the processor's time, all sizes in turn within each round, so
that a slow moment of the machine strikes all alike; the garbage collector is paused, as in `nn.fit`. Memory is that of
another run: tracemalloc, which counts every byte that Python is given, takes time itself. It does not see what machine
code does, so that the process is looked at too. Exponents are slopes in the logarithmic pictures.
"""

from __future__ import annotations

import functools
import math
import random
import sys
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import autograd
import nn
from autograd import Value, checkpoint
from autograd.graph import computed
from demos import penguins, pictures
from demos.measuring import exponent, medians, memory, prices, resident

Samples = tuple[list[list[float]], list[int]]
CHAIN_WIDTH = 8


@dataclass(frozen=True)
class Size:
    """So many hidden layers of so many units, and so many samples."""

    depth: int
    width: int
    batch: int

    @property
    def multiplications(self) -> int:
        """Of a step: for each sample and each weight (biases are weights of a 1) one forward and two backward."""
        widths = [4] + [self.width] * self.depth + [3]
        return 3 * self.batch * sum((nin + 1) * nout for nin, nout in pairwise(widths))

    def network(self) -> nn.MLP:
        return nn.MLP(4, [self.width] * self.depth + [3], activation="tanh", rng=0)


SERIES = {
    "depth": [Size(depth, 16, 8) for depth in (2, 4, 8, 16, 32, 64)],
    "width": [Size(2, width, 8) for width in (8, 16, 32, 64, 128, 256)],
    "batch": [Size(2, 16, batch) for batch in (8, 16, 32, 64, 128, 256, 512)],
}
CHAINS = (16, 64, 256, 1024, 4096)
COMPILED_BATCHES = (8, 32, 128, 512, 2048, 8192)


def samples(count: int) -> Samples:
    """Training penguins, over and over if there are not enough of them."""
    data, rng = penguins.load(0), random.Random(0)
    which = [rng.randrange(len(data.inputs)) for _ in range(count)]
    return [data.inputs[k] for k in which], [data.species[k] for k in which]


# ---- a step, by its size ----------------------------------------------------------------------------


@dataclass
class Cost:
    """What one step on Values takes: seconds in all and for the forward pass; the graph's nodes and bytes; the peak."""

    size: Size
    seconds: float
    forward: float
    nodes: int
    graph: int
    peak: int


def step_on_values(size: Size) -> tuple[Callable[[], Value], Callable[[], None]]:
    """The forward pass as a function, and the whole step."""
    model, (inputs, species) = size.network(), samples(size.batch)
    optimizer = nn.SGD(model.parameters(), lr=0.01)

    def forward() -> Value:
        return nn.cross_entropy([model(x) for x in inputs], species)

    def step() -> None:
        loss = forward()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return forward, step


def costs(sizes: Sequence[Size], rounds: int) -> list[Cost]:
    """Time all sizes; then, in a run apart, look at their memory."""
    works = [step_on_values(size) for size in sizes]
    seconds = medians([work for pair in works for work in pair], rounds)
    found = []
    for size, (forward, step), ahead, whole in zip(sizes, works, seconds[::2], seconds[1::2]):
        nodes, (graph, _), (_, peak) = len(computed(forward())), memory(forward), memory(step)
        found.append(Cost(size, whole, ahead, nodes, graph, peak))
    return found


def print_costs(found: dict[str, list[Cost]]) -> None:
    print(
        f"{'layers':>8}{'units':>6}{'samples':>9}{'multiplications':>17}{'ms':>9}{'ns each':>9}{'of forward':>12}",
        end="",
    )
    print(f"{'nodes':>9}{'kB':>9}{'bytes each':>12}")
    for cost in (cost for series in found.values() for cost in series):
        size, work = cost.size, cost.size.multiplications
        print(f"{size.depth:8}{size.width:6}{size.batch:9}{work:17,}{1e3 * cost.seconds:9.2f}", end="")
        print(f"{1e9 * cost.seconds / work:9.0f}{cost.seconds / cost.forward:11.1f}x", end="")
        print(f"{cost.nodes:9,}{cost.graph / 1e3:9,.0f}{cost.graph / cost.nodes:12.0f}")
    print("\nExponents, over all sizes and over the larger half:")
    for name, series in found.items():
        work, seconds = [cost.size.multiplications for cost in series], [cost.seconds for cost in series]
        nodes, graph = [cost.nodes for cost in series], [cost.graph for cost in series]
        half = len(series) // 2
        times = f"{exponent(work, seconds):.2f} {exponent(work[half:], seconds[half:]):.2f}"
        sizes = f"{exponent(nodes, graph):.2f} {exponent(nodes[half:], graph[half:]):.2f}"
        print(f"    {name:6} time by multiplications {times}    memory by nodes {sizes}")
    everything = [cost for series in found.values() for cost in series]
    a_node, a_product = prices(
        [cost.nodes for cost in everything],
        [cost.size.multiplications for cost in everything],
        [cost.seconds for cost in everything],
    )
    print(f"fitted to all: {1e9 * a_node:,.0f} ns a node and {1e9 * a_product:,.0f} ns a multiplication")


# ---- stored and recomputed --------------------------------------------------------------------------


@dataclass
class Chain:
    """A chain of so many layers, stored and recomputed: the peaks in bytes, the seconds; those of the forward pass."""

    layers: int
    peaks: tuple[int, int]
    seconds: tuple[float, float]
    forward: float


def chain(count: int, segment: int | None = None) -> tuple[Value, list[Value]]:
    """One layer applied `count` times, as in a recurrent network; its sum, and what it depends on: inputs, weights.

    The weights are shared, so that it is only the chain that grows. With `segment` only every so many layers are kept.
    """
    layer = nn.Layer(CHAIN_WIDTH, CHAIN_WIDTH, "tanh", rng=0)

    def run(x: list[Value], layers: int) -> list[Value]:
        for _ in range(layers):
            x = layer(x)
        return x

    inputs = [Value(0.1 * k) for k in range(CHAIN_WIDTH)]
    x = inputs
    for begin in range(0, count, segment or count):
        many = min(segment or count, count - begin)
        x = checkpoint(run)(x, many) if segment else run(x, many)
    return autograd.sum(x), [*inputs, *layer.parameters()]


def slopes(count: int, segment: int | None = None) -> list[float]:
    """All gradients of a chain, by a backward pass."""
    total, leaves = chain(count, segment)
    total.backward()
    return [leaf.grad for leaf in leaves]


def chains(counts: Sequence[int], rounds: int) -> list[Chain]:
    """Time chains and measure them, both ways; ArithmeticError if their gradients differ."""
    found = []
    for count in counts:
        segment = math.isqrt(count)
        for a, b in zip(slopes(count), slopes(count, segment)):
            if not math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12):
                raise ArithmeticError(f"the gradient is {a} stored and {b} recomputed\nplease report it")
        both = [functools.partial(slopes, count), functools.partial(slopes, count, segment)]
        forward, stored, recomputed = medians([functools.partial(chain, count), *both], rounds)
        found.append(Chain(count, (memory(both[0])[1], memory(both[1])[1]), (stored, recomputed), forward))
    return found


def print_chains(found: Sequence[Chain]) -> None:
    print(f"\n{'layers':>8}{'stored':>21}{'recomputed':>21}    forward passes more")
    for each in found:
        columns = "".join(f"{peak / 1e3:9,.0f} kB{1e3 * s:7.1f} ms" for peak, s in zip(each.peaks, each.seconds))
        print(f"{each.layers:8}{columns}{(each.seconds[1] - each.seconds[0]) / each.forward:12.1f}")


# ---- compiled ---------------------------------------------------------------------------------------


@dataclass
class Compiled:
    """One compiled step: its seconds; the bytes it takes in passing, those of the batch, those the process grew by."""

    size: Size
    seconds: float
    peak: int
    data: int
    grown: int


def compiled(batches: Sequence[int], rounds: int) -> list[Compiled]:
    """The step of the series of batches, compiled; ArithmeticError if it computes something else than on Values."""
    small = Size(2, 16, 8)
    model, on_values, (inputs, species) = small.network(), small.network(), samples(small.batch)
    step = nn.compile_step(model, nn.cross_entropy, nn.SGD(model.parameters(), lr=0.01))
    nn.fit(on_values, inputs, species, loss=nn.cross_entropy, lr=0.01, epochs=1, compile=False, progress=False)
    step(inputs, species)
    step.update_values()
    pairs = zip(model.parameters(), on_values.parameters())
    worst = max(abs(a.data - b.data) for a, b in pairs)
    if not worst <= 1e-9:
        raise ArithmeticError(f"a compiled step differs by {worst:.1e} from one on Values\nplease report it")
    print(f"\none step compiled and on Values: parameters the same to {worst:.0e}")
    found = []
    for batch in batches:
        inputs, species = samples(batch)
        numbers = array("d", [x for each in inputs for x in each])
        table = memoryview(numbers).cast("B").cast("d", (batch, 4)), array("d", species)
        one = functools.partial(step, *table)
        one()  # binds the code to the table
        before = resident()
        [seconds] = medians([one], rounds)
        grown = resident() - before
        found.append(Compiled(Size(2, 16, batch), seconds, memory(one)[1], 8 * 5 * batch, grown))
    return found


def print_compiled(found: Sequence[Compiled], eager: Sequence[Cost]) -> None:
    by_batch = {cost.size.batch: cost for cost in eager}
    print(f"{'samples':>9}{'on Values':>24}{'compiled':>24}{'the data':>12}")
    for each in found:
        cost = by_batch.get(each.size.batch)
        left = f"{1e3 * cost.seconds:10.2f} ms{cost.peak / 1e3:8,.0f} kB" if cost else ""
        right = f"{1e3 * each.seconds:10.3f} ms{each.peak / 1e3:8.1f} kB"
        print(f"{each.size.batch:9}{left:>24}{right:>24}{each.data / 1e3:9.1f} kB")
    print(
        f"while it took all these compiled steps, the process grew by {sum(each.grown for each in found) / 1e3:.0f} kB"
    )


# ---- the picture ------------------------------------------------------------------------------------

LABELS = {"depth": "more layers", "width": "wider layers", "batch": "more samples"}
INK = "#333333"


def guide(axes: Any, xs: Sequence[float], ys: Sequence[float]) -> None:
    """A dotted line of proportion through the last point."""
    axes.plot([xs[0], xs[-1]], [ys[-1] * xs[0] / xs[-1], ys[-1]], ":", color="grey", label="proportional", zorder=0)


def draw_series(
    axes: Any, found: dict[str, list[Cost]], x: Callable[[Cost], float], y: Callable[[Cost], float]
) -> None:
    for (name, series), colour, marker in zip(found.items(), pictures.COLOURS, pictures.MARKERS):
        xs, ys = [x(cost) for cost in series], [y(cost) for cost in series]
        half = len(xs) // 2
        label = f"{LABELS[name]}: exponent {exponent(xs[half:], ys[half:]):.2f} in the larger half"
        axes.plot(xs, ys, marker=marker, color=colour, label=label, markersize=5)
    guide(axes, xs, ys)


def draw_chains(axes: Any, both: Sequence[Chain]) -> None:
    layers, last = [each.layers for each in both], both[-1]
    for place, name, colour, marker in ((0, "all stored", pictures.BLUE, "o"), (1, "recomputed", pictures.ORANGE, "s")):
        peaks, half = [each.peaks[place] / 1e3 for each in both], len(both) // 2
        power, seconds = exponent(layers[half:], peaks[half:]), last.seconds[place]
        label = f"{name}: exponent {power:.2f}; n = {last.layers:,} in {1e3 * seconds:.0f} ms"
        axes.plot(layers, peaks, marker=marker, color=colour, label=label, markersize=5)
    axes.set(title="Recomputing: √n in place of n, for more time", xlabel="layers n", ylabel="peak memory (kB)")


def draw(found: dict[str, list[Cost]], both: Sequence[Chain], fast: Sequence[Compiled], path: Path) -> Path:
    """Time and memory of a step; stored against recomputed; on Values against compiled."""
    made, axes = pictures.figure(2, 11.0, 8.4, rows=2)
    draw_series(axes[0], found, lambda cost: cost.size.multiplications, lambda cost: 1e3 * cost.seconds)
    work = [each.size.multiplications for each in fast]
    axes[0].plot(
        work, [1e3 * each.seconds for each in fast], "D-", color=INK, label="more samples, compiled", markersize=4
    )
    axes[0].set(
        title="Time goes with the multiplications", xlabel="multiplications in a step", ylabel="time of a step (ms)"
    )
    draw_series(axes[1], found, lambda cost: cost.nodes, lambda cost: cost.graph / 1e3)
    axes[1].set(
        title="Memory goes with the nodes that are kept", xlabel="nodes kept", ylabel="memory of the graph (kB)"
    )
    draw_chains(axes[2], both)
    eager, batches = found["batch"], [each.size.batch for each in fast]
    peaks = [cost.peak / 1e3 for cost in eager]
    axes[3].plot([cost.size.batch for cost in eager], peaks, "^-", color=pictures.GREEN, label="on Values")
    axes[3].plot(batches, [each.data / 1e3 for each in fast], ":", color="grey", label="the data themselves")
    axes[3].plot(batches, [each.peak / 1e3 for each in fast], "D-", color=INK, label="compiled", markersize=4)
    title = "Compiled, the batch costs no memory"
    axes[3].set(title=title, xlabel="samples in a batch", ylabel="peak memory of a step (kB)")
    for each in axes:
        each.set(xscale="log", yscale="log")
        each.legend(frameon=False, fontsize=9, loc="upper right" if each is axes[3] else "upper left")
    axes[0].set_ylim(top=300 * axes[0].get_ylim()[1])  # room for the legend
    return pictures.save(made, path)


def main(
    folder: str | Path = "cost",
    series: dict[str, list[Size]] = SERIES,
    layers: Sequence[int] = CHAINS,
    batches: Sequence[int] = COMPILED_BATCHES,
    rounds: int = 15,
) -> tuple[dict[str, list[Cost]], list[Chain], list[Compiled]]:
    """Measure all of it, print and draw; returns the costs by series, the chains, and the compiled steps."""
    each = iter(costs([size for sizes in series.values() for size in sizes], rounds))
    found = {name: [next(each) for _ in sizes] for name, sizes in series.items()}
    print_costs(found)
    both = chains(layers, rounds)
    print_chains(both)
    fast = compiled(batches, rounds)
    print_compiled(fast, found["batch"])
    try:
        print("wrote", draw(found, both, fast, Path(folder) / "cost.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return found, both, fast


if __name__ == "__main__":
    main(*sys.argv[1:2])
