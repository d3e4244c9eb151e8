"""Sliders on the leaves of an expression: value, gradients and picture follow. A notebook for marimo.

    marimo edit demos/notebooks/sliders.py      (or `marimo run`, to show it without the code)

Needs the extra `marimo`. As a program, `python demos/notebooks/sliders.py`, it computes everything once, in silence.
"""

import marimo

app = marimo.App(app_title="Sliders on the leaves")

with app.setup:
    import marimo as mo

    from autograd import Value, tanh

    STEP = 0.1  # by which a leaf is nudged, to see whether its gradient tells the truth


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Sliders on the leaves

    Move a slider. The expression is computed again, forward and then backward, and so are the numbers and the picture
    below.
    """)
    return


@app.function
def compute(a, b, c):
    """The expression, from three numbers: its output after the backward pass, and its leaves."""
    leaves = [Value(a, label="a"), Value(b, label="b"), Value(c, label="c")]
    a, b, c = leaves
    y = tanh(a * b + c)
    y.label = "y"
    y.backward()
    return y, leaves


@app.cell
def _():
    sliders = mo.ui.dictionary(
        {
            name: mo.ui.slider(-3.0, 3.0, step=0.1, value=start, label=name, show_value=True)
            for name, start in {"a": 1.0, "b": -0.5, "c": 0.8}.items()
        }
    )
    mo.vstack(sliders.values())
    return (sliders,)


@app.cell
def _(sliders):
    y, leaves = compute(**sliders.value)
    mo.md(f"**y = tanh(a·b + c) = {y.data:.4f}**")
    return leaves, y


@app.cell(hide_code=True)
def _(y):
    y
    return


@app.cell(hide_code=True)
def _():
    mo.md(f"""
    ## Does a gradient tell the truth?

    A gradient says how fast `y` changes with a leaf. So if one leaf grows by {STEP}, and the others stay, `y` should
    change by about {STEP} times its gradient. The last column computes the expression again, to see.
    """)
    return


@app.function
def nudged(name, data):
    """How much y changes if one leaf grows by STEP: as its gradient foretells, and in truth."""
    y, leaves = compute(**data)
    [leaf] = [each for each in leaves if each.label == name]
    moved, _ = compute(**{**data, name: data[name] + STEP})
    return leaf.grad * STEP, moved.data - y.data


@app.cell
def _(leaves, sliders):
    rows = ["| leaf | data | gradient | change foretold | change in truth |", "|:--|--:|--:|--:|--:|"]
    for leaf in leaves:
        foretold, truth = nudged(leaf.label, sliders.value)
        rows.append(f"| {leaf.label} | {leaf.data:.1f} | {leaf.grad:.4f} | {foretold:+.4f} | {truth:+.4f} |")
    mo.md("\n".join(rows))
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Questions

    1. Set `b` to 0. Why is the gradient of `a` now 0, though `a` is used?
    2. Set `c` to 3 and `b` to 0. All three gradients are nearly 0: which operation has stopped them?
    3. Where do the two last columns agree best, and where do they part? What has that to do with the curve of tanh?
    4. Find a place where all three gradients are negative. Can you?
    """)
    return


if __name__ == "__main__":
    app.run()
