"""The training microscope: what a loss's gradients look like, layer by layer, and what is silently wrong with them.

`examine` measures, symptoms.py judges; diagnosis.py prints what they find, and warns of it inside `detect_anomaly()`.
Nothing here runs unless asked for, and nobody's `.grad` is touched.
"""

from __future__ import annotations

import inspect
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd.floats import as_float
from autograd.graph import leaves
from autograd.sweeps import pull_back
from autograd.symptoms import JUMP, SATURATING, in_sizes, not_finite, silent_mistakes, steps_too_large
from autograd.value import Value, topological_order

# Activations with the largest slope each can have. A unit is off where its slope is below a hundredth of that.
STEEPEST = {
    **{"tanh": 1.0, "sigmoid": 0.25, "softsign": 1.0, "erf": 1.128, "atan": 1.0, "sin": 1.0},
    **{"relu": 1.0, "leaky_relu": 1.0, "elu": 1.0, "gelu": 1.0, "silu": 1.0, "softplus": 1.0, "logsigmoid": 1.0},
}
LINEAR = {"+", "-", "*", "/", "dot", "sum", "mean", "identity"}  # what stands between weights and an activation


@dataclass
class Layer:
    """A part of a model: its parameters with their gradients, and its units, each with its slopes over the batch."""

    name: str
    weights: list[float] = field(default_factory=list)
    gradients: list[float] = field(default_factory=list)
    units: dict[frozenset[Value], list[tuple[str, float]]] = field(default_factory=lambda: defaultdict(list))
    parameters: dict[Value, float] = field(default_factory=dict)  # each with its gradient
    used: bool = False  # whether the loss was computed from any of them

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

    @property
    def saturated(self) -> bool:
        """Whether nearly all of its units saturate, for nearly all samples."""
        return self.activation in SATURATING and self.off > 0.9

    @property
    def alike(self) -> bool:
        """Whether its units cannot be told apart: several, all with the same parameters and the same gradients."""
        kinds = {tuple((p._data, g) for p, g in self.parameters.items() if p in unit) for unit in self.units}
        return len(self.units) > 1 and len(kinds) == 1


@dataclass
class Report:
    """What `examine` found: the layers in order, and a line for each thing that looks wrong."""

    loss: float
    lr: float
    layers: list[Layer]
    findings: list[str]

    def update_ratio(self, layer: Layer) -> float:
        """By how much of its size one step of SGD changes a layer: lr * |gradient| / |weights|."""
        step = self.lr * layer.gradient
        return step / layer.weight if layer.weight else math.inf if step else 0.0

    def __str__(self) -> str:
        form = "{:<12} {:>10} {:>10} {:>10} {:>14}  {}"
        lines = [f"loss {self.loss:.6g}; updates as by SGD at lr = {self.lr:g}"]
        if self.layers:
            lines += ["", form.format("layer", "parameters", "gradient", "weights", "update/weight", "units")]
        for layer in self.layers:
            ratio = self.update_ratio(layer)
            told = f"{ratio:.1e}" if math.isfinite(ratio) else "from 0"
            sizes = [f"{layer.gradient:.1e}", f"{layer.weight:.1e}", told]
            lines.append(form.format(layer.name, len(layer.weights), *sizes, units_in_words(layer)))
        lines += ["", *(pace_in_words(layer, self.update_ratio(layer)) for layer in self.layers)]
        lines += [f"! {finding}" for finding in self.findings] or ["nothing looks wrong"]
        return "\n".join(lines)


def rms(numbers: Iterable[float]) -> float:
    numbers = list(numbers)
    return math.hypot(*numbers) / math.sqrt(len(numbers)) if numbers else 0.0


def units_in_words(layer: Layer) -> str:
    if not layer.used:
        return "not used"
    if not layer.units:
        return "linear"
    state = "saturated" if layer.activation in SATURATING else "off"
    return f"{len(layer.units)} {layer.activation}: {layer.dead} dead, {state} {layer.off:.0%} of the time"


