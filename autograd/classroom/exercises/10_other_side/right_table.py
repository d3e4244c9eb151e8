"""One table of operations for both sides of every sign."""

OPERATIONS = {
    "add": lambda a, b: (a + b, 1, 1),
    "sub": lambda a, b: (a - b, 1, -1),
    "mul": lambda a, b: (a * b, b, a),
    "truediv": lambda a, b: (a / b, 1 / b, -a / b**2),
}


def operation(name, swapped):
    def method(self, other):
        other = other if isinstance(other, Value) else Value(float(other))
        left, right = (other, self) if swapped else (self, other)
        data, by_left, by_right = OPERATIONS[name](left.data, right.data)
        return Value(data, (left, right), lambda g: (g * by_left, g * by_right))

    return method


for _name in OPERATIONS:
    setattr(Value, f"__{_name}__", operation(_name, False))
    setattr(Value, f"__r{_name}__", operation(_name, True))
Value.__neg__ = lambda self: 0 - self
