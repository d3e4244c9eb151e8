"""24 · Checkpoints: time for memory

Going back needs the numbers of the forward pass. A chain of 1,000 stages keeps 1,000 of them; or only every 30th, and
computes the ones in between again when they are needed.

        x0 . . . x30 . . . x60 . . . x90       kept: every 30th
                          <-- x61 ... x89 computed again, used, and forgotten

`gradient(stages, x, every)` gets a list of pairs (forward, slope): x goes through forward, and its local gradient is
slope(x). Return the last value's gradient by x. Keep only every `every`-th number; call each forward at most twice.
"""


def gradient(stages, x, every):
    raise NotImplementedError
