"""The demo on CartPole: its world, its bookkeeping against hand-made numbers, its gradient against exact ones."""

import itertools
import math
import sys

import pytest

import nn
from autograd import Value, log_softmax, softmax
from demos import cartpole
from demos.cartpole import Episode, Learner, Run, compared, judged, policy_loss, rewards_to_go

pytest.importorskip("gymnasium", reason="the extra `demos` is not installed")


def slopes_of(model: nn.Module, loss: Value) -> list[float]:
    model.zero_grad()
    loss.backward()
    return [parameter.grad for parameter in model.parameters()]


# ---- the whole, in its short form ---------------------------------------------------------------------


def test_it_learns_and_draws(tmp_path, capsys) -> None:
    pytest.importorskip("matplotlib", reason="the extra `demos` is not installed")
    [(run, without)], noises = cartpole.main(tmp_path, seeds=[0], batches=24, trials=10, moments=[0, 8])
    assert run.seed == without.seed == 0 and len(run.returns) == 24 and len(run.trials) == 10
    assert run.returns[0] == without.returns[0] < 40  # pushes at random keep it up for 20 steps or so
    assert sum(run.trials) / 10 > 100
    assert noises[0].earned < noises[1].earned and noises[0].with_baseline < noises[0].without
    told = capsys.readouterr().out
    assert "on Values and compiled agree" in told and "with a baseline: 0 of 1 reach 475" in told
    assert (tmp_path / "cartpole.png").read_bytes().startswith(b"\x89PNG")


def test_all_follows_from_the_seed() -> None:
    runs = [Learner(seed).run(batches=3, trials=3) for seed in (5, 5, 6)]
    assert runs[0].returns == runs[1].returns != runs[2].returns
    assert runs[0].trials == runs[1].trials != runs[2].trials
    numbers = [[parameter.data for parameter in run.model.parameters()] for run in runs]
    assert numbers[0] == numbers[1] != numbers[2]


def test_without_gymnasium_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(SystemExit, match=r"^no gymnasium to play with\ninstall it: pip install -e '\.\[demos\]'$"):
        cartpole.main()


# ---- the world ------------------------------------------------------------------------------------------


def test_the_world_is_the_one_that_gymnasium_calls_solved_at_475() -> None:
    spec = cartpole.environment(0).spec
    assert spec.id == "CartPole-v1"
    assert (spec.max_episode_steps, spec.reward_threshold) == (cartpole.LONGEST, cartpole.SOLVED)


def test_an_episode_can_be_played_again_from_its_actions() -> None:
    learner = Learner(3)
    episode = learner.episodes()[0]
    world = cartpole.environment(3)
    seen, _ = world.reset()
    assert max(map(abs, seen)) <= 0.05 and set(episode.actions) == {0, 1}
    for step, (observation, action) in enumerate(zip(episode.observations, episode.actions), start=1):
        assert observation == seen.tolist()
        assert abs(observation[0]) <= 2.4 and abs(observation[2]) <= math.radians(12)
        seen, reward, fallen, out_of_time, _ = world.step(action)
        assert reward == episode.rewards[step - 1] == 1.0
        assert (fallen or out_of_time) == (step == len(episode.actions))


def test_who_pushes_one_way_falls_within_ten_steps_and_nobody_plays_beyond_500() -> None:
    world, rng = cartpole.environment(0), Learner(0).rng
    for action, always in enumerate((lambda *seen: 0.0, lambda *seen: 1.0)):
        episode = cartpole.play(world, always, rng)
        assert set(episode.actions) == {action} and 8 <= len(episode.rewards) <= 10
    steady = cartpole.play(world, lambda x, v, angle, turning: float(angle + 0.5 * turning + 0.1 * v > 0), rng)
    assert len(steady.observations) == len(steady.actions) == sum(steady.rewards) == 500


# ---- the bookkeeping --------------------------------------------------------------------------------


def test_rewards_to_go_by_hand() -> None:
    assert rewards_to_go([1.0, 1.0, 1.0]) == [3.0, 2.0, 1.0]
    assert rewards_to_go([0.0, -2.0, 0.5]) == [-1.5, -1.5, 0.5]