def pace_in_words(layer: Layer, ratio: float) -> str:
    """How fast a layer learns. About a thousandth of its size a step is a healthy pace. (Karpathy, CS231n notes)"""
    if not math.isfinite(layer.gradient) or not math.isfinite(layer.weight):
        return f"{layer.name} cannot learn: its gradients or weights are not finite."
    if ratio == 0:
        return f"{layer.name} stands still."
    if ratio == math.inf:
        return f"{layer.name} starts from 0."
    pace = "hardly moves" if ratio < 1e-5 else "moves slowly" if ratio < 1e-4 else "moves at a healthy pace"
    pace = "jumps" if ratio > JUMP else "moves fast" if ratio > 1e-2 else pace
    return f"{layer.name} {pace}: a step changes its weights by {in_sizes(ratio)} their size."


def examine(loss: Value, model: Any = None, lr: float = 0.01, watched: bool = False) -> Report:
    """Measure the gradients of a loss, layer by layer of a model, and list what is silently wrong.

    >>> from autograd import Value, relu
    >>> w = Value(-1.0, label="w")
    >>> print(*examine(relu(w * 3.0), [w]).findings)
    w: 1 of 1 relu units is dead (slope 0 for every sample of the batch); lower the learning rate, or use leaky_relu

    `model` is a Module, anything else with `named_parameters()`, or a list of Values. The gradients are computed anew,
    whether `backward()` was called or not. `watched` leaves out what detect_anomaly tells
    by itself, and what depends on the learning rate. Raises
    TypeError for what is not a model, ValueError for a learning rate that is not above 0.
    """
    lr = as_float(lr, "lr")
    if not 0.0 < lr < math.inf:
        raise ValueError(f"lr = {lr!r}\nlr, the learning rate, is a number above 0")
    order, behind = topological_order(loss), leaves(loss)
    slopes = dict(zip(behind, pull_back(order, [(loss, 1.0)], behind, on_values=False)))
    parameters = named_parameters(model)
    nodes = [node for node in order if isinstance(node, Value)]
    layers = layers_of(parameters, slopes, nodes)
    findings = silent_mistakes(loss, parameters, slopes, nodes, layers)
    report = Report(loss._data, lr, layers, findings)
    if not watched:
        findings[:0] = not_finite(loss, layers, slopes)
        findings.extend(steps_too_large((layer.name, report.update_ratio(layer)) for layer in layers))
    return report


# ---- layers and units ----------------------------------------------------------------------------


def named_parameters(model: Any) -> dict[Value, str]:
    """The parameters of a model with their names; of a list, with their labels."""
    if model is None:
        return {}
    if inspect.isclass(model):
        raise TypeError(f"{model.__name__} is a class, not a model\ngive it a model made from it")
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
        layer.parameters[parameter] = layer.gradients[-1]
        layer.used = layer.used or parameter in slopes
    place = {parameter: index for index, parameter in enumerate(parameters)}
    before = parameters_before(nodes, parameters) if parameters else {}
    for node in nodes:
        unit = before.get(node.parents[0], NONE) if before and node.op in STEEPEST else NONE
        if unit:  # what is between an activation and those before it tells which unit it is
            own = min(unit, key=place.__getitem__)
            slope = abs(node.local_gradients(1.0)[0])
            layers[layer_name(parameters[own])].units[unit].append((node.op, slope))
    return list(layers.values())


NONE: frozenset[Value] = frozenset()


def parameters_before(nodes: list[Value], parameters: Iterable[Value]) -> dict[Value, frozenset[Value]]:
    """The parameters that each node was computed from by linear operations alone, if there are any."""
    found = {parameter: frozenset({parameter}) for parameter in parameters}
    for node in nodes:
        if node.op in LINEAR and node not in found:
            parts = {part for parent in node.parents if (part := found.get(parent, NONE))}
            if parts:
                found[node] = NONE.union(*parts) if len(parts) > 1 else parts.pop()
    return found
