"""The checker: right engines pass in every style, wrong ones are told the smallest program and the cause."""

import itertools
import math
from collections import deque
from fractions import Fraction

import pytest

from autograd import Value
from autograd.classroom import check
from autograd.classroom.hunting import explain, hunt, same, trials
from autograd.classroom.misconceptions import catalogue
from autograd.classroom.programs import POINTS, programs
from autograd.classroom.rules import RULES, by_name
from autograd.classroom.speaking import languages, say, texts
from tests.students import FORWARD, SLOPES, STYLES, accumulating, order_of, storing

by_style = pytest.mark.parametrize("style", STYLES)


# ---- the truth -------------------------------------------------------------------------------------------------------


def run_on_values(program, at):
    """The program on the real engine, whose chain rule is another."""
    nodes = [Value(float(x)) for x in at[: program.leaves]]
    leaves = list(nodes)
    for rule, operands in program.steps:
        taken = [nodes[k] for k in operands]
        nodes.append(getattr(taken[0], rule.method)() if rule.method else rule.compute(*taken))
    nodes[-1].backward()
    return [nodes[-1].data, *(leaf.grad for leaf in leaves)]


def test_the_truth_is_what_the_engine_and_differences_say() -> None:
    for program, at in trials(RULES):
        value, slopes = program.truth(at)
        assert [value, *slopes] == pytest.approx(run_on_values(program, at), rel=1e-12, abs=1e-12), program
    for program in programs(RULES, 1):
        for at in filter(program.is_smooth, POINTS):
            for which, slope in enumerate(program.truth(at).slopes):
                near = [[float(x) + (k == which) * h for k, x in enumerate(at)] for h in (1e-6, -1e-6)]
                higher, lower = (float(program.values(each)[-1]) for each in near)
                assert (higher - lower) / 2e-6 == pytest.approx(float(slope), rel=1e-6, abs=1e-6), program


def test_arithmetic_is_exact() -> None:
    for program, at in trials([rule for rule in RULES if rule.name in "+-*/"]):
        assert all(isinstance(x, (int, Fraction)) for x in (program.truth(at).value, *program.truth(at).slopes))


def test_all_small_programs_are_there_and_each_once() -> None:
    adding = [by_name["+"]]
    assert [str(program) for program in programs(adding, 2)] == [
        "c = a + a; d = a + c", "c = a + a; d = c + a", "c = a + a; d = c + c",
        "c = a + a; d = b + c", "c = a + a; d = c + b", "c = a + b; d = a + c", "c = a + b; d = b + c",
        "c = a + b; d = c + a", "c = a + b; d = c + b", "c = a + b; d = c + c",
    ]  # fmt: skip
    everything = [str(program) for length in (1, 2, 3) for program in programs(adding, length)]
    assert len(everything) == len(set(everything))


# ---- right engines ---------------------------------------------------------------------------------------------------


@by_style
def test_right_engines_of_every_style_pass(style) -> None:
    for _ in range(3):
        verdict = check(STYLES[style]())
        assert verdict.passed and verdict and str(verdict).startswith("all right: "), verdict
    assert "sigmoid(a)" in verdict.notes[0] and "tanh" not in verdict.notes[0]


def test_our_own_engine_passes_with_nothing_missing() -> None:
    verdict = check(Value)
    assert verdict.passed and verdict.notes == ()


def test_a_backward_pass_and_functions_may_stand_beside_the_class() -> None:
    Engine = storing()  # noqa: N806

    verdict = check(
        Engine,
        backward=lambda output: Engine.backward(output),
        functions={"sigmoid": lambda v: 1 / (1 + (-v).exp())},
    )
    assert verdict.passed and "sigmoid" not in str(verdict)


def test_any_subgradient_at_a_kink_is_right() -> None:
    for at_zero in (0.0, 0.5, 1.0):
        slopes = {**SLOPES, "relu": lambda a, z=at_zero: (1.0 if a > 0 else z if a == 0 else 0.0,)}
        assert check(accumulating(slopes)).passed


# ---- wrong engines ---------------------------------------------------------------------------------------------------


def replacing():
    Engine = accumulating()  # noqa: N806

    class Replacing(Engine):
        def combine(self, sign, *operands):
            operands = [each if isinstance(each, Engine) else Replacing(each) for each in operands]
            out = Replacing(FORWARD[sign](*(each.data for each in operands)), operands)

            def _backward():
                for operand, slope in zip(operands, SLOPES[sign](*(each.data for each in operands))):
                    operand.grad = slope * out.grad

            out._backward = _backward
            return out

    return Replacing


