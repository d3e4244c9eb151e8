"""Sabotage of the real engine: the checker finds each mistake, and nothing is left of it; questions to predict."""

import random

import pytest

from autograd import Value, gradients
from autograd.classroom import broken, check, predict
from autograd.classroom.misconceptions import catalogue
from autograd.classroom.predicting import GENERATED
from autograd.classroom.programs import Program
from autograd.classroom.sabotage import SABOTAGES

TWICE = "stale_inner"  # shows when backward is called twice


@pytest.mark.parametrize("name", SABOTAGES)
def test_the_checker_names_what_is_broken(name) -> None:
    with broken(name) as secret:
        verdict = check(Value)
        assert secret.name == name and name not in repr(secret)
    if name == TWICE:
        assert verdict.passed and "left over from the pass before" in verdict.notes[0]
    else:
        assert verdict.key == name
    assert check(Value).passed and check(Value).notes == ()


def test_it_is_mended_whatever_ends_the_block() -> None:
    right = Value.backward
    for stop in (ValueError, KeyboardInterrupt, SystemExit):
        with pytest.raises(stop), broken("too_early"), broken("own_data"):
            raise stop
    assert Value.backward is right and gradients(Value(2.0) * Value(3.0), []) == []
    with broken("accumulate"):
        with broken("no_seed"):
            assert Value.backward is not right
        assert check(Value).key == "accumulate"
    assert Value.backward is right


def test_one_is_drawn_where_none_is_named() -> None:
    names = set()
    for seed in range(40):
        with broken(seed=seed) as secret:
            names.add(secret.name)
    assert len(names) > 8
    with pytest.raises(ValueError, match="broken\\('nothing'\\)\nchoose one of accumulate, "), broken("nothing"):
        pass


def test_sabotage_reaches_functions_of_lists() -> None:
    from autograd import dot

    def slope():
        x = Value(3.0)
        dot([x, x], [x, 1.0]).backward()
        return x.grad

    assert slope() == 7.0
    with broken("accumulate"):
        assert slope() != 7.0
    with broken("stale_inner"):
        assert slope() == 7.0


@pytest.mark.parametrize("kind", GENERATED)
def test_questions_have_one_right_answer_and_wrong_ones_of_known_origin(kind) -> None:
    keys = {engine.key for engine in catalogue()}
    for seed in range(200):
        asked = predict(kind, seed)
        assert str(asked) == str(predict(kind, seed))
        assert len(set(asked.options.values())) == len(asked.options) >= 3
        assert asked.right in asked.options and set(asked.meaning.values()) <= keys
        assert set(asked.meaning) == set(asked.options) - {asked.right}
    with pytest.raises(ValueError, match="choose one of gradient, order"):
        predict("weather")


def test_the_right_answer_is_the_engines() -> None:
    for seed in range(50):
        *lines, asked = str(predict("gradient", seed)).split("\n  A")[0].splitlines()
        at = dict(part.split(" = ") for part in asked.removeprefix("with ").partition(":")[0].split(", "))
        names = {name: Value(float(number)) for name, number in at.items()}
        for line in lines:
            exec(line, {}, names)
        output, leaf = asked.rstrip("?").rsplit(" ", 1)[1].split("/")
        names[output[1:]].backward()
        question = predict("gradient", seed)
        assert float(question.options[question.right]) == names[leaf[1:]].grad


def test_the_next_node_is_one_that_all_users_have_passed() -> None:
    from autograd.classroom.predicting import random_program, ready

    for seed in range(100):
        program: Program = random_program(random.Random(seed), 4)
        output = program.leaves + 3
        done: list[int] = []
        while len(done) < 4:
            able = list(ready(program, done))
            assert able and (done or able == [output])
            done.append(able[-1])
