# %% [markdown]
# # Watching a network learn
#
# Two half moons of points, and a small network that learns to tell them apart while we look on. Running everything
# takes about ten seconds. It needs matplotlib: `pip install -e '.[notebook]'` has it.

# %%
import matplotlib.pyplot as plt
from IPython.display import display

import nn
from autograd import draw, no_grad
from demos import pictures
from demos.moons import make_moons

# %% [markdown]
# ## The points, and the network
#
# Each point has two coordinates and a side, −1 or 1. The network takes the coordinates and gives a number, its *score*:
# above 0 means side 1. In between are 8 neurons, each a weighted sum and a tanh; the score is a weighted sum of theirs.

# %%
points, sides = make_moons(60, rng=1)
model = nn.MLP(2, [8, 1], activation="tanh", rng=1)
model

# %% [markdown]
# Here is one point on its way through it. A box is a layer, with the parameters in it: the numbers to be learnt.

# %%
draw(model(points[0]), depth=1)

# %% [markdown]
# `depth=2` opens the layers as well, and a box is a neuron.

# %%
draw(model(points[0]), depth=2)

# %% [markdown]
# ## What we want to see while it learns
#
# On the left the plane, coloured by the side the network would give to each place, with the points upon it. On the
# right the loss, so far.


# %%
@no_grad()
def predicted_side(x, y):
    return nn.predicted(model((x, y)))


def redraw(figure, losses):
    plane, curve = figure.axes
    plane.clear()
    pictures.regions(plane, predicted_side, (-1.6, 2.6), (-1.1, 1.6), classes=2)
    for which, side in enumerate((-1, 1)):
        chosen = [point for point, its in zip(points, sides) if its == side]
        pictures.points(plane, [x for x, _ in chosen], [y for _, y in chosen], which)
    plane.set_title(f"after {len(losses)} steps")
    curve.clear()
    curve.plot(range(1, len(losses) + 1), losses, color=pictures.BLUE)
    curve.set(xlabel="step", ylabel="loss", xlim=(0, STEPS), ylim=(0, None))


# %% [markdown]
# ## Training
#
# Each step is five lines: scores, loss, gradients reset, gradients computed, and every parameter moved a little against
# its gradient. The hinge loss of a point is 0 once its score is on the right side of 0 with a margin of 1. Run it, and
# watch.

# %%
STEPS = 100
optimizer = nn.SGD(model.parameters(), lr=0.3, momentum=0.9)
losses = []
figure, _ = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
screen = display(figure, display_id=True)
for step in range(1, STEPS + 1):
    scores = [model(point) for point in points]
    loss = nn.hinge_loss(scores, sides)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.data)
    if step % 10 == 0:
        redraw(figure, losses)
        screen.update(figure)
plt.close(figure)

# %% [markdown]
# **Question.** At first the border is nearly a straight line, and the loss lingers near 0.3. After how many steps does
# the border begin to bend, and what does the loss do from then on?

# %% [markdown]
# ## How good is it?
#
# On the points it has seen, and on 500 new ones:

# %%
new_points, new_sides = make_moons(500, rng=2)
with no_grad():
    seen = nn.accuracy([model(point) for point in points], sides)
    unseen = nn.accuracy([model(point) for point in new_points], new_sides)
print(f"seen: {seen:.1%}, new: {unseen:.1%}")

# %% [markdown]
# ## The whole graph of a step
#
# The last loss was computed from 60 points, by more than a thousand Values. All of them are in the picture, in boxes:

# %%
draw(loss)

# %% [markdown]
# `loss` remembers all of this until the next one takes its place; that is what `loss.backward()` goes back through.
#
# ## To try
#
# 1. Give the network 2 neurons in place of 8. What can the border no longer do?
# 2. Set `activation="relu"` and train again. How does the border look now, and why?
# 3. Set `lr=20.0`. What does the curve on the right tell you?
#
# Without pictures, `nn.fit(model, points, sides, loss=nn.hinge_loss, lr=0.3, momentum=0.9)` is this loop in one call.
