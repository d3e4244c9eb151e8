"""1 · Slope by hand

How much does the result change when the input changes a little? That ratio is the slope, or derivative. For a sum,
slopes add. The slope of x**n is n * x**(n-1), a factor stays where it is, and a constant has no slope at all.

        |        /
        |      _/   <- the slope here: rise over run
        |   __/
        |__/________ x

Two functions, with numbers of your own below:

    f(x)       = A * x**2 + B * x + C      its slope at X1, at X2 and at X3
    g(p, q, r) = p * q + r                 its three slopes at P, Q, R: by p (q and r stay), by q, by r

Write numbers or formulas.
"""

slope_at_x1 = None
slope_at_x2 = None
slope_at_x3 = None

by_p = None
by_q = None
by_r = None
