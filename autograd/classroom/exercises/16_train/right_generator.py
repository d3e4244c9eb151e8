"""A generator of losses."""


def descend(parameters, loss_of, rate):
    while True:
        for p in parameters:
            p.grad = 0
        loss = loss_of()
        loss.backward()
        yield loss.data
        for p in parameters:
            p.data += -rate * p.grad


def train(parameters, loss_of, steps, rate):
    losses = []
    for loss, _ in zip(descend(parameters, loss_of, rate), range(steps + 1)):
        losses.append(loss)
    return losses[:steps]