def walking(order):
    """An engine whose nodes fire in another order; parents in the order of operands."""
    Engine = storing()  # noqa: N806

    class Walking(Engine):
        def combine(self, sign, *operands):
            operands = tuple(each if isinstance(each, Engine) else Walking(each) for each in operands)
            numbers = [each.data for each in operands]
            return Walking(FORWARD[sign](*numbers), operands, SLOPES[sign](*numbers))

        def backward(self):
            self.grad = 1
            for node in order(self):
                for child, local in zip(node._children, node._local_grads):
                    child.grad += local * node.grad

    return Walking


def breadth_first(output):
    queue, seen = deque([output]), {id(output)}
    while queue:
        yield (node := queue.popleft())
        for child in node._children:
            if id(child) not in seen:
                seen.add(id(child))
                queue.append(child)


def depth_first(output):
    stack, seen = [output], set()
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            stack += reversed(node._children)


def recursive(output):
    yield output
    for child in output._children:
        yield from recursive(child)


def from_the_leaves(output):
    return order_of(output, lambda node: node._children)


def changed(sign, slopes):
    return lambda: storing({**SLOPES, sign: slopes})


def without_upstream(sign):
    """One operation that forgets the gradient that arrived."""

    def made():
        Engine = accumulating()  # noqa: N806

        class Forgetting(Engine):
            def combine(self, name, *operands):
                operands = [each if isinstance(each, Engine) else Forgetting(each) for each in operands]
                out = Forgetting(FORWARD[name](*(each.data for each in operands)), operands)

                def _backward():
                    for operand, slope in zip(operands, SLOPES[name](*(each.data for each in operands))):
                        operand.grad += slope * (1.0 if name == sign else out.grad)

                out._backward = _backward
                return out

        return Forgetting

    return made


WRONG = {  # the engine, the key of the cause, the smallest program, what the leaves' slopes are and should be
    "= for +=": (replacing, "accumulate", "c = a + a", [1], [2]),
    "* sends own data": (changed("*", lambda a, b: (a, b)), "own_data", "c = a * b", [2, 3], [3, 2]),
    "* forgets upstream": (without_upstream("*"), "upstream", "c = a * a; d = c + c", [4], [8]),
    "- has the wrong sign": (changed("-", lambda a, b: (1, 1)), "sign_1", "c = a - a", [2], [0]),
    "relu without a gate": (changed("relu", lambda a: (1,)), "no_gate", "c = relu(a)", [1], [0]),
    "recursion": (lambda: walking(recursive), "recursion", "c = a + a; d = c + c", [8], [4]),
    "breadth first": (
        lambda: walking(breadth_first), "too_early", "c = a + a; d = a + c; e = c + d", [3], [5],
    ),
    "depth first": (lambda: walking(depth_first), "too_early", "c = a + a; d = a + c; e = c + d", [3], [5]),
    "from the leaves": (lambda: walking(from_the_leaves), "one_step", None, None, None),
    "no seed": (lambda: walking(lambda output: setattr(output, "grad", 0) or [output]), "no_seed", None, [0], [2]),
    "only the output": (lambda: walking(lambda output: [output]), "one_step", None, None, None),
    "tanh without a square": (changed("tanh", lambda a: (1 - math.tanh(a),)), "not_squared", "c = tanh(a)", None, None),
    "exp as a power": (changed("exp", lambda a: (a * math.exp(a - 1),)), "as_a_power", "c = exp(a)", None, None),
    "log' = 0": (changed("log", lambda a: (0.0,)), "nothing", "c = log(a)", None, None),
    "** without its factor": (changed("**", lambda a, b: (a ** (b - 1), 0)), None, "c = a ** 3", [4], [12]),
    "/ with the wrong sign": (changed("/", lambda a, b: (1 / b, a / b**2)), "sign_1", None, None, None),
    "neg with the wrong sign": (changed("neg", lambda a: (1.0,)), "sign", "c = -a", [1], [-1]),
    "slope off by 1 %": (changed("*", lambda a, b: (1.01 * b, a)), "slope", "c = a * a", None, None),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_wrong_engines_are_told_the_cause(what) -> None:
    make, key, program, yours, truth = WRONG[what]
    for _ in range(3):
        verdict = check(make())
        assert not verdict.passed and not verdict
        assert key in (None, verdict.key), verdict
        assert program in (None, verdict.program), verdict
        for expected, told in ((yours, verdict.yours), (truth, verdict.truth)):
            assert expected is None or [told[name] for name in told if "/" in name] == expected, verdict
    assert verdict.cause in str(verdict) and verdict.program in str(verdict) and verdict.notes == ()


def test_the_cause_names_what_is_there() -> None:
    assert check(walking(breadth_first)).cause.startswith("you visited c before d had finished")
    assert check(replacing()).cause.endswith("where it must be added: a is used twice")
    assert "the other's" in check(WRONG["* sends own data"][0]()).cause


class Imitating:
    """A student whose engine is one of the catalogue."""

    arriving = 1

    def __init__(self, engine) -> None:
        self.engine = engine

    def outcomes(self, trials):
        return [self.engine.outcome(*trial) for trial in trials]


def test_every_misconception_is_recognised() -> None:
    """By itself, or by one that cannot be told from it."""
    missed = []
    for engine in catalogue():
        failure, _ = hunt(Imitating(engine), RULES)
        if failure is None:
            missed.append((engine.key, engine.rule))
            continue
        cause = explain(Imitating(engine), failure, RULES)
        assert cause.engine is not None and cause.is_all, engine.key
        every = itertools.islice(trials(RULES), 900)
        if (cause.engine.key, cause.engine.rule) != (engine.key, engine.rule):
            assert all(same(cause.engine.outcome(*trial), engine.outcome(*trial)) for trial in every), engine
    assert all(key in ("upstream", "slope_of_one") for key, _ in missed), missed  # of operations whose slope is 1


def test_a_forward_pass_that_is_wrong_is_told_from_a_backward_one() -> None:
    verdict = check(storing(forward={**FORWARD, "tanh": lambda a: a}))
    assert verdict.key == "value" and verdict.program == "c = tanh(a)"
    assert "computes 2, and 0.964028 is right" in verdict.cause


def test_an_engine_that_stops_is_told_where() -> None:
    verdict = check(changed("*", lambda a, b: (1 / 0, a))())
    assert verdict.key == "crash" and "ZeroDivisionError" in verdict.cause and verdict.program == "c = a * a"
    assert "Traceback" in verdict.traceback and "Traceback" not in str(verdict) and verdict.yours == {}


# ---- what cannot be tried --------------------------------------------------------------------------------------------


class Bare:
    def __init__(self, x):
        pass


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (3, "not_callable"),
        (None, "not_callable"),
        (lambda: 1, "no_leaf"),
        (Bare, "no_data"),
        (lambda x: type("V", (), {"data": x, "backward": id, "__add__": lambda a, b: a})(), "no_gradient"),
        (lambda x: type("V", (), {"data": x, "grad": 0.0})(), "no_backward"),
        (lambda x: type("V", (), {"data": x, "grad": 0.0, "backward": lambda self: None})(), "lacks"),
        (float, "no_data"),
    ],
)
def test_what_is_no_engine_is_told_so(given, key) -> None:
    verdict = check(given)
    assert not verdict.passed and verdict.key == key and str(verdict) == verdict.cause
    assert "\n" not in verdict.cause


