"""A class for the step, that sets gradients to 0 when it has used them."""


class Descent:
    def __init__(self, parameters, rate):
        self.parameters, self.rate = list(parameters), rate

    def step(self):
        for p in self.parameters:
            p.data, p.grad = p.data - self.rate * p.grad, 0.0


def train(parameters, loss_of, steps, rate):
    optimizer = Descent(parameters, rate)
    losses = []
    while len(losses) < steps:
        loss = loss_of()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses
