# %% [markdown]
# # The tour: an expression that knows its derivatives
#
# Run the cells from top to bottom (Shift + Enter), then change numbers and run them again. It takes about twenty
# minutes with the questions, a few seconds without. Next comes `steps`, which slows the backward pass down.

# %%
from autograd import Value, draw, explain, gradients, tanh, tree

# %% [markdown]
# ## Numbers that remember
#
# A `Value` is a number that remembers how it was computed. It takes part in arithmetic like any other number.

# %%
a = Value(0.5)
b = Value(-2.0)
c = Value(3.0)
d = a * b
t = tanh(d)
y = t + a * c
y.data

# %% [markdown]
# Leave out `.data` and the notebook shows what `y` remembers: the graph of its computation, from the leaves on the left
# to `y` on the right. Boxes hold numbers, circles are operations.

# %%
y

# %% [markdown]
# The names in the boxes are those of the variables above. Nobody told them to the Values: they were looked up when the
# picture was drawn. One box has none: no variable holds it.
#
# **Question.** Two edges leave `a`. Why?

# %% [markdown]
# ## Gradients
#
# Every box says `grad ·`: no gradient has been computed yet. One call computes them all:

# %%
y.backward()
a.grad, b.grad, c.grad

# %% [markdown]
# `b.grad` is dy/db: how fast `y` changes when `b` does. So if `b` grows by a thousandth, `y` should grow by about
# `b.grad` thousandths. Let us try:

# %%
b_changed = b.data + 0.001
y_changed = tanh(a.data * b_changed) + a.data * c.data
(y_changed - y.data) / 0.001

# %% [markdown]
# Close to `b.grad`, though not equal: a thousandth is small, but not infinitely small. `backward()` needs no small
# number. It has found all the gradients exactly, up to rounding, in one pass from right to left:

# %%
y

# %% [markdown]
# **Question.** Which of the three leaves would you change, by a little, to make `y` grow the most?

# %% [markdown]
# ## Where a gradient comes from
#
# The chain rule says: multiply the local derivatives along a path from `y` to `a`, and add up the paths. Here are the
# local derivatives, each on its edge:

# %%
draw(y, slopes=True)

# %% [markdown]
# `explain` writes the rule out, path by path, with these names and numbers:

# %%
print(explain(y, a))

# %% [markdown]
# One path goes through `t` and `d`, the other through `a*c`. Their sum is `a.grad`.
#
# **Question.** The two terms have different signs. What does making `a` larger do to `t`, and what to `y`?

# %% [markdown]
# ## The same in plain text
#
# `tree` needs no pictures. What was shown above already is only named, with an arrow.

# %%
tree(y)

# %% [markdown]
# ## Gradients add up
#
# `backward()` adds to the gradients of leaves; it does not replace them. That is how the two edges of `a` come
# together, and it is why one resets leaves before the next pass:

# %%
y.backward()
print("after a second pass:", a.grad)
for leaf in (a, b, c):
    leaf.zero_grad()
y.backward()
print("reset, and once more:", a.grad)

# %% [markdown]
# ## The derivative of a derivative
#
# A derivative is an expression too. `gradients` gives it as a Value, with a graph of its own, which can be drawn and
# differentiated again. Here is the slope of x³:

# %%
x = Value(2.0)
cube = x**3
[slope] = gradients(cube, [x])
slope

# %% [markdown]
# It reads 3x²; the small grey boxes are constants. Its own derivative is 6x, and the next one 6, whatever x is:

# %%
[curvature] = gradients(slope, [x])
[third] = gradients(curvature, [x])
slope.data, curvature.data, third.data

# %% [markdown]
# ## To try
#
# 1. Put `b = Value(-20.0)` at the top and run everything again. What has become of `b.grad`, and why?
# 2. Write an expression in which a leaf has gradient 0 although it is used.
# 3. Draw the graph of `a + a + a` and that of `3 * a`. How do the gradients of `a` come about in each?