def test_an_engine_that_leaves_the_program_does_not_end_it() -> None:
    def leave(output):
        raise SystemExit(0)

    verdict = check(storing(), backward=leave)
    assert verdict.key == "crash" and "SystemExit" in verdict.cause


def test_unknown_names_are_errors() -> None:
    with pytest.raises(ValueError, match="needs 'plus'\nname some of "):
        check(Value, needs=["plus"])
    with pytest.raises(ValueError, match="language = 'xx'"):
        check(Value, language="xx")


# ---- how it is told --------------------------------------------------------------------------------------------------


def test_the_verdict_is_a_picture() -> None:
    assert str(check(changed("*", lambda a, b: (a, b))())).splitlines() == [
        "the smallest program that shows it:",
        "",
        "    c = a * b",
        "    a = 2, b = 3",
        "",
        "                     yours          true",
        "    c                    6             6",
        "    dc/da                2             3   <--",
        "    dc/db                3             2   <--",
        "",
        "why: your a * b sends each parent its own data; it should send the other's",
        "",
        "how it should be:",
        "    c = a*b = 6, grad 1",
        "    ├── a = 2, grad 3",
        "    └── b = 3, grad 2",
    ]


def test_html_is_safe_and_shows_the_same() -> None:
    class Shouting(storing()):
        def combine(self, sign, *operands):
            raise ValueError("<script>alert(1)</script>")

    page = check(Shouting)._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page and page.startswith("<pre")


@pytest.mark.parametrize("language", languages())
def test_translations_are_whole_and_use_the_same_facts(language) -> None:
    translated = texts(language)
    assert translated.keys() == texts("en").keys()
    for key, english in texts("en").items():
        named = {part.split("}")[0] for part in english.split("{")[1:]}
        assert {part.split("}")[0] for part in translated[key].split("{")[1:]} == named, key


def test_a_verdict_in_german() -> None:
    verdict = check(replacing(), language="de")
    assert verdict.cause == say("accumulate", "de", twice="a") and "das kleinste Programm" in str(verdict)
