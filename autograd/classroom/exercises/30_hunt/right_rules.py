"""Rules in the order in which one would ask."""


def bug(answers):
    sums, product, difference, doubled, twice, *_ = answers.values()
    if sums[0] == 0:
        return "no_seed", "c = a + a"
    if sums[0] == 1:
        return "accumulate", "c = a + a"
    if product == [2, 3]:
        return "own_data", "c = a * b"
    if difference[1] == 1:
        return "sign_1", "c = a - b"
    if twice[0] == 8:
        return "recursion", "c = a * a; d = c + c"
    if doubled[0] == 4:
        return "upstream", "c = a * a; d = c + c"
    return "too_early", "c = a + a; d = a + c; e = c + d"


bugs = {engine: bug(answers)[0] for engine, answers in EVIDENCE.items()}
shows = {engine: bug(answers)[1] for engine, answers in EVIDENCE.items()}
