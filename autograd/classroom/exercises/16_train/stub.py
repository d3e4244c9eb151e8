"""16 · Train a network

One step of gradient descent, over and over:

        loss = loss_of()          forward: a new graph
        gradients to 0            or the ones of the last step are still there
        loss.backward()
        p.data -= rate * p.grad   for every parameter: a step downhill

Write train(parameters, loss_of, steps, rate): it takes so many steps and returns the list of the losses, as numbers,
each as it was *before* its step.
"""


def train(parameters, loss_of, steps, rate):
    raise NotImplementedError
