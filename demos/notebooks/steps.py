# %% [markdown]
# # Backpropagation, one step at a time
#
# `backward()` does everything at once. Here it goes node by node, so that you can predict each number before you see
# it. You should have seen `tour` before.

# %%
from autograd import Value, backward_steps, draw, forward_steps, why_order

# %% [markdown]
# ## Forward
#
# A small expression, and what was computed on the way, in order:

# %%
a = Value(2.0)
b = Value(-3.0)
c = a * b
d = c + a
loss = d**2
for step in forward_steps(loss):
    print(step)

# %% [markdown]
# ## Backward
#
# `backward_steps` gives the steps of the backward pass one by one. In each, one node passes its gradient on to its
# parents: **upstream gradient times local derivative**. The first node is `loss` itself, whose gradient is 1, since
# dloss/dloss = 1.

# %%
steps = backward_steps(loss)
next(steps)

# %% [markdown]
# Read it from left to right: the gradient of `loss` is 1, the local derivative of d² is 2d, and d is −4. So the
# gradient of `d` gains −8.
#
# **Before you run the next cell:** what does `d` pass on to `c`, and what to `a`?

# %%
next(steps)

# %% [markdown]
# A sum passes its gradient on as it is. We are in the middle of the pass, and the picture shows it: `c` has its
# gradient, `a` has received the first of two shares, and `b` none so far.

# %%
loss

# %% [markdown]
# **Before you run the next cell:** `c` is a product. What is the gradient of `a` afterwards?

# %%
next(steps)

# %% [markdown]
# "Now" tells what the gradient has grown to: −8 from `d`, and 24 more from `c`. That was the last step. The gradients
# are those of `backward()`:

# %%
a.grad, b.grad

# %% [markdown]
# ## A page to step through
#
# The same for eyes and fingers: press the arrow keys or move the slider. Change the leaves, and everything is computed
# again.

# %%
draw(loss).page

# %% [markdown]
# `draw(loss).save("steps.html")` saves this page as a file that works anywhere, without Python and without a network.

# %% [markdown]
# ## Why this order?
#
# A node may pass its gradient on only when all who use it have passed on theirs. The right order takes care of that: it
# is called topological. Two other orders come to mind when one writes a backward pass for the first time. Both work on
# many graphs, and both are wrong. Here are the smallest programs that show it.
#
# **Breadth first:** the output, then its parents, then theirs.

# %%
a = Value(1.0)
c = a + a
d = a + c
e = c + d
e

# %% [markdown]
# `e` is 5a, so its derivative by `a` is 5. Now in the wrong order, with pencil and paper: `e` passes 1 to `c` and 1 to
# `d`. Then it is the turn of `c`, which was met first. What does `c` pass on, and what does it miss?

# %%
why_order(e)

# %% [markdown]
# `c` fires with 1, when its gradient should be 2: the share that goes through `d` comes too late, and never reaches
# `a`.
#
# **Naive recursion:** a node passes its gradient on, then asks each parent to do the same. This one goes wrong on an
# even smaller program, with two operations:

# %%
a = Value(1.0)
c = a + a
d = c + c
d

# %% [markdown]
# `d` is 4a. Two edges go from `c` to `d`, so `c` is asked twice, and the second time it passes on once more what it had
# passed on before:

# %%
why_order(d)

# %% [markdown]
# Breadth first gets this one right: each order has graphs on which its mistake does not show. On the page below, choose
# an order and step through it to see where it goes wrong.

# %%
draw(d).page

# %% [markdown]
# ## To try
#
# 1. The first program misleads both wrong orders. Can you find one with only two operations that does?
# 2. On a graph where every node is used only once, all three orders agree. Why?
# 3. Naive recursion on `d = c + c`, `e = d + d`, `f = e + e`, and so on: how often does `c` fire?
