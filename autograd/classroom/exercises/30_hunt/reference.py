"""The right answers first; then each mistake is known by the first program on which it shows, and how."""

RIGHT = {
    "c = a + a": [2, 0],
    "c = a * b": [3, 2],
    "c = a - b": [1, -1],
    "c = a * a; d = c + c": [8, 0],
    "c = a + a; d = c + c": [4, 0],
    "c = a + a; d = a + c; e = c + d": [5, 0],
    "c = a * b; d = a + c; e = c * d": [48, 28],
}

# the first program that shows it, and a's gradient there
SIGNS = {
    ("c = a + a", 1): "accumulate",
    ("c = a * b", 2): "own_data",
    ("c = a * a; d = c + c", 4): "upstream",
    ("c = a - b", 1): "sign_1",
    ("c = a + a; d = a + c; e = c + d", 3): "too_early",
    ("c = a + a", 0): "no_seed",
}

bugs, shows = {}, {}
for engine, answers in EVIDENCE.items():
    shows[engine] = next(program for program, right in RIGHT.items() if answers[program] != right)
    bugs[engine] = SIGNS.get((shows[engine], answers[shows[engine]][0]), "recursion")
