"""The loss from the differences to the target; the largest logit as a Value, whose slopes cancel."""


def softmax(logits):
    top = max(logits, key=lambda z: z.data)
    exps = [(z - top).exp() for z in logits]
    total = exps[0]
    for each in exps[1:]:
        total = total + each
    return [each / total for each in exps]


def cross_entropy(logits, target):
    top = max(logits, key=lambda z: z.data)
    return sum((z - top).exp() for z in logits).log() + (top - logits[target])
