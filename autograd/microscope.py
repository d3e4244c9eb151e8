"""The training microscope: what a loss's gradients look like, layer by layer, and what is silently wrong with them.

`examine` measures; diagnosis.py prints what it finds, and warns of it inside `detect_anomaly()`. Nothing here runs
unless asked for, and nobody's `.grad` is touched.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd.floats import as_float
from autograd.graph import leaves
from autograd.sweeps import pull_back
from autograd.value import LEAF, Value, topological_order

# Activations with the largest slope each can have. A unit is off where its slope is below a hundredth of that.
STEEPEST = {"tanh": 1.0, "sigmoid": 0.25, "softsign": 1.0, "relu": 1.0, "elu": 1.0, "gelu": 1.0, "silu": 1.0}
SATURATING = {"tanh", "sigmoid", "softsign"}
LINEAR = {"+", "-", "*", "/", "dot", "sum", "mean", "identity"}  # what stands between weights and an activation
KINK_AT_ZERO = {"relu", "leaky_relu", "abs", "step", "sign"}
TIES = {"maximum", "minimum"}


@dataclass
class Layer:
    """A part of a model: its parameters with their gradients, and its units, each with its slopes over the batch."""

    name: str
    weights: list[float] = field(default_factory=list)
    gradients: list[float] = field(default_factory=list)
    units: dict[frozenset[Value], list[tuple[str, float]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def gradient(self) -> float:
        """The gradient's size: the root of its mean square."""
        return rms(self.gradients)

    @property
    def weight(self) -> float:
        return rms(self.weights)

    @property
    def off(self) -> float:
        """The share of all units and samples where the slope is next to nothing."""
        slopes = [slope / STEEPEST[name] for unit in self.units.values() for name, slope in unit]
        return sum(slope < 0.01 for slope in slopes) / len(slopes) if slopes else 0.0

    @property
    def dead(self) -> int:
        """The number of units whose slope is exactly 0 for every sample."""
        return sum(all(slope == 0.0 for _, slope in unit) for unit in self.units.values())

    @property
    def activation(self) -> str:
        return next(iter(self.units.values()))[0][0] if self.units else ""


@dataclass
class Report:
    """What `examine` found: the layers in order, and a line for each thing that looks wrong."""

    loss: float
    lr: float
    layers: list[Layer]
    findings: list[str]

    def update_ratio(self, layer: Layer) -> float:
        """By how much of its size one step of SGD changes a layer: lr * |gradient| / |weights|."""
        return (
            self.lr * layer.gradient / layer.weight
            if layer.weight
            else math.inf * layer.gradient
            if layer.gradient
            else 0.0
        )

    def __str__(self) -> str:
        form = "{:<12} {:>10} {:>10} {:>10} {:>14}  {}"
        lines = [f"loss {self.loss:.6g}; updates as by SGD at lr = {self.lr:g}"]
        if self.layers:
            lines += ["", form.format("layer", "parameters", "gradient", "weights", "update/weight", "units")]
        for layer in self.layers:
            sizes = [f"{layer.gradient:.1e}", f"{layer.weight:.1e}", f"{self.update_ratio(layer):.1e}"]
            lines.append(form.format(layer.name, len(layer.weights), *sizes, units_in_words(layer)))
        lines += ["", *(pace_in_words(layer.name, self.update_ratio(layer)) for layer in self.layers)]
        lines += [f"! {finding}" for finding in self.findings] or ["nothing looks wrong"]
        return "\n".join(lines)


def rms(numbers: Iterable[float]) -> float:
    numbers = list(numbers)
    return math.hypot(*numbers) / math.sqrt(len(numbers)) if numbers else 0.0


def units_in_words(layer: Layer) -> str:
    if not layer.units:
        return "linear"
    state = "saturated" if layer.activation in SATURATING else "off"
    return f"{len(layer.units)} {layer.activation}: {layer.dead} dead, {state} {layer.off:.0%} of the time"


def pace_in_words(name: str, ratio: float) -> str:
    """How fast a layer learns. About a thousandth of its size a step is a healthy pace. (Karpathy, CS231n notes)"""
    if ratio == 0:
        return f"{name} stands still."
    pace = "hardly moves" if ratio < 1e-5 else "moves slowly" if ratio < 1e-4 else "moves at a healthy pace"
    pace = "jumps, so lower the learning rate" if ratio > 0.1 else "moves fast" if ratio > 1e-2 else pace
    return f"{name} {pace}: a step changes its weights by {ratio:.2g} of their size."


def examine(loss: Value, model: Any = None, lr: float = 0.01) -> Report:
    """Measure the gradients of a loss, layer by layer of a model, and list what is silently wrong.

    >>> from autograd import Value, relu
    >>> w = Value(-1.0, label="w")
    >>> print(*examine(relu(w * 3.0), [w]).findings)
    w: 1 of 1 relu units is dead (slope 0 for every sample of the batch); lower the learning rate, or use leaky_relu

    `model` is a Module, anything else with `named_parameters()`, or a list of Values. The gradients are computed anew,
    whether `backward()` was called or not.
    """
    lr = as_float(lr, "lr")
    order, behind = topological_order(loss), leaves(loss)
    slopes = dict(zip(behind, pull_back(order, [(loss, 1.0)], behind, on_values=False)))
    parameters = named_parameters(model)
    nodes = [node for node in order if isinstance(node, Value)]
    layers = layers_of(parameters, slopes, nodes)
    findings = [*run_twice(loss, behind), *unreached(parameters, slopes), *at_kinks(nodes), *dead_units(layers)]
    return Report(loss._data, lr, layers, [*findings, *all_zero(parameters, slopes, nodes), *vanishing(layers)])


