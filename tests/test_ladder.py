"""The ladder: each exercise ships all its parts, right solutions pass, wrong ones get the diagnosis they should."""

import os
import random
import re

import pytest

from autograd.classroom import check
from autograd.classroom.judging import judge, judge_source, names_from
from autograd.classroom.ladder import (
    YOURS,
    draw_for,
    engine_text,
    exercise,
    exercises,
    id_in,
    ladder,
    patched,
    shelf,
    yours,
)
from autograd.classroom.predicting import predict, question_for
from autograd.classroom.speaking import FOLDER, texts

FRESH_RUNS = int(os.environ.get("FRESH_RUNS", "2"))  # 200 is what was promised; they take a while
STUDENTS = ("", "ana", "bo", "a name with spaces, and Ümlauts")
by_rung = pytest.mark.parametrize("rung", exercises(), ids=lambda rung: rung.folder.name)


def right_solutions():
    for rung in exercises():
        for style, body in {"reference": rung.reference, **rung.rights}.items():
            yield pytest.param(rung, body, id=f"{rung.folder.name}-{style}")


def wrong_solutions():
    for rung in exercises():
        for k, mistake in enumerate(rung.mistakes):
            yield pytest.param(rung, mistake, id=f"{rung.folder.name}-{k}-{mistake.key}")


@by_rung
def test_every_exercise_ships_all_its_parts(rung) -> None:
    assert len(rung.rights) >= 2 and len(rung.mistakes) >= 4 and len(rung.hints) == 3
    assert len({mistake.key for mistake in rung.mistakes}) >= 3
    assert 10 <= rung.minutes <= 30 and len(rung.title) > 5 and rung.fact("idea")
    assert len(rung.teacher) > 80 and rung.discussion.strip().endswith("?")
    assert all(mistake.words for mistake in rung.mistakes)
    stub = rung.stub()
    assert stub.lstrip("r").startswith(f'"""{rung.number} · ') and YOURS in stub and 'prediction = ""' in stub
    assert all(re.search(rf"\b{name}\b", stub) for name in rung.writes)
    compile(stub, rung.file, "exec")
    if told := re.search(r"your part begins in line (\d+)", stub):
        assert stub.splitlines()[int(told[1]) - 1] == YOURS
    assert bool(told) == bool(rung.stands_on)


def test_the_rungs_are_numbered_without_gaps() -> None:
    assert [rung.number for rung in ladder()] == list(range(1, 21))
    assert [rung.number for rung in shelf()] == list(range(21, 31))


@pytest.mark.parametrize(("rung", "body"), list(right_solutions()))
def test_right_solutions_are_accepted_in_every_fresh_run(rung, body) -> None:
    for run in range(FRESH_RUNS):
        student = STUDENTS[run] if run < len(STUDENTS) else f"student {run}"
        verdict = judge_source(rung, rung.file_with(body, student), student)
        assert verdict.passed and verdict.predicted is None, verdict


@pytest.mark.parametrize(("rung", "mistake"), list(wrong_solutions()))
def test_wrong_solutions_get_the_diagnosis_they_should(rung, mistake) -> None:
    assert mistake.body not in (rung.reference, "")
    verdict = judge_source(rung, rung.file_with(mistake.body, "ana"), "ana")
    assert not verdict.passed and verdict.key == mistake.key, verdict
    assert verdict.cause in str(verdict) and "Traceback" not in str(verdict)
    assert verdict.program or mistake.key in ("lacks", "not_written", "no_such_name", "stopped")
    german = judge_source(rung, rung.file_with(mistake.body, "ana"), "ana", "de")
    assert german.key == mistake.key and german.cause != verdict.cause


BLIND = """
    def moved(k, h):
        return f(*[x + h * (j == k) for j, x in enumerate(xs)])

    claims = gradient(*xs)
    measured = [(moved(k, 1e-4) - moved(k, -1e-4)) / 2e-4 for k in range(len(xs))]
    close = [abs(abs(c) - abs(m)) <= 1e-4 * abs(c) + 1e-11 * abs(f(*xs)) for c, m in zip(claims, measured)]
    return len(claims) == len(xs) and all(close)
"""
SUBTLE = {  # wrong solutions that look right on a few numbers
    "13 blind to signs": (13, BLIND),
    "2 an absolute rise": (2, "    return abs(f(x + h) - f(x)) / h"),
    "2 rounded": (2, "    return round((f(x + h) - f(x)) / h, 4)"),
}  # fmt: skip