def test_episodes_are_compared_with_the_others_alone() -> None:
    long, middle, short = [6.0, 4.0, 2.0], [2.0, 1.0], [1.0]
    assert compared([long, middle, short]) == [
        [6.0 - (2.0 + 1.0) / 2, 4.0 - (1.0 + 0.0) / 2, 2.0],
        [2.0 - (6.0 + 1.0) / 2, 1.0 - (4.0 + 0.0) / 2],
        [1.0 - (6.0 + 2.0) / 2],
    ]
    assert compared([long, long, long]) == [[0.0, 0.0, 0.0]] * 3  # where all do as well, nothing is to be learned


def test_every_action_gets_its_weight() -> None:
    episodes = [Episode([[0.0]] * 2, [1, 0], [1.0, 1.0]), Episode([[0.0]], [1], [1.0])]
    assert judged(episodes, baseline=False) == [[1, 2.0], [0, 1.0], [1, 1.0]]
    assert judged(episodes, baseline=True) == [[1, 1.0], [0, 1.0], [1, -1.0]]


def test_solved_means_the_last_hundred_episodes() -> None:
    def after(returns: list[float]) -> float:
        return Run(0, returns, [], nn.MLP(4, [2])).solved

    assert after([500.0] * 9) == math.inf  # no hundred episodes yet
    assert after([500.0] * 10) == 100
    assert after([0.0] + [500.0] * 20) == 110  # 9 batches of 500 and one of 0 are 450 on average
    assert after([474.0] * 50) == math.inf


# ---- the gradient -----------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", [0.0, 2.5, -7.0])
def test_the_mean_gradient_of_a_bandit_is_exact_whatever_the_baseline(baseline) -> None:
    """Two arms that pay 1 and 3: J = p1 + 3 p2 has the slopes p_k (r_k - J) in the logits."""
    model, pays = nn.MLP(1, [2], rng=4), (1.0, 3.0)
    chances = softmax([logit.data for logit in model([0.0])])  # at 0 the logits are the biases
    mean = sum(p * r for p, r in zip(chances, pays))
    estimate = [0.0] * 4
    for arm, (chance, pay) in enumerate(zip(chances, pays)):
        slopes = slopes_of(model, policy_loss([model([0.0])], [[arm, pay - baseline]]))
        estimate = [total - chance * slope for total, slope in zip(estimate, slopes)]
    exact = dict.fromkeys(model.parameters(), 0.0)
    for layer in model.layers:
        exact |= {neuron.b: p * (r - mean) for neuron, p, r in zip(layer.neurons, chances, pays)}
    assert estimate == pytest.approx(list(exact.values()), abs=1e-14)


def chain(model: nn.MLP, state: int, left: int):
    """All that can happen on a chain of two states in a few steps: the episode, and its probability as a Value.

    Action 1 leads to the other state with probability 0.7, action 0 with 0.2; state 0 pays 1, state 1 pays 4 but ends
    the episode with probability 0.4.
    """
    if not left:
        yield Episode([], [], []), 1.0
        return
    for action, chance in enumerate(softmax(model([float(state)]))):
        moves = 0.7 if action else 0.2
        following = [(state, 1.0 - moves, left - 1), (1 - state, moves, left - 1)]
        if state == 1:
            following = [(to, 0.6 * p, steps) for to, p, steps in following] + [(0, 0.4, 0)]
        for to, p, steps in following:
            for rest, share in chain(model, to, steps):
                seen = [[float(state)], *rest.observations]
                yield Episode(seen, [action, *rest.actions], [3.0 * state + 1.0, *rest.rewards]), chance * p * share


@pytest.mark.parametrize("baseline", [False, True])
def test_the_mean_gradient_of_two_episodes_on_a_chain_is_exact(baseline) -> None:
    """The exact mean return is differentiated as an expression; the estimate is averaged over all pairs of paths."""
    model = nn.MLP(1, [2], rng=1)
    model.layers[0].neurons[1].b.data = 0.3
    paths = list(chain(model, state=0, left=2))
    assert sum(p.data for _, p in paths) == pytest.approx(1.0, abs=1e-14)
    exact = slopes_of(model, sum(p * sum(episode.rewards) for episode, p in paths))
    chances = [p.data for _, p in paths]
    estimate = [0.0] * len(exact)
    for (a, p), (b, q) in itertools.product(zip([episode for episode, _ in paths], chances), repeat=2):
        targets = judged([a, b], baseline)
        logits = [model(x) for x in a.observations + b.observations]
        slopes = slopes_of(model, policy_loss(logits, targets))
        share = p * q * len(targets) / 2  # policy_loss is a mean over steps; the formula's is over the two episodes
        estimate = [total - share * slope for total, slope in zip(estimate, slopes)]
    assert max(map(abs, exact)) > 0.1 and estimate == pytest.approx(exact, rel=1e-12)


