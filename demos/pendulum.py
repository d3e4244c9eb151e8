"""Swing up a pendulum: derivatives through a simulated motion find the pushes that bring it upright, and at rest.

    python -m demos.pendulum [folder]

A pendulum with friction hangs still. A motor turns it with a torque that is constant over each of ten intervals. Four
hundred Runge-Kutta steps later it should stand on its head: two numbers to hit, ten to choose. `jacobian` goes back
through all the steps; Newton's step of least effort follows it. Angles in radians, time in seconds.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograd import jacobian, sin
from demos import pictures
from nn.matrices import Matrix, dot, solve, times, transposed

GRAVITY = 9.81  # m/s^2, over a rod of 1 m
FRICTION = 0.1  # 1/s
STEPS, DURATION, INTERVALS = 400, 4.0, 10
TARGET = (math.pi, 0.0)  # upright, at rest
State = tuple[Any, Any]  # angle from hanging down, angular velocity


def acceleration(state: State, torque: Any) -> State:
    """How fast angle and velocity change."""
    angle, velocity = state
    return velocity, torque - GRAVITY * sin(angle) - FRICTION * velocity


def moved(state: State, rate: State, time: float) -> State:
    return state[0] + time * rate[0], state[1] + time * rate[1]


def runge_kutta(state: State, torque: Any, time: float) -> State:
    """One step of the classical fourth-order method. (Kutta 1901)"""
    first = acceleration(state, torque)
    second = acceleration(moved(state, first, time / 2), torque)
    third = acceleration(moved(state, second, time / 2), torque)
    fourth = acceleration(moved(state, third, time), torque)
    rate = tuple((a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(first, second, third, fourth))
    return moved(state, (rate[0], rate[1]), time)


def motion(torques: Sequence[Any]) -> list[State]:
    """The states after each step, starting from rest."""
    states: list[State] = [(0.0, 0.0)]
    for step in range(STEPS):
        torque = torques[step * len(torques) // STEPS]
        states.append(runge_kutta(states[-1], torque, DURATION / STEPS))
    return states


def end(torques: Sequence[Any]) -> list[Any]:
    """Where the motion ends: two numbers."""
    return list(motion(torques)[-1])


def miss(torques: Sequence[float]) -> list[float]:
    return [reached - wanted for reached, wanted in zip(end(torques), TARGET)]


def least_effort(slopes: Matrix, wanted: Sequence[float]) -> list[float]:
    """The smallest change of the torques with slopes * change = wanted."""
    square = [[dot(row, other) for other in slopes] for row in slopes]
    return times(transposed(slopes), solve(square, wanted))


def swing_up(most: int = 50) -> tuple[list[float], list[float]]:
    """The torques that hit the target, and how far off each attempt was."""
    torques = [2.0 if k % 2 == 0 else -2.0 for k in range(INTERVALS)]
    misses = [math.hypot(*miss(torques))]
    while misses[-1] > 1e-11 and len(misses) <= most:
        change = least_effort(jacobian(end)(torques), [-each for each in miss(torques)])
        share = min(1.0, 3.0 / math.hypot(*change))  # the slopes hold only near by
        torques = [torque + share * each for torque, each in zip(torques, change)]
        misses.append(math.hypot(*miss(torques)))
    return torques, misses


def draw(torques: list[float], path: Path) -> Path:
    made, [left, right] = pictures.figure(2, 10.0, 3.8)
    times_of = [DURATION * step / STEPS for step in range(STEPS + 1)]
    states = motion(torques)
    left.plot(times_of, [angle for angle, _ in states], color=pictures.BLUE, label="angle (rad)")
    left.plot(times_of, [velocity for _, velocity in states], color=pictures.ORANGE, label="velocity (rad/s)")
    left.axhline(math.pi, color="grey", linestyle=":", label="upright")
    left.set(xlabel="time (s)", ylabel="angle, velocity", title="From hanging to standing")
    left.legend(frameon=False)
    edges = [DURATION * k / INTERVALS for k in range(INTERVALS + 1)]
    right.stairs(torques, edges, color=pictures.GREEN, fill=True, alpha=0.6)
    right.axhline(0.0, color="black", linewidth=0.6)
    right.set(xlabel="time (s)", ylabel="torque / inertia (1/s²)", title="The pushes that do it")
    return pictures.save(made, path)


def main(folder: str | Path = "pendulum") -> float:
    """Find the torques, draw the motion, and return by how much it misses the target."""
    torques, misses = swing_up()
    for attempt, off in enumerate(misses):
        print(f"attempt {attempt:2}: off by {off:.2e}")
    print("torques:", ", ".join(f"{torque:.3f}" for torque in torques))
    try:
        print("wrote", draw(torques, Path(folder) / "pendulum.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return misses[-1]


if __name__ == "__main__":
    main(*sys.argv[1:2])
