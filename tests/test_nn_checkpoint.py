"""Checkpoints: a training that was killed ends, once it goes on, bit for bit where one that was not killed ends."""

import copy
import json
import math
import random
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

import nn
from autograd import Value

ROOT = Path(__file__).parent.parent
SETTINGS = {
    "plain": {"lr": 0.1},
    "momentum": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
}
WAYS = pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])


def samples(count: int = 20):
    rng = random.Random(3)
    inputs = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(count)]
    return inputs, [int(x * y > 0) for x, y in inputs]


def train(path, epochs: int, compile: bool = False, loss=nn.cross_entropy, seed: int = 0, count: int = 20, **settings):
    """A training of some epochs, from a checkpoint if there is one; all that it comes to, exactly."""
    inputs, classes = samples(count)
    model = nn.MLP(2, [4, 2], rng=seed)
    settings = {"lr": 0.1, "batch_size": 6, **settings}
    history = nn.fit(
        *(model, inputs, classes), loss=loss, epochs=epochs, validation=(inputs[:5], classes[:5]), rng=5,
        progress=False, compile=compile, checkpoint=path, resume=path is not None, **settings,
    )  # fmt: skip
    assert history.compiled == compile
    return exact([model.state_dict(), vars(history)])


def exact(results) -> str:
    return repr(results)


@WAYS
@pytest.mark.parametrize("settings", SETTINGS)
def test_a_training_that_stopped_goes_on_bit_for_bit(settings, compile, tmp_path) -> None:
    whole = train(None, 9, compile, **SETTINGS[settings])
    for stops in ((9,), (4, 9), (1, 2, 3, 8, 9, 9), (20,)):
        path = tmp_path / f"{stops}.json"
        ends = [train(path, epochs, compile, **SETTINGS[settings]) for epochs in stops]
        assert (ends[-1] == whole) == (stops[-1] == 9)
    assert train(path, 9, compile, **SETTINGS[settings]) == ends[-1], "nothing was left to do after 20"


def test_a_training_goes_on_compiled_where_it_stopped_eager(tmp_path) -> None:
    whole, path = eval(train(None, 6, momentum=0.5))[0], tmp_path / "run.json"
    train(path, 3, False, momentum=0.5)
    parts = eval(train(path, 6, True, momentum=0.5))[0]
    for name, numbers in whole.items():
        for ours, theirs in zip(parts[name], numbers):
            assert ours == pytest.approx(theirs, rel=1e-9)


def test_checkpoints_are_as_rare_as_wanted_and_the_last_is_there(tmp_path, monkeypatch) -> None:
    saved, save = [], nn.checkpoint.save_checkpoint
    monkeypatch.setattr(
        nn.checkpoint, "save_checkpoint", lambda *parts, **more: (saved.append(parts[4]), save(*parts, **more))
    )
    train(tmp_path / "run.json", 8, checkpoint_every=3)
    assert saved == [3, 6, 8]
    assert train(tmp_path / "run.json", 10, checkpoint_every=3) == train(None, 10)
    assert saved == [3, 6, 8, 9, 10]


PROGRAM = """
import sys
from tests.test_nn_checkpoint import long_training
print(long_training(sys.argv[1], sys.argv[2] == "True"))
"""


def long_training(path, compile: bool):
    return train(path, 250, compile, lr=0.05, momentum=0.9)


