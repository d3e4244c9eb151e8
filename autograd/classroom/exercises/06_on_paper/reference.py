"""Worked out by the rule of the paper: a line goes when all that use it have gone."""

lines = [line.split(" = ") for line in PROGRAM.split("; ")]
numbers = dict(AT)
for name, formula in lines:
    left, sign, right = formula.split()
    numbers[name] = numbers[left] + numbers[right] if sign == "+" else numbers[left] * numbers[right]

order = [name for name, _ in reversed(lines)]
gradients = {**dict.fromkeys(numbers, 0), order[0]: 1}
for name in order:
    left, sign, right = dict(lines)[name].split()
    gradients[left] += gradients[name] * (1 if sign == "+" else numbers[right])
    gradients[right] += gradients[name] * (1 if sign == "+" else numbers[left])

grad_a = gradients["a"]
grad_b = gradients["b"]
