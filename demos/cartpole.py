"""Balance a pole by trial and error: REINFORCE with a baseline learns CartPole, whose equations it never sees.

    python -m demos.cartpole [folder]

A cart carries a pole. Fifty times a second the policy, an MLP 4-16-2, sees where the cart and the pole are and how fast
they move, gives each of two pushes, left or right, a probability, and draws one. Each step earns 1; the episode is over
when the pole leans by more than 12 degrees, when the cart is more than 2.4 m away, or after 500 steps. Solved means 475
on average. The world is gymnasium's CartPole-v1, from the extra `demos`.

**How can one differentiate through a world that is a black box?** One need not. What is to grow is the mean of the
return R over random paths, J = sum of P(path) R(path). Since dP = P d(log P), its slope is a mean over paths too, that
of R d(log P); and means can be estimated by playing. P is a product of what the world does and what the policy does,
so log P is a sum; the world's part of it does not contain the parameters, and drops out:

    dJ = mean over paths of the sum over steps of  R d(log policy(action | observation))

So the loss is a cross-entropy, with one's own actions as labels and with their success as weights. Of R only what is
earned from the step on counts: no push changes the past. (Williams 1992; Sutton and Barto 2018, section 13.3)

**What a baseline does.** Every push is followed by rewards, so every push is praised, a good one a little more. As
probabilities add up to 1, their slopes add up to 0: a number that does not depend on the action can be taken off the
weight; the mean stays as it is, and the noise may shrink. Here it is what the *other* episodes of the batch earned on
average from the same time on, with 0 for those that were over: better than the others is good, worse is bad. (Section
13.4; Kool, van Hoof and Welling 2019) The second table measures it. In the beginning the variance is halved; in between
there are times when it helps nothing, since luck hangs on more than the time; and where all reach 500 steps every
weight is 0 and learning rests, while without a baseline the noise is at its worst and can undo what was learned.

The policy and the step of learning are compiled; the same step on Values is shown to agree. The settings were chosen
with seeds 20 to 27, the tables have seeds 0 to 7, and all of them. Each training is of the same length, fixed in
advance; then 100 new episodes are played, with actions drawn as before.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from itertools import accumulate, zip_longest
from pathlib import Path
from statistics import mean, median, variance
from typing import Any, NamedTuple

import autograd
import nn
from demos import pictures

EPISODES, LONGEST = 10, 500  # in a batch; steps in an episode
BATCHES, RATE = 80, 0.03
SOLVED, TRIALS = 475.0, 100
WITH, WITHOUT = "with a baseline", "without"
Policy = Callable[..., float]  # the probability of a push to the right, for the four numbers of an observation


class Episode(NamedTuple):
    """What was seen, done and earned, step by step."""

    observations: list[list[float]]  # each of four: position (m), speed (m/s), angle (rad), turning (rad/s)
    actions: list[int]  # 0 is a push to the left, 1 to the right
    rewards: list[float]


class Run(NamedTuple):
    """How a training went: the mean return of each batch; the returns of new episodes afterwards."""

    seed: int
    returns: list[float]
    trials: list[float]
    model: nn.MLP

    @property
    def solved(self) -> float:
        """How many episodes were played until the last 100 of them earned 475 on average; infinity if they never did.

        >>> Run(0, [20.0] + [475.0] * 10, [], nn.MLP(4, [2])).solved
        110
        """
        window = TRIALS // EPISODES
        ends = range(window, len(self.returns) + 1)
        return next((end * EPISODES for end in ends if mean(self.returns[end - window : end]) >= SOLVED), math.inf)


class Noise(NamedTuple):
    """What the episodes of a policy earn, and the variance of the gradient that a batch gives of the mean return.

    That is the mean square distance from the mean gradient: the variances of all slopes, added up.
    """

    earned: float
    with_baseline: float
    without: float


# ---- playing ----------------------------------------------------------------------------------------


def environment(seed: int) -> Any:
    """The world: all that happens by chance in it follows from the seed."""
    try:
        import gymnasium
    except ImportError:
        raise SystemExit(f"no gymnasium to play with\ninstall it: {pictures.INSTALL}") from None
    world = gymnasium.make("CartPole-v1")
    world.reset(seed=seed)
    return world


def compiled_policy(model: nn.MLP) -> Policy:
    """The policy as code, which reads the model's parameters anew at each call."""

    def right(position: Any, speed: Any, angle: Any, turning: Any) -> Any:
        return autograd.softmax(model([position, speed, angle, turning]))[1]

    return autograd.compile(right)


