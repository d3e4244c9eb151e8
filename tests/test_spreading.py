"""Training over executors: the same result with however many workers, whatever becomes of them."""

import multiprocessing
import os
import random
import signal
import sys
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

import nn
from autograd import Value
from nn.piecework import Packing, Work, packed, share_of
from nn.spreading import alike
from tests import spread_models
from tests.spread_models import Deadly, Penalised, plain, samples

WAYS = pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])
INPUTS, CLASSES = samples()


def train(executor=None, compile: bool = False, loss=nn.cross_entropy, model=None, **settings):
    """A training, exactly: parameters and history."""
    model = model or nn.MLP(2, [4, 2], rng=1)
    settings = {"epochs": 3, "lr": 0.3, "momentum": 0.8, "batch_size": 13, "rng": 5, **settings}
    history = nn.fit(
        *(model, INPUTS, CLASSES), loss=loss, compile=compile, progress=False, executor=executor,
        validation=(INPUTS[:7], CLASSES[:7]), **settings,
    )  # fmt: skip
    assert history.compiled == compile
    return [parameter.data for parameter in model.parameters()], history.curves()


class Here(Executor):
    """An executor without workers: it does everything when it is asked."""

    def submit(self, function, *arguments):
        future: Future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


def fresh_processes(count, method="spawn"):
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context(method))


# ---- the result ------------------------------------------------------------------------------------------------------


@WAYS
def test_the_result_does_not_depend_on_the_workers(compile) -> None:
    expected = train(Here(), compile)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(5) as five, fresh_processes(2) as two:
        for executor in (one, five, two):
            assert train(executor, compile) == expected
    numbers, curves = train(None, compile)
    assert expected[0] == pytest.approx(numbers, rel=1e-9)
    for name, curve in curves.items():
        assert expected[1][name] == pytest.approx(curve, rel=1e-9), name


def test_the_pieces_decide_the_rounding_and_nothing_else() -> None:
    whole, cut, fine = (train(Here(), pieces=pieces) for pieces in (1, 3, 100))
    assert whole == train(None)
    assert cut != whole and cut[0] == pytest.approx(whole[0], rel=1e-9) == fine[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"clip_norm": 0.05},
        {"clip_value": 0.01},
        {"loss": spread_models.smoothed},
        {"early_stopping": 1, "epochs": 12},
        {"metrics": [nn.accuracy]},
    ],
    ids="-".join,
)
@WAYS
def test_what_else_fit_does_is_done_too(settings, compile) -> None:
    ours, alone = train(Here(), compile, **settings), train(None, compile, **settings)
    assert ours[0] == pytest.approx(alone[0], rel=1e-9) and ours[1].keys() == alone[1].keys()


@WAYS
def test_values_of_the_loss_are_sent_as_numbers_each_time(compile) -> None:
    results = []
    for executor in (None, Here()):
        model, strength = nn.MLP(2, [4, 2], rng=1), Value(0.01)

        def stronger(history, strength=strength):
            strength.data *= 2

        results.append(train(executor, compile, Penalised(model, strength), model, callbacks=[stronger])[0])
    assert results[0] == pytest.approx(results[1], rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_parameters_that_not_every_piece_reaches(seed) -> None:
    def ends(executor):
        model = spread_models.Gated()
        numbers, _ = train(executor, model=model, weight_decay=0.1, pieces=3, rng=seed)
        assert model.idle.data == 7.0, "which decays only where it is reached"
        return numbers

    assert ends(Here()) == pytest.approx(ends(None), rel=1e-9)


@pytest.mark.parametrize("pieces", [1, 8])
@WAYS
def test_it_trains_as_pytorch_does(compile, pieces) -> None:
    torch = pytest.importorskip("torch", reason="the extra `bench` is not installed")
    model = nn.MLP(2, [4, 2], rng=1)
    twin = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()
    with torch.no_grad():
        for theirs, ours in zip(twin.parameters(), nn.state_dict(model).values()):
            theirs[:] = torch.tensor(ours, dtype=torch.float64)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.3, momentum=0.8)
    inputs, classes = torch.tensor(INPUTS, dtype=torch.float64), torch.tensor(CLASSES)
    for _ in range(20):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(twin(inputs), classes).backward()
        optimizer.step()
    train(Here(), compile, model=model, batch_size=None, epochs=20, pieces=pieces)
    for theirs, ours in zip(twin.parameters(), nn.state_dict(model).values()):
        assert torch.allclose(theirs, torch.tensor(ours, dtype=torch.float64), rtol=1e-9, atol=1e-12)


