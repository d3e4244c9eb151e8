"""demos/cost.py: its counts against the graph, equal gradients, bounds on memory, and a short form. No times."""

import math
import tracemalloc

import pytest

from autograd.graph import computed, operations
from demos import cost, measuring
from demos.cost import Size


@pytest.mark.parametrize("size", [Size(2, 3, 5), Size(1, 4, 2), Size(3, 2, 1)])
def test_nodes_and_multiplications_are_those_of_the_graph(size: Size) -> None:
    forward, _ = cost.step_on_values(size)
    loss = forward()
    hidden = size.depth * size.width
    assert len(computed(loss)) == size.batch * (2 * hidden + 3 + 1) + 2  # dot and tanh; logits, log_softmax; mean, sign
    assert operations(loss)["dot"] == size.batch * (hidden + 3)
    model = size.network()
    assert size.multiplications == 3 * size.batch * len(model.parameters())  # each parameter meets each sample


def test_multiplications_by_hand() -> None:
    assert Size(2, 3, 5).multiplications == 3 * 5 * (3 * 5 + 3 * 4 + 3 * 4) == 585


def test_samples_are_penguins() -> None:
    inputs, species = cost.samples(600)
    data = cost.penguins.load(0)
    birds = {(tuple(bird), kind) for bird, kind in zip(data.inputs, data.species)}
    assert len(inputs) == len(species) == 600 and {(tuple(x), kind) for x, kind in zip(inputs, species)} <= birds


@pytest.mark.parametrize(("count", "segment"), [(16, 4), (10, 3), (5, 7)])
def test_recomputing_keeps_fewer_nodes_and_gives_the_same_gradients(count: int, segment: int) -> None:
    stored, kept = cost.chain(count)[0], cost.chain(count, segment)[0]
    assert stored.data == kept.data
    assert len(computed(stored)) == 2 * cost.CHAIN_WIDTH * count + 1
    assert len(computed(kept)) == cost.CHAIN_WIDTH * math.ceil(count / segment) + 1
    assert cost.slopes(count, segment) == pytest.approx(cost.slopes(count), rel=1e-12, abs=1e-15)


def test_recomputing_takes_half_of_the_memory_at_most() -> None:
    stored, recomputed = (measuring.memory(lambda: cost.slopes(1000, segment))[1] for segment in (None, 31))  # noqa: B023
    assert recomputed < stored / 2  # a ninth here; sqrt(1000) is a thirtieth, and segments have lists of their own


def test_memory_is_what_is_kept_and_the_peak() -> None:
    kept, most = measuring.memory(lambda: [bytearray(100_000), len(bytearray(500_000))])
    assert 100_000 <= kept < 110_000 and 600_000 <= most < 610_000
    assert not tracemalloc.is_tracing()
    with pytest.raises(ZeroDivisionError):
        measuring.memory(lambda: 1 / 0)
    assert not tracemalloc.is_tracing()


def test_works_are_timed_in_turn() -> None:
    order: list[int] = []
    found = measuring.medians([lambda: order.append(0), lambda: order.append(1)], rounds=3)
    assert order == [0, 1] * 4 and len(found) == 2 and min(found) >= 0.0


def test_exponents_and_prices_find_what_was_put_in() -> None:
    xs = [3.0, 7.0, 20.0, 100.0]
    assert measuring.exponent(xs, [0.1 * x**0.5 for x in xs]) == pytest.approx(0.5)
    nodes, products = [10, 300, 2000], [50, 40, 100_000]
    totals = [2e-6 * a + 7e-8 * b for a, b in zip(nodes, products)]
    assert measuring.prices(nodes, products, totals) == pytest.approx([2e-6, 7e-8])


def test_other_numbers_are_an_error(monkeypatch) -> None:
    right = cost.slopes
    monkeypatch.setattr(cost, "slopes", lambda count, segment=None: [g + bool(segment) for g in right(count, segment)])
    with pytest.raises(ArithmeticError, match="stored and .* recomputed"):
        cost.chains([9], rounds=1)
    monkeypatch.setattr(cost.nn.CompiledStep, "update_values", lambda self: None)
    with pytest.raises(ArithmeticError, match="compiled step differs"):
        cost.compiled([8], rounds=1)


def test_the_short_form(tmp_path, capsys) -> None:
    pytest.importorskip("matplotlib", reason="the extra `demos` is not installed")
    series = {
        "depth": [Size(depth, 4, 4) for depth in (1, 4, 16)],
        "width": [Size(1, width, 4) for width in (4, 16, 64)],
        "batch": [Size(1, 4, batch) for batch in (4, 16, 64)],
    }
    found, both, fast = cost.main(tmp_path, series, layers=(16, 64, 256), batches=(8, 64, 512), rounds=1)
    told = capsys.readouterr().out
    assert "of forward" in told and "forward passes more" in told and "parameters the same to" in told
    for costs in found.values():
        nodes, graph = [each.nodes for each in costs[1:]], [each.graph for each in costs[1:]]
        assert 0.75 < measuring.exponent(nodes, graph) < 1.05  # a node always costs the same, but for small change
        assert all(each.peak > each.graph > 0 for each in costs)
    layers = [each.layers for each in both]
    assert measuring.exponent(layers, [each.peaks[0] for each in both]) > 0.8
    assert measuring.exponent(layers, [each.peaks[1] for each in both]) < 0.6
    peaks = [each.peak for each in fast]
    assert max(peaks) < 1.5 * min(peaks) < found["batch"][-1].peak  # whatever the batch
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")