def play(world: Any, policy: Policy, rng: random.Random) -> Episode:
    """One episode: the actions are drawn with the policy's probabilities."""
    episode, over = Episode([], [], []), False
    observation, _ = world.reset()
    while not over:
        seen = observation.tolist()
        action = int(rng.random() < policy(*seen))
        observation, reward, fallen, out_of_time, _ = world.step(action)
        episode.observations.append(seen)
        episode.actions.append(action)
        episode.rewards.append(float(reward))
        over = fallen or out_of_time
    return episode


# ---- judging ----------------------------------------------------------------------------------------


def rewards_to_go(rewards: Sequence[float]) -> list[float]:
    """What is earned from each step on.

    >>> rewards_to_go([1.0, 0.0, 5.0])
    [6.0, 5.0, 5.0]
    """
    return list(accumulate(reversed(rewards)))[::-1]


def compared(earned: Sequence[Sequence[float]]) -> list[list[float]]:
    """The rewards-to-go of several episodes, each less the mean of the others at that time; 0 where they were over.

    >>> compared([[3.0, 2.0, 1.0], [1.0]])
    [[2.0, 2.0, 1.0], [-2.0]]
    """
    totals = [sum(at_once) for at_once in zip_longest(*earned, fillvalue=0.0)]
    return [[own - (total - own) / (len(earned) - 1) for own, total in zip(each, totals)] for each in earned]


def judged(episodes: Sequence[Episode], baseline: bool) -> list[list[float]]:
    """Every action of the episodes with its weight: how well it did."""
    earned = [rewards_to_go(episode.rewards) for episode in episodes]
    weights = compared(earned) if baseline else earned
    return [[*pair] for episode, its in zip(episodes, weights) for pair in zip(episode.actions, its)]


def policy_loss(logits: Sequence[Any], targets: Sequence[Any]) -> Any:
    """The mean of -weight log(policy(action)), whose slope is an estimate of -dJ, but for a factor.

    >>> round(policy_loss([[0.0, 0.0]], [[1, 2.0]]), 6)        # 2 log(2)
    1.386294
    """
    return autograd.mean(weight * nn.cross_entropy(row, action) for row, (action, weight) in zip(logits, targets))


# ---- learning ---------------------------------------------------------------------------------------


class Learner:
    """A policy in its world, and the compiled step that improves it. All follows from the seed."""

    def __init__(self, seed: int, baseline: bool = True) -> None:
        self.seed, self.baseline = seed, baseline
        self.world, self.rng = environment(seed), random.Random(seed)
        self.model = nn.MLP(4, [16, 2], rng=self.rng)
        self.policy = compiled_policy(self.model)
        self.optimizer = nn.Adam(self.model.parameters(), lr=RATE)
        self.step = nn.compile_step(self.model, policy_loss, self.optimizer)
        self.tables = zeros(EPISODES * LONGEST, 4), zeros(EPISODES * LONGEST, 2)

    def episodes(self) -> list[Episode]:
        return [play(self.world, self.policy, self.rng) for _ in range(EPISODES)]

    def practise(self) -> float:
        """Play a batch of episodes and learn from it; the mean return.

        The code reads two tables of the same size each time. Rows that are not needed are 0 and weigh nothing: the mean
        over all rows is what the formula asks for, the mean over episodes of the sum over steps, divided by 500.
        """
        episodes = self.episodes()
        seen = [observation for episode in episodes for observation in episode.observations]
        for table, rows in zip(self.tables, (seen, judged(episodes, self.baseline))):
            table[: len(rows)], table[len(rows) :] = rows, 0.0
        self.step(*self.tables)
        self.step.update_values()
        return len(seen) / EPISODES

    def run(self, batches: int, trials: int) -> Run:
        """Practise with a learning rate that falls to 0; then play new episodes, without learning from them."""
        returns = []
        for batch in range(batches):
            self.optimizer.lr = RATE * (1.0 - batch / batches)
            returns.append(self.practise())
        world, rng = environment(10_000 + self.seed), random.Random(10_000 + self.seed)
        tried = [sum(play(world, self.policy, rng).rewards) for _ in range(trials)]
        return Run(self.seed, returns, tried, self.model)