@WAYS
def test_it_goes_on_from_a_checkpoint_bit_for_bit(compile, tmp_path) -> None:
    whole = train(Here(), compile, epochs=6)
    train(Here(), compile, epochs=2, checkpoint=tmp_path / "run.json")
    assert train(Here(), compile, epochs=6, checkpoint=tmp_path / "run.json", resume=True) == whole
    with pytest.raises(ValueError, match="pieces = 8, not 3"):
        train(Here(), compile, epochs=9, checkpoint=tmp_path / "run.json", resume=True, pieces=3)


# ---- workers that are lost -------------------------------------------------------------------------------------------


def test_a_killed_worker_costs_a_retry(tmp_path) -> None:
    expected = train(Here(), loss=plain)
    for calls in (1, 9, 40):
        folder = tmp_path / str(calls)
        folder.mkdir()
        with fresh_processes(2) as executor:
            assert train(executor, loss=Deadly(folder, calls, "dies", os.getpid())) == expected
        assert len(list(folder.iterdir())) > calls, "and the work went on at other workers"
    with fresh_processes(2) as executor:
        assert train(executor, loss=plain) == expected, "the caller's executor is not closed"
        assert executor.submit(abs, -1).result() == 1


@WAYS
def test_a_worker_may_be_killed_between_two_batches(compile) -> None:
    with fresh_processes(2) as executor:

        def kill(history) -> None:
            if len(history.loss) == 1:
                os.kill(next(iter(executor._processes)), signal.SIGKILL)

        assert train(executor, compile, callbacks=[kill]) == train(Here(), compile)


def test_a_function_that_makes_executors_is_called_for_another(tmp_path) -> None:
    made = []

    def make():
        made.append(fresh_processes(2))
        return made[-1]

    assert train(make, loss=Deadly(tmp_path, 9, "dies", os.getpid())) == train(Here(), loss=plain)
    assert len(made) == 2
    for executor in made:
        with pytest.raises(RuntimeError, match="shutdown|not usable"):
            executor.submit(abs, -1)


def test_without_any_worker_the_training_goes_on_here(tmp_path) -> None:
    expected = train(Here(), loss=plain)
    told = pytest.warns(RuntimeWarning, match="gives no answers .*\nthe training goes on without it")
    with fresh_processes(2) as executor, told:
        assert train(executor, loss=Deadly(tmp_path, 9, "always", os.getpid())) == expected
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.warns(RuntimeWarning, match="cannot schedule new futures") as told:
        assert train(executor, loss=plain) == expected
    assert len(told) == 1, "once"


def test_workers_that_forget_are_told_again() -> None:
    class Forgetful(Here):
        def submit(self, function, *arguments):
            done = super().submit(function, *arguments)
            nn.piecework.kept.copies.clear()
            return done

    assert train(Forgetful()) == train(Here())


# ---- what the model raises -------------------------------------------------------------------------------------------


def test_errors_of_the_model_are_raised_as_they_are(tmp_path) -> None:
    with fresh_processes(2) as executor:
        with pytest.raises(ZeroDivisionError, match="the loss divides by zero") as caught:
            train(executor, loss=Deadly(tmp_path, 9, "error", os.getpid()))
        assert "spread_models.py" in str(caught.value.__cause__)
        with pytest.raises(RuntimeError, match="a worker's model failed: .*StubbornError: one"):
            train(executor, loss=spread_models.raising_stubbornly)


def test_what_cannot_be_shared_is_refused() -> None:
    dropping = nn.Sequential(nn.Layer(2, 4, "tanh"), nn.Dropout(0.5), nn.Layer(4, 2))
    meeting = nn.Sequential(nn.Layer(2, 4), nn.BatchNorm(4), "tanh", nn.Layer(4, 2))

    class Noisy(nn.MLP):
        def __call__(self, x):
            return super().__call__([each + random.random() for each in x])

    for settings, message in (
        ({"model": dropping}, "drops other numbers at each call"),
        ({"model": meeting}, "BatchNorm"),
        ({"model": Noisy(2, [2])}, "draws random numbers"),
        ({"model": spread_models.Centred(2, [2])}, "the loss of .* samples is .*, the mean of theirs"),
        ({"loss": spread_models.summed}, "the loss of .* samples is .*, the mean of theirs"),
    ):
        with pytest.raises(ValueError, match=f"no executor can share this training: .*{message}.*\nleave"):
            train(Here(), **settings)