def test_the_loss_is_the_weighted_logarithm() -> None:
    logits, targets = [[0.5, -1.0], [2.0, 0.0], [0.0, 1.0]], [[1, 2.0], [0, -3.0], [1, 0.0]]
    by_hand = -(2.0 * log_softmax(logits[0])[1] - 3.0 * log_softmax(logits[1])[0]) / 3
    assert policy_loss(logits, targets) == pytest.approx(by_hand, rel=1e-15)


def test_a_compiled_step_is_the_gradient_of_the_mean_return() -> None:
    """Rows left from the batch before do not count; 500 times the mean over 10 * 500 rows is one over 10 episodes."""
    learner, other = Learner(2), Learner(2)
    sgd = nn.SGD(learner.model.parameters(), lr=float(cartpole.LONGEST))
    learner.step = nn.compile_step(learner.model, policy_loss, sgd)
    for table in learner.tables:
        table[:] = 1.0
    assert learner.practise() == pytest.approx(sum(len(e.actions) for e in other.episodes()) / cartpole.EPISODES)
    other = Learner(2)
    episodes = other.episodes()
    logits = [other.model(x) for episode in episodes for x in episode.observations]
    targets = judged(episodes, baseline=True)
    slopes = slopes_of(other.model, policy_loss(logits, targets) * len(targets) / cartpole.EPISODES)
    moved = [before.data - after.data for before, after in zip(other.model.parameters(), learner.model.parameters())]
    assert moved == pytest.approx(slopes, rel=1e-9, abs=1e-12)


def test_the_compiled_policy_reads_the_parameters_at_each_call() -> None:
    model = nn.MLP(4, [3, 2], rng=0)
    policy, seen = cartpole.compiled_policy(model), [0.1, -0.2, 0.3, 0.4]
    for shift in (0.0, 1.0, -20.0):
        model.layers[-1].neurons[1].b.data = shift
        assert policy(*seen) == pytest.approx(softmax(model(seen))[1].data, rel=1e-12)


def test_values_and_code_agree() -> None:
    assert cartpole.check_values() <= 1e-9


def test_agreement_with_pytorch() -> None:
    torch = pytest.importorskip("torch", reason="the extra `bench` is not installed")
    learner = Learner(1)
    seen, targets = [], []
    for episode in learner.episodes()[:3]:
        seen += episode.observations
        targets += [[action, weight] for action, weight in zip(episode.actions, rewards_to_go(episode.rewards))]
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2)).double()
    with torch.no_grad():
        for layer, ours in zip((theirs[0], theirs[2]), learner.model.layers):
            for name, numbers in ours.state_dict().items():
                getattr(layer, name).copy_(torch.tensor(numbers, dtype=torch.float64))
    optimizer = torch.optim.Adam(theirs.parameters(), lr=cartpole.RATE)
    x = torch.tensor(seen, dtype=torch.float64)
    actions = torch.tensor([action for action, _ in targets])
    weights = torch.tensor([weight for _, weight in targets], dtype=torch.float64)
    for _ in range(10):
        chosen = torch.distributions.Categorical(logits=theirs(x)).log_prob(actions)
        loss = -(weights * chosen).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert learner.step(seen, targets) == pytest.approx(loss.item(), rel=1e-9)
    learner.step.update_values()
    flat = [number for layer in (theirs[0], theirs[2]) for number in layer.weight.flatten().tolist()]
    ours = [w.data for layer in learner.model.layers for neuron in layer.neurons for w in neuron.w]
    assert ours == pytest.approx(flat, rel=1e-9, abs=1e-12)