def zeros(rows: int, columns: int) -> Any:
    import numpy

    return numpy.zeros((rows, columns))


# ---- measuring --------------------------------------------------------------------------------------


def check_values(steps: int = 3) -> float:
    """Some steps on two episodes, on Values and compiled: the largest difference of a loss or a parameter."""
    learner, other = Learner(seed=0), Learner(seed=0)
    episodes = learner.episodes()[:2]
    seen = [observation for episode in episodes for observation in episode.observations]
    targets, differences = judged(episodes, baseline=True), []
    for _ in range(steps):
        loss = policy_loss([other.model(x) for x in seen], targets)
        other.optimizer.zero_grad()
        loss.backward()
        other.optimizer.step()
        differences.append(abs(loss.data - learner.step(seen, targets)))
    learner.step.update_values()
    pairs = zip(learner.model.parameters(), other.model.parameters())
    worst = max(*differences, *(abs(ours.data - theirs.data) for ours, theirs in pairs))
    if not worst <= 1e-9:
        raise ArithmeticError(f"compiled and on Values differ by {worst}\nthis should not happen: report it")
    return worst


def noise(learner: Learner, batches: int) -> Noise:
    """How far the gradients scatter that batches of the same policy give, with and without the baseline."""

    def slopes(*row: Any) -> list[Any]:
        loss = policy_loss([learner.model(row[:4])], [row[4:]])
        return autograd.gradients(loss, learner.model.parameters())

    compiled = autograd.compile(slopes)
    earned: list[float] = []
    estimates: dict[bool, list[list[float]]] = {True: [], False: []}
    for _ in range(batches):
        episodes = learner.episodes()
        seen = [observation for episode in episodes for observation in episode.observations]
        earned.append(len(seen) / EPISODES)
        for baseline, found in estimates.items():  # from the same episodes
            rows = [[*x, *target] for x, target in zip(seen, judged(episodes, baseline))]
            found.append([total / EPISODES for total in compiled.sum(rows)])
    scatter = [sum(variance(slope) for slope in zip(*found)) for found in estimates.values()]
    return Noise(mean(earned), *scatter)


# ---- telling ----------------------------------------------------------------------------------------


def tell(pairs: Sequence[tuple[Run, Run]]) -> None:
    """The table of all runs, and what they come to."""
    trials = len(pairs[0][0].trials)
    print("\nsolved: after how many episodes the last 100 had earned 475 on average")
    print(f"reached: what {trials} new episodes earn on average after training\n")
    print(f"{'':6}{WITH:>24}{WITHOUT:>24}\n{'seed':6}" + 2 * f"{'solved':>14}{'reached':>10}")
    for pair in pairs:
        print(f"{pair[0].seed:<6}" + "".join(f"{run.solved:14.0f}{mean(run.trials):10.1f}" for run in pair))
    for name, runs in zip((WITH, WITHOUT), zip(*pairs)):
        good, when = sum(mean(run.trials) >= SOLVED for run in runs), median(run.solved for run in runs)
        print(f"{name}: {good} of {len(runs)} reach {SOLVED:.0f}; solved after {when:.0f} episodes (median)")


def tell_noise(seed: int, moments: Sequence[int], batches: int) -> list[Noise]:
    """The table of how noisy the estimated gradient is after some numbers of batches."""
    print(f"\nvariance of the gradient that {EPISODES} episodes give, over {batches} times {EPISODES} (seed {seed})\n")
    print(f"{'after episodes':16}{'they earn':>10}{WITH:>18}{WITHOUT:>12}")
    learner, found, done = Learner(seed), [], 0
    for moment in moments:
        for _ in range(moment - done):
            learner.practise()
        done = moment
        found.append(noise(learner, batches))
        earned, *scatter = found[-1]
        print(f"{moment * EPISODES:<16}{earned:10.1f}{scatter[0]:18,.0f}{scatter[1]:12,.0f}")
    return found


