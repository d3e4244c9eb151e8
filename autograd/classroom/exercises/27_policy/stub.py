"""27 · Policy gradient: learning from rewards

Nobody says which action was right; there is only a reward. Make actions that were better than expected more likely:

        gradient of log p(action), times (reward - baseline)          p = softmax(logits)

        arms    [?]  [?]  [?]   pull one, see what you get, pull the better ones more often

Write `policy_gradient(logits, action, reward, baseline)`: the list to add to the logits (times a rate) to go *uphill*.
And `learn(pull, arms, steps, rate, draw)`: from logits of 0, draw an action with draw.random(), call pull(action) for
its reward, go a step uphill; the baseline is the mean of the rewards so far (0 at first). Return the logits.
"""


def policy_gradient(logits, action, reward, baseline):
    raise NotImplementedError


def learn(pull, arms, steps, rate, draw):
    raise NotImplementedError