@WAYS
def test_killed_at_any_moment_it_ends_where_it_would_have_ended(compile, tmp_path) -> None:
    path, rng, kills, whole = tmp_path / "run.json", random.Random(), 0, long_training(None, compile)

    def started():
        command = [sys.executable, "-c", PROGRAM, str(path), str(compile)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    for _ in range(4):
        process, seen = started(), modified(path)
        for _ in range(rng.randrange(1, 20)):  # epochs, until it has saved so many more
            while process.poll() is None and modified(path) == seen:
                time.sleep(0.0005)
            seen = modified(path)
        time.sleep(rng.uniform(0, 0.01))
        process.kill()
        process.communicate()
        kills += process.returncode < 0
        assert 0 < json.loads(path.read_bytes())["epoch"] <= 250  # a whole file, whatever it was killed at
    output, _ = started().communicate()
    assert output.strip() == whole and kills > 0


def modified(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


# ---- by hand ---------------------------------------------------------------------------------------------------------


class Halving:
    """A schedule: the learning rate halves every other step. It keeps the best loss, which is infinite at first."""

    def __init__(self, optimizer) -> None:
        self.optimizer, self.steps, self.best = optimizer, 0, math.inf

    def step(self) -> None:
        self.steps += 1
        self.optimizer.lr *= 0.5 if self.steps % 2 == 0 else 1.0

    def state_dict(self):
        return {"steps": self.steps, "best": self.best}

    def load_state_dict(self, state) -> None:
        if not isinstance(state, dict) or state.keys() != {"steps", "best"}:
            raise ValueError(f"Halving: a state of {state!r:.20}\ngive it its own")
        self.steps, self.best = state["steps"], state["best"]


class Noisy(nn.Module):
    """A line that draws noise from generators of its own and keeps a running mean: not what fit knows about."""

    buffers = ("mean",)

    def __init__(self) -> None:
        self.w, self.mean = Value(0.5), 0.0
        self._rng, self.parts = random.Random(8), [{"rng": random.Random(9)}]

    def __call__(self, x):
        self.mean = 0.9 * self.mean + 0.1 * x
        return self.w * x + self._rng.gauss(0, 0.1) + self.parts[0]["rng"].random() - self.mean


def noisy(path, epochs: int):
    model, rng, history = Noisy(), random.Random(1), nn.History()
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.5)
    schedule, done = Halving(optimizer), 0
    if path.exists():
        done = nn.load_checkpoint(path, model, optimizer, rng, history, schedule)
    for epoch in range(done, epochs):
        loss = nn.mse_loss(model(rng.gauss(0, 1)), 1.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        history.loss.append(loss.data)
        nn.save_checkpoint(path, model, optimizer, rng, epoch + 1, history, schedule)
    return [model.state_dict(), vars(history), optimizer.lr, optimizer.states, schedule.state_dict(), rng.getstate()]


def test_schedules_buffers_and_generators_of_the_model_are_part_of_it(tmp_path) -> None:
    whole = noisy(tmp_path / "whole.json", 7)
    for epochs in (1, 2, 5, 7):
        parts = noisy(tmp_path / "parts.json", epochs)
    assert exact(parts) == exact(whole) and '"best": {"float": "inf"}' in (tmp_path / "parts.json").read_text()


def test_a_training_that_has_diverged_goes_on_as_it_was(tmp_path) -> None:
    settings = {"lr": 1e200, "momentum": 0.5, "loss": nn.mse_loss, "compile": False}

    def run(path, epochs):
        model = nn.MLP(1, [1], rng=0)
        history = nn.fit(
            *(model, [[1.0], [2.0]], [1.0, 3.0]), epochs=epochs, progress=False, checkpoint=path,
            resume=True, **settings,
        )  # fmt: skip
        return exact([model.state_dict(), history])

    run(tmp_path / "parts.json", 3)
    whole = run(tmp_path / "whole.json", 6)
    assert run(tmp_path / "parts.json", 6) == whole and "nan" in whole


# ---- what does not fit -----------------------------------------------------------------------------------------------


def test_another_training_is_not_gone_on_with(tmp_path) -> None:
    path = tmp_path / "run.json"
    train(path, 2)
    before = path.read_bytes()
    for change, message in (
        ({"lr": 0.3}, r"optimizer = SGD\(lr=0.1, .*\), not SGD\(lr=0.3, "),
        ({"momentum": 0.5}, "optimizer = SGD"),
        ({"batch_size": 5}, "batch_size = 6, not 5"),
        ({"count": 21}, "samples = 20, not 21"),
        ({"loss": lambda outputs, targets: nn.cross_entropy(outputs, targets)}, "loss = cross_entropy, not <lambda>"),
    ):
        with pytest.raises(ValueError, match=f"it is of a training with {message}") as caught:
            train(path, 3, **change)
        assert str(caught.value).endswith("\ngive what the training was begun with, or delete the file to begin anew")
    inputs, classes = samples()
    with pytest.raises(FileExistsError, match="exists\ngo on from it with resume=True, or delete it"):
        nn.fit(nn.MLP(2, [4, 2]), inputs, classes, loss=nn.cross_entropy, checkpoint=path)
    with pytest.raises(ValueError, match=r"'layers.0.weight' has the shape \(4, 2\), not \(5, 2\)"):
        nn.fit(
            *(nn.MLP(2, [5, 2]), inputs, classes), loss=nn.cross_entropy, checkpoint=path, resume=True,
            batch_size=6, lr=0.1, validation=(inputs[:5], classes[:5]),
        )  # fmt: skip
    assert path.read_bytes() == before


def test_wrong_arguments_are_named_before_anything_is_trained(tmp_path) -> None:
    for arguments, error, message in (
        ({"resume": True}, TypeError, "resume without a checkpoint"),
        ({"checkpoint": "run.txt"}, ValueError, "a checkpoint is JSON"),
        ({"checkpoint": "run.json", "checkpoint_every": 0}, ValueError, "checkpoint_every = 0"),
        ({"checkpoint": "run.json", "checkpoint_every": 1.5}, ValueError, "checkpoint_every = 1.5"),
        ({"checkpoint": tmp_path / "nowhere" / "run.json"}, FileNotFoundError, "in no folder that exists"),
    ):
        with pytest.raises(error, match=message):
            nn.fit(nn.MLP(1, [1]), [[1.0]], [1.0], loss=nn.mse_loss, epochs=10**9, **arguments)
    optimizer = nn.SGD(nn.Neuron(1).parameters())
    with pytest.raises(TypeError, match="has no state that could be saved\ngive it a random.Random"):
        nn.save_checkpoint(tmp_path / "a.json", nn.Neuron(1), optimizer, random.SystemRandom(), 1, nn.History())


def changed(*path, value):
    """A change to a checkpoint: what stands at a path in it becomes another value, or goes if that is `...`."""

    def change(document) -> None:
        for name in path[:-1]:
            document = document[name]
        if value is ...:
            del document[path[-1]]
        else:
            document[path[-1]] = value

    return change


WORDS = random.Random(0).getstate()[1]
HOSTILE = {
    "another format": (changed("format", value="checkpoint 2"), "not a checkpoint"),
    "a part missing": (changed("schedule", value=...), "it has the parts"),
    "a part too many": (changed("run", value="rm"), "it has the parts"),
    "no epoch": (changed("epoch", value=True), "its epoch is True"),
    "an epoch below zero": (changed("epoch", value=-1), "its epoch is -1"),
    "an epoch of text": (changed("epoch", value="1"), "its epoch is '1'"),
    "a model that is a list": (changed("model", value=[]), "it is a list, not names"),
    "a parameter missing": (changed("model", "bias", value=...), "it lacks 'bias'"),
    "a parameter of text": (changed("model", "bias", 0, value="1.0"), "a str where a number"),
    "an optimizer that is a list": (changed("optimizer", value=[]), "its optimizer is a list"),
    "another optimizer": (changed("optimizer", "rule", value="Adam"), "of the optimizer 'Adam', not SGD"),
    "a setting missing": (changed("optimizer", "settings", "lr", value=...), "the optimizer's settings are"),
    "a setting of text": (
        changed("optimizer", "settings", "lr", value="0.1"),
        "the optimizer's lr is '0.1', where 0.1",
    ),
    "a setting of nan": (changed("optimizer", "settings", "lr", value={"float": "nan"}), "the optimizer's lr is nan"),
    "a truth value for a number": (
        changed("optimizer", "settings", "momentum", value=True),
        "the optimizer's momentum",
    ),
    "a number for a truth value": (changed("optimizer", "settings", "nesterov", value=1), "the optimizer's nesterov"),
    "states that are a number": (changed("optimizer", "states", value=7), "the optimizer's states 7, not one for"),
    "a state too few": (changed("optimizer", "states", 0, value=...), "not one for each of 6"),
    "a state of text": (changed("optimizer", "states", 0, value="abc"), "'abc', not a list of numbers"),
    "a state with text": (changed("optimizer", "states", 0, value=["1"]), "which SGD does not keep"),
    "a state too long": (changed("optimizer", "states", 0, value=[1.0, 2.0]), "which SGD does not keep"),
    "a schedule": (changed("schedule", value={"steps": 1}), "with a schedule, and none is given"),
    "no random state": (changed("random", value={}), "its random state is not one"),
    "random numbers that are a list": (changed("random", value=[]), "its random is a list"),
    "a random state too short": (changed("random", "training", value=[3, WORDS[1:], None]), "its random state"),
    "a random state of floats": (changed("random", "training", value=[3, [*WORDS[:-1], 0.5], None]), "random state"),
    "a word too large": (changed("random", "training", value=[3, [2**40, *WORDS[1:]], None]), "its random state"),
    "a place out of range": (changed("random", "training", value=[3, [*WORDS[:-1], 626], None]), "random state"),
    "another version": (changed("random", "training", value=[4, WORDS, None]), "its random state"),
    "half a pair of text": (changed("random", "training", value=[3, WORDS, "x"]), "its random state"),
    "a generator that the model has not": (changed("random", "model", value={"a": 1}), "random numbers of 'a'"),
    "generators in a list": (changed("random", "model", value=[]), "it has the random numbers of"),
    "another history": (changed("history", "loss", value=...), "its history is of"),
    "a history of text": (changed("history", "loss", value="abc"), "its history of loss is 'abc'"),
    "a history with text": (changed("history", "loss", value=["0.5"]), "a str where a number"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_checkpoints_change_nothing_and_cost_little(what, tmp_path) -> None:
    def parts():
        model = nn.Layer(2, 2, rng=0)
        return model, nn.SGD(model.parameters(), lr=0.1, momentum=0.9), random.Random(5), nn.History(loss=[9.0])

    path, (change, message), (model, optimizer, rng, history) = tmp_path / "run.json", HOSTILE[what], parts()
    optimizer.states, optimizer.lr = [(1.0,)] * 6, 0.01
    nn.save_checkpoint(path, model, optimizer, rng, 3, history)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    parts = parts()
    before = exact([parts[0].state_dict(), vars(parts[1]), parts[2].getstate(), parts[3]])
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message) as caught:
            nn.load_checkpoint(path, *parts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert exact([parts[0].state_dict(), vars(parts[1]), parts[2].getstate(), parts[3]]) == before
    assert str(caught.value).count("\n") == 1 and len(str(caught.value)) < len(str(path)) + 300
    assert peak < 10 * 2**20


def test_a_schedule_that_refuses_its_state_leaves_the_rest_as_it_was(tmp_path) -> None:
    path = tmp_path / "run.json"
    noisy(path, 3)
    text = path.read_text()
    model, rng, history = Noisy(), random.Random(1), nn.History()
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.5)
    before = exact([model.state_dict(), vars(optimizer), rng.getstate(), history])
    for change, schedule, message in (
        (('"steps"', '"stepz"'), Halving(optimizer), "Halving: a state of"),
        (("", ""), None, "a training with a schedule, and none is given"),
    ):
        path.write_text(text.replace(*change))
        with pytest.raises(ValueError, match=message):
            nn.load_checkpoint(path, model, optimizer, rng, history, schedule)
        assert exact([model.state_dict(), vars(optimizer), rng.getstate(), history]) == before


def test_copies_of_parts_do_not_share_with_the_file(tmp_path) -> None:
    model = nn.Layer(1, 1, rng=0)
    optimizer, history = nn.SGD(model.parameters(), momentum=0.9), nn.History(loss=[1.0])
    nn.save_checkpoint(tmp_path / "run.json", model, optimizer, random.Random(0), 1, history)
    twin = copy.deepcopy(history)
    curve = twin.loss
    nn.load_checkpoint(tmp_path / "run.json", model, optimizer, random.Random(0), twin)
    assert twin.loss is curve and twin == history