@WAYS
def test_a_loss_that_finds_the_model_by_its_name_is_refused(compile) -> None:
    model = spread_models.FAMOUS
    with pytest.raises(ValueError, match="its loss finds parameters by itself.*\n.*an object that holds the model"):
        train(Here(), compile, model=model, loss=spread_models.knowing)
    twin = nn.MLP(2, [4, 2], rng=1)
    assert [p.data for p in model.parameters()] == [p.data for p in twin.parameters()], "before anything is trained"


def test_a_pool_like_a_broken_one_has_all_its_settings() -> None:
    settings = {"max_workers": 1, "mp_context": multiprocessing.get_context("spawn")}
    settings |= {"initializer": os.putenv, "initargs": ("A_NAME", "a value")}
    if sys.version_info >= (3, 11):
        settings["max_tasks_per_child"] = 7
    with ProcessPoolExecutor(**settings) as executor, alike(executor) as twin:
        assert all(getattr(twin, f"_{name}") == setting for name, setting in settings.items())
    assert alike(Here()) is None


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"executor": 3}, TypeError, "executor = 3\ngive a concurrent.futures.Executor"),
        ({"executor": lambda: None}, TypeError, r"executor\(\) gave None\ngive an Executor, or a function"),
        ({"executor": Here(), "pieces": 0}, ValueError, "pieces = 0"),
        ({"executor": Here(), "pieces": 1.5}, ValueError, "pieces = 1.5"),
    ],
)
def test_mistakes_are_named(settings, kind, message) -> None:
    with pytest.raises(kind, match=message) as caught:
        train(**settings)
    assert str(caught.value).count("\n") == 1


# ---- interruption ----------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_it_politely() -> None:
    def interrupt(history):
        if len(history.loss) == 2:
            signal.raise_signal(signal.SIGINT)

    model = nn.MLP(2, [4, 2], rng=1)
    with ThreadPoolExecutor(2) as executor:
        history = nn.fit(
            model, INPUTS, CLASSES, loss=nn.cross_entropy, epochs=50, executor=executor, callbacks=[interrupt]
        )
    assert history.interrupted and len(history.loss) == 2 and threading.active_count() < 10


def test_ctrl_c_while_workers_are_waited_for() -> None:
    model = nn.MLP(2, [4, 2], rng=1)
    with ThreadPoolExecutor(1) as executor:
        history = nn.fit(
            *(model, INPUTS, CLASSES), loss=spread_models.Interrupting(), executor=executor, batch_size=10, epochs=50,
            compile=False,
        )  # fmt: skip
    assert history.interrupted and len(history.loss) == 1, "24 pieces an epoch"
    assert spread_models.Interrupting.calls == 40, "and those that had not begun never do"


# ---- what travels ----------------------------------------------------------------------------------------------------


def test_no_value_travels() -> None:
    model = nn.MLP(2, [3, 1], rng=0)
    recipe, key, values = packed(model, nn.mse_loss, model.parameters(), False, "")
    assert b"Value" not in recipe and values == model.parameters() and len(key) == 64
    assert str(model.parameters()[0].data).encode() not in recipe
    twin = nn.MLP(2, [3, 1], rng=9)
    assert packed(twin, nn.mse_loss, twin.parameters(), False, "")[0] == recipe, "the numbers are not in it either"


def test_what_is_computed_does_not_travel(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    scale = Value(1.0) * 2
    with pytest.raises(TypeError, match="cannot be sent to workers: .*computed from others\ndefine its class"):
        packed(nn.MLP(1, [1]), scale)
    with pytest.raises(TypeError, match="cannot be sent to workers: .*lambda"):
        packed(nn.MLP(1, [1]), lambda outputs, targets: 0)
    assert isinstance(nn.piecework.recipe_pickler()[0], Packing)


def test_lambdas_travel_where_cloudpickle_is_installed() -> None:
    pytest.importorskip("cloudpickle", reason="the extra `dask` is not installed")
    ours = train(Here(), loss=lambda outputs, targets: nn.cross_entropy(outputs, targets))
    assert ours[0] == train(Here())[0]


def test_a_worker_remembers_few_models() -> None:
    works = []
    for width in range(1, 8):
        model = nn.MLP(1, [width, 1])
        recipe, key, values = packed(model, nn.mse_loss, model.parameters(), False, "")
        works.append(Work(key, bytes(8 * len(values)), [[1.0]], [1.0], recipe))
        assert share_of(works[-1]).loss == 1.0
    assert len(nn.piecework.kept.copies) == 4
    assert share_of(works[-1]._replace(recipe=None)).loss == 1.0
    assert share_of(works[0]._replace(recipe=None)) == nn.piecework.Unknown(works[0].key)
    assert Path(nn.piecework.__file__).exists()
