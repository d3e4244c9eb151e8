"""A function run once, on Values, and what it computed: a Recording, from which code is made.

The numbers of the arguments are inputs; so are the Values that the function reaches from outside, a model's parameters
for instance, whose data are read at each call. Everything else is settled by the run. Next: source.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.calling import called
from autograd.compiling.lowering import lowered
from autograd.compiling.tracing import Trace, TracingError
from autograd.modes import collector_paused, recording
from autograd.structures import flatten, input_names
from autograd.value import Value


class Recording:
    """One run of a function: its tape, and how results are put together.

    >>> seen = Recording(lambda x, y: {"area": x * y}, (2.0, 5.0), {})
    >>> seen.tape.entries, seen.rebuild([7.0])
    ((('input', 0), ('input', 1), ('*', 0, 1)), {'area': 7.0})

    `shared` Values become inputs in their order, after the numbers of the arguments; then those from outside, as they
    are met. `operations` counts the nodes of the run.
    """

    def __init__(
        self, f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], shared: Sequence[Value] = ()
    ) -> None:
        began, trace = time.perf_counter(), Trace()
        given, rebuild = flatten((tuple(args), dict(kwargs)), "compile", "an argument")
        labels = [*input_names(f, tuple(args)), *[""] * len(given)]
        variables = [trace.variable(x._data if isinstance(x, Value) else x, label) for x, label in zip(given, labels)]
        args, kwargs = rebuild(variables)
        with collector_paused():
            with recording(), trace:
                outputs, self.rebuild = flatten(run(f, args, kwargs), "compile", "the result")
            recorded = time.perf_counter()
            self.tape, outside = lowered(outputs, [*variables, *shared], trace.is_new)
        self.outside = [*shared, *outside]
        self.operations = next(trace.count) - 1
        self.seconds = {"record": recorded - began, "lower": time.perf_counter() - recorded}


def run(f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    try:
        return called("compile", f, args, kwargs, "")
    except RecursionError:
        raise TracingError(
            f"{getattr(f, '__name__', 'the function')} calls itself without end, or too deeply\n"
            "a compiled function cannot stop at a number: write a loop of fixed length, or mark what decides as static"
        ) from None