def draw_curves(axes: Any, pairs: Sequence[tuple[Run, Run]]) -> None:
    """The mean return of each batch: the median over the seeds, and a band from the worst to the best."""
    for name, runs, colour, style in zip((WITH, WITHOUT), zip(*pairs), pictures.COLOURS, ("-", "--")):
        batches = list(zip(*(run.returns for run in runs)))
        played = [EPISODES * (k + 1) for k in range(len(batches))]
        axes.fill_between(played, list(map(min, batches)), list(map(max, batches)), color=colour, alpha=0.2, lw=0)
        axes.plot(played, list(map(median, batches)), style, color=colour, label=name)
    axes.axhline(SOLVED, color="grey", linestyle=":", label=f"solved: {SOLVED:.0f}")
    axes.set(xlabel="episodes played", ylabel="steps that the pole stands", ylim=(0, 510))
    axes.set_title(f"Median and range of {len(pairs)} seeds", fontsize=11)
    axes.legend(loc="lower right", frameon=False)


def draw_policy(axes: Any, policy: Policy, title: str) -> Any:
    """The probability of a push to the right, with the cart at rest in the middle; and how some episodes begin."""
    from matplotlib.colors import LinearSegmentedColormap

    angles, turnings = [12.0 * (k / 30 - 1) for k in range(61)], [120.0 * (k / 30 - 1) for k in range(61)]
    grid = [[policy(0.0, 0.0, math.radians(x), math.radians(y)) for x in angles] for y in turnings]
    colours = LinearSegmentedColormap.from_list("left to right", ["#9e94c8", "white", "#fdb863"])
    filled = axes.contourf(angles, turnings, grid, levels=[k / 10 for k in range(11)], cmap=colours)
    world, rng, fallen = environment(20_000), random.Random(20_000), 0
    for _ in range(5):
        seen = play(world, policy, rng).observations[:60]
        xs, ys = ([math.degrees(observation[which]) for observation in seen] for which in (2, 3))
        axes.plot(xs, ys, color="black", lw=0.8)
        axes.plot(xs[-1:], ys[-1:], "kx" if len(seen) < 60 else "k.", markersize=8)
        fallen += len(seen) < 60
    axes.set(
        xlabel="angle of the pole (°), to the right", ylabel="angular velocity (°/s)", xlim=(-12, 12), ylim=(-120, 120)
    )
    axes.set_title(f"{title}: {fallen} of 5 fall within 60 steps (×)", fontsize=11)
    return filled


def draw(pairs: Sequence[tuple[Run, Run]], path: Path) -> Path:
    made, [curves, before, after] = pictures.figure(3, 12.5, 4.0)
    draw_curves(curves, pairs)
    run = pairs[0][0]
    draw_policy(before, Learner(run.seed).policy, "Before")
    filled = draw_policy(after, compiled_policy(run.model), "After")
    made.colorbar(filled, ax=[before, after], label="probability of a push to the right")
    return pictures.save(made, path)


def main(
    folder: str | Path = "cartpole",
    seeds: Sequence[int] = range(8),
    batches: int = BATCHES,
    trials: int = TRIALS,
    moments: Sequence[int] = (0, 10, 20, 30),
) -> tuple[list[tuple[Run, Run]], list[Noise]]:
    """Train from each seed with the baseline and without; both runs of each, and the noise at some moments."""
    started = time.perf_counter()
    print(f"{Learner(0).model}, {batches} batches of {EPISODES} episodes, Adam")
    print(f"3 steps of learning on Values and compiled agree to {check_values():.0e}")
    pairs = []
    for seed in seeds:
        pairs.append((Learner(seed).run(batches, trials), Learner(seed, baseline=False).run(batches, trials)))
        print(f"    seed {seed} trained twice, {time.perf_counter() - started:.0f} s")
    tell(pairs)
    noises = tell_noise(seeds[0], moments, batches=30)
    try:
        print("wrote", draw(pairs, Path(folder) / "cartpole.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return pairs, noises


if __name__ == "__main__":
    main(*sys.argv[1:2])
