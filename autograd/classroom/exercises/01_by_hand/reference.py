"""The rule for a power, and for a product the other factor."""

slope_at_x1 = 2 * A * X1 + B
slope_at_x2 = 2 * A * X2 + B
slope_at_x3 = 2 * A * X3 + B

by_p = Q
by_q = P
by_r = 1