@pytest.mark.parametrize("name", SUBTLE)
def test_what_is_right_by_chance_is_not_accepted(name) -> None:
    number, line = SUBTLE[name]
    rung = exercise(number)
    first = rung.reference.index("    ")
    end = rung.reference.find("\n\n\n")
    body = rung.reference[:first] + line + "\n" + (rung.reference[end:] if end > 0 else "")
    assert not judge_source(rung, rung.file_with(body)).passed


@pytest.mark.parametrize("gains", ["5.0, 5.0", "gradient, abs(gradient)"])
def test_a_sum_that_knows_what_arrives_is_not_accepted(gains) -> None:
    rung = exercise(4)
    body = rung.reference.replace("(gradient, gradient)", f"({gains})")
    assert not judge_source(rung, rung.file_with(body)).passed


WHOLE = "gradient * int(other.data), gradient * int(self.data)"
NOT_AT_ZERO = "gradient * self.data * other.data / self.data if self.data else 0, gradient * self.data"


@pytest.mark.parametrize("gains", [WHOLE, NOT_AT_ZERO])
def test_a_product_that_is_right_for_some_numbers_is_not_accepted(gains) -> None:
    rung = exercise(5)
    body = rung.reference.replace("gradient * other.data, gradient * self.data", gains)
    assert body != rung.reference and not judge_source(rung, rung.file_with(body)).passed


def test_a_generator_of_nodes_is_as_good_as_a_list() -> None:
    rung = exercise(8)
    body = rung.reference.replace("    return order", "    yield from order")
    assert judge_source(rung, rung.file_with(body)).passed


@by_rung
def test_a_stub_is_not_a_solution(rung) -> None:
    assert not judge_source(rung, rung.stub("ana"), "ana").passed


@by_rung
def test_every_students_numbers_are_their_own_and_stay(rung) -> None:
    assert rung.stub("ana") == rung.stub("ana")
    assert rung.stub("ana").splitlines()[:3] == rung.stub("bo").splitlines()[:3]
    assert rung.given("ana") == rung.given("ana") and id_in(rung.stub("ana")) == "ana"
    for student in ("it's me", 'a "b"', ""):
        assert id_in(rung.stub(student)) == student
    assert id_in("x = 1") is None
    assert len({str(rung.given(f"student {k}")) for k in range(50)}) >= 5
    assert draw_for("ana", 1).random() == draw_for("ana", 1).random() != draw_for("bo", 1).random()


@by_rung
def test_every_prediction_has_one_right_answer(rung) -> None:
    for student in (*STUDENTS, *(f"student {k}" for k in range(50))):
        asked = question_for(rung, student)
        assert len(asked.options) == 4 == len(set(asked.options.values()))
        assert asked.is_right(asked.right) and asked.is_right(f" {asked.right.lower()} ")
        assert sum(map(asked.is_right, asked.options)) == 1 and asked.right not in asked.meaning
        assert asked.options["A"] in rung.stub(student)


def test_predictions_are_told_and_do_not_decide() -> None:
    rung = exercise(7)
    asked = question_for(rung, "ana")
    wrong = next(letter for letter in asked.meaning)
    for answer, expected in ((asked.right, True), (wrong, False), ("?", False)):
        source = rung.file_with(rung.reference, "ana").replace('prediction = ""', f'prediction = "{answer}"')
        verdict = judge_source(rung, source, "ana")
        assert verdict.passed and verdict.predicted is expected and answer in verdict.remark
    assert asked.right in judge_source(rung, source, "ana").remark


def test_a_node_that_has_all_its_gradient_is_no_wrong_answer() -> None:
    for seed in range(200):
        asked = predict("order", seed=seed)
        lines = [line.split() for line in str(asked).splitlines() if " = " in line]
        gone = re.findall(r"[a-z]", str(asked).partition("Going back, ")[2].partition(" ha")[0].replace("and", ""))
        for letter in asked.meaning:
            users = [line[0] for line in lines if asked.options[letter] in line[2:]]
            assert not set(users) <= set(gone), asked


# ---- what stands on what ---------------------------------------------------------------------------------------------


def test_the_engine_of_the_later_exercises_is_right_and_is_what_the_earlier_ones_built() -> None:
    names: dict = {"__name__": "engine"}
    exec(engine_text(), names)
    verdict = check(names["Value"])
    assert verdict.passed and verdict.notes == (), verdict
    for number in (9, 10, 11, 12):
        assert judge_source(exercise(number), engine_text()).passed


def test_an_exercise_stands_on_the_reference_or_on_ones_own() -> None:
    rung = exercise(9)
    assert "def topological_order" in rung.stub() and "def topological_order" not in yours(rung.stub())
    broken = exercise(8).reference.replace("return order", "return order[:-1] or order")
    own = rung.file_with(rung.reference, own={8: broken})
    assert judge_source(rung, rung.file_with(rung.reference)).passed and not judge_source(rung, own).passed


