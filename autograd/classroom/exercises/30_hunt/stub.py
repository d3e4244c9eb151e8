"""30 · The sabotage hunt

Five engines, each broken in one way. EVIDENCE below has what each of them answered on seven programs at a = 2, b = 3:
the gradients of a and b. For each engine, name the mistake, and the first of the programs that shows it: they are
sorted, the shortest first.

        accumulate   gradients are replaced where they must be added
        own_data     * sends each parent its own data
        upstream     * sends its local gradient without what arrived
        sign_1       - sends its second operand the wrong sign
        too_early    a walk breadth first: a node passes on before it has all
        recursion    a node passes on once for each use
        no_seed      the output's own gradient is 0

Work out by hand what is right, or write a program that finds out. Besides, `with broken(seed=1):` hides one in the real
engine, to be hunted in the REPL.
"""

bugs = {}  # such as {1: "accumulate", 2: ..., 3: ..., 4: ..., 5: ...}
shows = {}  # such as {1: "c = a + a", 2: ..., 3: ..., 4: ..., 5: ...}
