"""The pictures of the README and of the gallery, drawn anew.

python -m demos.draw_gallery [folder]
"""

from __future__ import annotations

import sys
from pathlib import Path

import nn
from autograd import Value, draw, tanh
from demos import orders

GALLERY = Path(__file__).parent / "gallery"


def expression() -> Value:
    a, b, c = Value(2.0, "a"), Value(-3.0, "b"), Value(10.0, "c")
    d = a * b + c
    d.label = "d"
    y = tanh(d / 4) * a
    y.label = "y"
    return y


def main(folder: str | Path = GALLERY) -> list[Path]:
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    y = expression()
    steps = draw(y, {}).save(folder / "steps.svg", animated=True)
    y.backward()
    written = [steps, draw(y, {}, slopes=True).save(folder / "expression.svg")]
    model = nn.MLP(2, [16, 16, 1], rng=0)
    loss = nn.mse_loss([model([0.1 * k, 1.0]) for k in range(50)], [0.0] * 50)
    written.append(draw(loss, {"model": model, "loss": loss}).save(folder / "layers.svg"))
    for name, program in orders.PROGRAMS.items():
        variables = orders.run(program)
        output = list(variables.values())[-1]
        output.backward()
        written.append(draw(output, variables).save(folder / f"{name}.svg"))
    return written


if __name__ == "__main__":
    print(*main(*sys.argv[1:2]), sep="\n")
