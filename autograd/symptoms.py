"""What is silently wrong with a training step: each symptom is a function that gives a line, what and what to do.

What they look at is measured in microscope.py; diagnosis.py prints and warns.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from autograd.value import LEAF, Value

if TYPE_CHECKING:
    from autograd.microscope import Layer

SATURATING = {"tanh", "sigmoid", "softsign", "erf", "atan"}
FLAT_FAR_OUT = SATURATING | {"erfc", "softmax", "log_softmax", "softplus", "logsigmoid", "exp", "exp2", "silu", "gelu"}
FLAT_FAR_OUT |= {"elu", "sech", "maximum", "minimum"}
KINK_AT_ZERO = {"relu", "leaky_relu", "abs", "step", "sign"}
TIES = {"maximum", "minimum"}
JUMP = 0.1  # of its size: a step that changes a layer by more does not follow the gradient any longer


def silent_mistakes(
    loss: Value,
    parameters: Mapping[Value, str],
    slopes: Mapping[Value, float],
    nodes: list[Value],
    layers: list[Layer],
) -> list[str]:
    """All that looks wrong with a loss and its gradients; where one thing explains others, only that."""
    wrong = [*unreached(parameters, slopes)]
    if not all(map(math.isfinite, (loss._data, *slopes.values()))):
        return wrong
    if any(layer.alike for layer in layers):
        return [*wrong, *units_alike(layers)]
    wrong += [*at_kinks(nodes), *dead_units(layers), *saturated(layers)]
    if any(layer.saturated for layer in layers):
        return wrong
    return [*wrong, *all_zero(parameters, slopes, nodes), *vanishing(layers)]


def not_finite(loss: Value, layers: list[Layer], slopes: Mapping[Value, float]) -> Iterable[str]:
    if not math.isfinite(loss._data):
        yield f"the loss is {loss._data}: compute it inside detect_anomaly() to see where"
        return
    odd = {layer.name: odd_one(layer.gradients) for layer in layers}
    for name, text in odd.items():
        if text:
            yield f"gradients of {name} are {text}: run backward() inside detect_anomaly() to see where"
    text = odd_one(slopes.values())
    if text and not any(odd.values()):
        yield f"gradients are {text}: run backward() inside detect_anomaly() to see where"


def odd_one(numbers: Iterable[float]) -> str:
    """'nan' or 'inf', if there is one among the numbers."""
    return next((str(abs(number)) for number in numbers if not math.isfinite(number)), "")


def came_in(found: Mapping[Value, str], leaves: Iterable[Value], constants: Iterable[float]) -> Iterable[str]:
    """What was nan before anything was computed; `found` has the names of leaves."""
    for leaf in leaves:
        if math.isnan(leaf._data):
            yield f"{found.get(leaf, 'a leaf')} is nan: nan came in with the data; clean them first"
            return
    count = sum(map(math.isnan, constants))
    if count:
        numbers = "1 constant is" if count == 1 else f"{count} constants are"
        yield f"{numbers} nan: nan came in with the data; clean them first"


# ---- gradients that should have been forgotten ---------------------------------------------------


def run_twice(loss: Value, behind: list[Value], parameters: Mapping[Value, str]) -> Iterable[str]:
    """For a loss that is about to be run backward: its graph was already, or other losses left their gradients.

    Parameters tell it; without a model only what all leaves have in common, since some may be out of anyone's reach.
    """
    kept = [leaf for leaf in behind if leaf.grad_is_computed and (leaf in parameters or not parameters)]
    if not kept or loss._operation is LEAF or (not parameters and len(kept) < len(behind)):
        return
    if loss.grad_is_computed:
        leaves = f"{len(kept)} leaves keep their gradients" if len(kept) > 1 else "1 leaf keeps its gradient"
        yield f"backward() has already run on this graph, and {leaves}: another pass adds to it; call zero_grad() first"
    else:
        yield (
            f"{'parameters' if parameters else 'leaves'} already hold gradients when backward() of another loss runs; "
            "call zero_grad() before it, unless you mean to add up over batches"
        )


def unreached(parameters: Mapping[Value, str], slopes: Mapping[Value, float]) -> Iterable[str]:
    missing = [name for parameter, name in parameters.items() if parameter not in slopes]
    if missing:
        several = f"{', '.join(missing[:3])}{f' and {len(missing) - 3} more' if len(missing) > 3 else ''}"
        yield f"no gradient reaches {several}: the loss was computed without it; look for detach, no_grad or .data"


# ---- layers and units ----------------------------------------------------------------------------


def units_alike(layers: list[Layer]) -> Iterable[str]:
    for layer in layers:
        if layer.alike and layer.weight == 0:
            yield f"all weights of {layer.name} are 0: initialise them at random"
        elif layer.alike:
            yield f"all units of {layer.name} have equal weights and will stay alike; initialise them at random"


def at_kinks(nodes: list[Value]) -> Iterable[str]:
    counts: Counter[str] = Counter()
    for node in nodes:
        if (node.op in KINK_AT_ZERO and node._a == 0.0) or (node.op in TIES and node._a == node._b):
            counts[f"{node.op}({node._a!r}{f', {node._b!r}' if node.op in TIES else ''})"] += 1
    for text, count in counts.items():
        yield f"{text} stands on its kink{f' {count} times' * (count > 1)}: one slope of many was taken; move the input"


def dead_units(layers: list[Layer]) -> Iterable[str]:
    for layer in layers:
        if layer.dead and not layer.saturated and layer.activation not in SATURATING:
            verb = "is" if layer.dead == 1 else "are"
            yield (
                f"{layer.name}: {layer.dead} of {len(layer.units)} {layer.activation} units {verb} dead (slope 0 for "
                "every sample of the batch); lower the learning rate, or use leaky_relu"
            )


def saturated(layers: list[Layer]) -> Iterable[str]:
    for layer in layers:
        if layer.saturated:
            yield (
                f"{layer.name}: its {layer.activation} units are saturated {layer.off:.0%} of the time, and pass next "
                "to no gradient on; scale its inputs or weights down"
            )


def all_zero(parameters: Mapping[Value, str], slopes: Mapping[Value, float], nodes: list[Value]) -> Iterable[str]:
    relevant = [slope for leaf, slope in slopes.items() if leaf in parameters or not parameters]
    if relevant and not any(relevant):
        flat = sorted({node.op for node in nodes if node.op in FLAT_FAR_OUT and not any(node.local_gradients(1.0))})
        if flat:
            yield f"every gradient is exactly 0: {' and '.join(flat)} saturated; scale the inputs or the weights down"


def vanishing(layers: list[Layer]) -> Iterable[str]:
    if len(layers) > 1 and 0.0 < layers[0].gradient < 1e-4 * layers[-1].gradient:
        ratio = layers[0].gradient / layers[-1].gradient
        yield (
            f"the gradient vanishes: in {layers[0].name} it is {ratio:.0e} of that in {layers[-1].name}; "
            "use relu, another initialisation or normalisation"
        )


def steps_too_large(ratios: Iterable[tuple[str, float]]) -> Iterable[str]:
    for name, ratio in ratios:
        if JUMP < ratio < math.inf:
            yield f"{name} jumps: a step changes its weights by {in_sizes(ratio)} their size; lower the learning rate"


def in_sizes(ratio: float) -> str:
    """A ratio in words: '0.003 of' a size, '110 times' it."""
    rounded = float(f"{ratio:.2g}")
    return (
        f"{rounded:.2g} of" if ratio < 1 else f"{rounded:,.0f} times" if 10 <= ratio < 1e6 else f"{rounded:.2g} times"
    )
