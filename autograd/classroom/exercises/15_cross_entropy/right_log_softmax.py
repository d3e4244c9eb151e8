"""log-softmax first, and both from it."""


def log_softmax(logits):
    shift = max(z.data for z in logits)
    shifted = [z - shift for z in logits]
    log_total = sum(z.exp() for z in shifted).log()
    return [z - log_total for z in shifted]


def softmax(logits):
    return [z.exp() for z in log_softmax(logits)]


def cross_entropy(logits, target):
    return -log_softmax(logits)[target]
