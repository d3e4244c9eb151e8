"""13 · Check yourself

Whoever writes a gradient should doubt it. A check compares the slopes that are claimed with ones that are measured:

        gradcheck(f, gradient, xs)
            f(*xs)         a number
            gradient(*xs)  a list of claimed slopes, one for each x
        -->  True if every slope agrees with a central difference, else False

The question is what "agrees" means: measured slopes have an error, so the two are never equal; slopes may be a million
or a millionth. Ten right gradients have to pass, ten wrong ones to fail.
"""


def gradcheck(f, gradient, xs):
    raise NotImplementedError