def test_a_network_trains_on_an_engine_of_ones_own() -> None:
    rung = exercise(16)
    wrong = engine_text().replace("(g * b, g * a)", "(g * a, g * b)", 1)
    assert judge_source(rung, rung.file_with(rung.reference), engine={"<engine.py>": engine_text()}).passed
    assert not judge_source(rung, rung.file_with(rung.reference), engine={"<engine.py>": wrong}).passed


def test_a_diff_must_fit() -> None:
    assert patched("a\nb\n", "-b\n+c\n") == "a\nc\n"
    with pytest.raises(ValueError, match="'d' is 0 times in the reference\nmake it once"):
        patched("a\nb\n", "-d\n+c\n")


# ---- in a notebook ---------------------------------------------------------------------------------------------------


@by_rung
def test_a_notebooks_names_are_judged_like_a_file(rung) -> None:
    names: dict = {"__name__": "notebook"}
    source = rung.file_with(rung.reference, "ana").replace("from engine import Value", "")
    if rung.uses_engine:
        exec(engine_text(), names)
    exec(source, names)
    verdict = check(names, exercise=rung.number, student="ana")
    assert verdict.passed, verdict


def test_one_rung_takes_a_class_or_a_function_or_a_file(tmp_path) -> None:
    names: dict = {"__name__": "notebook"}
    exec(engine_text(), names)
    value, order = names["Value"], names["topological_order"]
    assert check(order, exercise=8) and check(value, exercise=8) and check(value, exercise=5)
    assert check(lambda output: [output], exercise=8).key == "node_missing"
    (tmp_path / "08.py").write_text(exercise(8).reference)
    assert check(tmp_path / "08.py", exercise=8)
    assert not check(tmp_path / "08.py", exercise=2)
    with pytest.raises(ValueError, match="'nowhere.py' is no file\ngive a class"):
        check("nowhere.py", exercise=5)
    with pytest.raises(ValueError, match="there is no exercise 99\nchoose one from 1 to 30"):
        check(value, exercise=99)
    assert names_from(random, exercise(2))["Random"] is random.Random


def test_a_notebook_with_the_numbers_of_another_is_told_so() -> None:
    names: dict = {}
    exec(exercise(1).file_with(exercise(1).reference, "bo"), names)
    assert check(names, exercise=1, student="bo").passed
    assert any("not those of the id 'ana'" in note for note in check(names, exercise=1, student="ana").notes)


def test_a_name_with_a_slip_is_known_again() -> None:
    source = exercise(1).file_with(exercise(1).reference.replace("X2", "x2"), "ana")
    assert "name 'x2' is not defined (X2?)" in judge_source(exercise(1), source, "ana").cause
    inside = exercise(2).reference.replace("return (f(x + h)", "return (F(x + h)", 1)
    assert "(f?)" in judge_source(exercise(2), exercise(2).file_with(inside)).cause


class Exponential:
    """Right, and along every path: a path's share of the gradient goes down to the leaves before the next one does."""

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        return Exponential(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        return Exponential(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self, gradient=1.0):
        if not self.parents:
            self.grad += gradient
        for parent, slope in zip(self.parents, self.slopes):
            parent.backward(gradient * slope)


def test_an_engine_that_is_right_and_slow_is_told_so() -> None:
    verdict = check(Exponential)
    assert verdict.passed and any("number of paths" in note for note in verdict.notes), verdict
    assert check(Exponential, exercise=8).key == "exponential"


# ---- messages --------------------------------------------------------------------------------------------------------


def test_every_key_in_the_checks_has_a_sentence() -> None:
    sources = [*FOLDER.parent.glob("checks/*.py"), FOLDER.parent / "verdict.py"]
    found = {key for path in sources for key in re.findall(r'"([a-z]+(?:_[a-z]+)+)"', path.read_text(encoding="utf-8"))}
    unknown = {key for key in found if key not in texts("en")}
    assert unknown <= {"one_step", "shelf_more"} | {name for rung in exercises() for name in rung.writes}, unknown


def test_no_sentence_is_left_over() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.rglob("*.py"))
    made_up = ("about_", "at_x", "sign", "nothing", "then_")  # put together from a key and what goes with it
    quoted = source.replace("'", '"')
    assert [key for key in texts("en") if f'"{key}"' not in quoted and not key.startswith(made_up)] == []


def test_a_judge_outlives_a_check_that_cannot_begin() -> None:
    class Nobody:
        printed = ""

        def __call__(self, question, **given):
            from autograd.classroom.asking import Unusable

            raise Unusable("died")

    assert judge(exercise(4), Nobody()).key == "died"
