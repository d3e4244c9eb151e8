"""The numbers are captured when the product is made: changing a.data later changes nothing."""


def multiply(left, right):
    a, b = left.data, right.data

    def pass_back(gradient):
        return [gradient * b, gradient * a]

    return Value(a * b, [left, right], pass_back)


Value.__mul__ = multiply