# ---- layers and units ----------------------------------------------------------------------------


def named_parameters(model: Any) -> dict[Value, str]:
    """The parameters of a model with their names; of a list, with their labels."""
    if model is None:
        return {}
    if hasattr(model, "named_parameters"):
        return {parameter: name for name, parameter in model.named_parameters()}
    if not isinstance(model, (list, tuple)) or not all(isinstance(each, Value) for each in model):
        raise TypeError(f"{model!r:.60} is not a model\ngive it a Module, or a list of parameters")
    return {parameter: parameter.label or f"parameter {place}" for place, parameter in enumerate(model)}


def layer_name(path: str) -> str:
    """The layer that a parameter belongs to: the owner of the attribute, or the numbered part that the owner is in.

    >>> [layer_name(path) for path in ("layers.0.neurons.1.w.2", "head.w.3", "slope")]
    ['layers.0', 'head', 'slope']
    """
    parts = path.split(".")
    while parts[-1].isdigit() and len(parts) > 1:
        parts.pop()
    owner = parts[:-1] or parts
    numbered = next((place for place, part in enumerate(owner) if part.isdigit()), len(owner))
    return ".".join(owner[: numbered + 1])


def layers_of(parameters: Mapping[Value, str], slopes: Mapping[Value, float], nodes: list[Value]) -> list[Layer]:
    layers: dict[str, Layer] = {}
    for parameter, path in parameters.items():
        layer = layers.setdefault(layer_name(path), Layer(layer_name(path)))
        layer.weights.append(parameter._data)
        layer.gradients.append(slopes.get(parameter, 0.0))
    for node in nodes:
        if node.op in STEEPEST:
            unit = parameters_of_unit(node, parameters)
            if unit:
                own = next(parameter for parameter in parameters if parameter in unit)
                slope = abs(node.local_gradients(1.0)[0])
                layers[layer_name(parameters[own])].units[unit].append((node.op, slope))
    return list(layers.values())


def parameters_of_unit(activation: Value, parameters: Mapping[Value, str]) -> frozenset[Value]:
    """The parameters between an activation and the activations before it: they tell which unit it is."""
    found: set[Value] = set()
    seen: set[Value] = set()
    stack = list(activation.parents[:1])
    while stack:
        node = stack.pop()
        if node in parameters:
            found.add(node)
        elif node not in seen and node.op in LINEAR:
            seen.add(node)
            stack += node.parents
    return frozenset(found)


# ---- what is silently wrong: each a line that says what, and what to do --------------------------


def run_twice(loss: Value, behind: list[Value]) -> Iterable[str]:
    kept = [leaf for leaf in behind if leaf.grad_is_computed]
    if loss.grad_is_computed and kept and loss._operation is not LEAF:
        yield (
            f"backward() has already run on this graph, and {len(kept)} leaves keep their gradients: "
            "another pass adds to them; call zero_grad() first"
        )


def unreached(parameters: Mapping[Value, str], slopes: Mapping[Value, float]) -> Iterable[str]:
    missing = [name for parameter, name in parameters.items() if parameter not in slopes]
    if missing:
        several = f"{', '.join(missing[:3])}{f' and {len(missing) - 3} more' if len(missing) > 3 else ''}"
        yield f"no gradient reaches {several}: the loss was computed without it; look for detach, no_grad or .data"


def at_kinks(nodes: list[Value]) -> Iterable[str]:
    counts: Counter[str] = Counter()
    for node in nodes:
        if (node.op in KINK_AT_ZERO and node._a == 0.0) or (node.op in TIES and node._a == node._b):
            counts[f"{node.op}({node._a!r}{f', {node._b!r}' if node.op in TIES else ''})"] += 1
    for text, count in counts.items():
        yield f"{text} stands on its kink{f' {count} times' * (count > 1)}: one slope of many was taken; move the input"


def dead_units(layers: list[Layer]) -> Iterable[str]:
    for layer in layers:
        if layer.dead and layer.activation not in SATURATING:
            verb = "is" if layer.dead == 1 else "are"
            yield (
                f"{layer.name}: {layer.dead} of {len(layer.units)} {layer.activation} units {verb} dead (slope 0 for "
                "every sample of the batch); lower the learning rate, or use leaky_relu"
            )


def all_zero(parameters: Mapping[Value, str], slopes: Mapping[Value, float], nodes: list[Value]) -> Iterable[str]:
    relevant = [slope for leaf, slope in slopes.items() if leaf in parameters or not parameters]
    if relevant and not any(relevant):
        flat = sorted({node.op for node in nodes if node.op in SATURATING and not any(node.local_gradients(1.0))})
        if flat:
            yield f"every gradient is exactly 0: {' and '.join(flat)} saturated; scale the inputs or the weights down"


def vanishing(layers: list[Layer]) -> Iterable[str]:
    if len(layers) > 1 and 0.0 < layers[0].gradient < 1e-4 * layers[-1].gradient:
        ratio = layers[0].gradient / layers[-1].gradient
        yield (
            f"the gradient vanishes: in {layers[0].name} it is {ratio:.0e} of that in {layers[-1].name}; "
            "use relu, another initialisation or normalisation"
        )
