"""2 · Numeric slope, and why it has an error

A slope can be measured: go a small step h, see how far the result has come, divide. Looking forward only, the error
shrinks like h; looking to both sides, like h**2. Ten times smaller a step, a hundred times smaller an error.

      f(x+h)            *           forward:  from x     to x + h
      f(x)         *                central:  from x - h to x + h
      f(x-h)  *
             x-h   x   x+h

Write both. `f` is any function of one number; use the h that you are given.
"""


def forward_difference(f, x, h):
    raise NotImplementedError


def central_difference(f, x, h):
    raise NotImplementedError


if __name__ == "__main__":  # when both are written, press run: how the errors shrink; try 1e-9
    for h in (0.1, 0.01, 0.001):
        cube_slope = 3 * 2.0**2
        print(
            h,
            forward_difference(lambda x: x**3, 2.0, h) - cube_slope,
            central_difference(lambda x: x**3, 2.0, h) - cube_slope,
        )
