"""Memory in a dict; the corrections kept as running products."""


def momentum_step(w, g, memory, rate=0.1, beta=0.9):
    memory = memory * beta + g
    w = w - memory * rate
    return w, memory


def adam_step(w, g, memory, rate=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    old = memory or {"m": 0.0, "v": 0.0, "power1": 1.0, "power2": 1.0}
    new = {
        "m": old["m"] + (1 - beta1) * (g - old["m"]),
        "v": old["v"] + (1 - beta2) * (g**2 - old["v"]),
        "power1": old["power1"] * beta1,
        "power2": old["power2"] * beta2,
    }
    step = new["m"] / (1 - new["power1"]) / ((new["v"] / (1 - new["power2"])) ** 0.5 + eps)
    return w - rate * step, new
