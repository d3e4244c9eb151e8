"""All that is said to a student, in one place, ready to be translated: a key, and a sentence with its facts in braces.

`say("accumulate", twice="a")` fills one in. A translation is one more dict with the same keys; what it lacks is said in
English. Next: verdict.py.
"""

from __future__ import annotations

from typing import Any

ENGLISH = {
    # about the walk
    "accumulate": "you replaced the gradient where it must be added: {twice} is used twice",
    "too_early": "you visited {early} before {late} had finished: that is why the order matters",
    "recursion": "{early} passed its gradient on once for each use, and what it had passed on before again: let each "
    "fire once, after all that use it",
    "one_step": "only the output's gradient went anywhere: your walk stops there, or goes from the first line to the "
    "last; the chain rule goes from the last line to the first",
    "no_seed": "everything is 0: the output's own gradient has to be 1 before you begin",
    "upstream_everywhere": "you send local slopes alone; each has to be multiplied by the gradient that arrived",
    # about one operation
    "own_data": "your {op} sends each parent its own data; it should send the other's",
    "not_squared": "the slope of {op} has a square in it, which yours lacks",
    "no_gate": "your {op} sends the gradient on whatever the sign of its input; it depends on that",
    "value_as_slope": "your {op} uses its own value as its slope",
    "input_for_output": "your {op} puts its input where its output belongs, or the output where the input does",
    "half_of_it": "the slope of {op} has two factors, s and 1 - s; yours has the first alone",
    "tanhs_rule": "your {op} uses the slope of tanh",
    "as_a_power": "your {op} is treated as a power of its operand; here the operand is the exponent",
    "no_factor": "your {op} lowers the exponent and forgets to multiply by it",
    "exponent_kept": "your {op} multiplies by the exponent and forgets to lower it",
    "factor_alone": "your {op} multiplies by the exponent, and lowers it too far",
    "no_logarithm": "your {op} forgets the logarithm of the base",
    "upstream": "your {op} sends its local slope alone; multiply it by the gradient that arrived",
    "slope_of_one": "your {op} passes the gradient on as it came; multiply it by the local slope",
    "sign_0": "your {op} sends its first operand the gradient with the wrong sign",
    "sign_1": "your {op} sends its second operand the gradient with the wrong sign",
    "sign": "your {op} sends the gradient with the wrong sign",
    "nothing_0": "your {op} sends nothing to its first operand",
    "nothing_1": "your {op} sends nothing to its second operand",
    "nothing": "your {op} sends nothing to its operand",
    # what is wrong, where no misconception explains it
    "value": "the forward pass is wrong: your {op} computes {yours}, and {truth} is right",
    "slope": "the backward pass of your {op} is wrong",
    "walk": "each operation alone is right, and together they are not: look at how gradients are added, and in which "
    "order nodes pass them on",
    "crash": "your engine stopped at this program: {error}",
    "also": "there is a second mistake beside this one: mend this, then check again",
    # what cannot be tried
    "not_callable": "{given} is not a class of numbers: give the class itself, as in check(Value)",
    "no_leaf": "a number could not be made by calling your class with 2.0: {error}",
    "no_data": "a {type} has no .data: keep the number there",
    "no_gradient": "a {type} has no .grad: keep the gradient there, 0 at first",
    "no_backward": "a {type} has no .backward(): write it, or give the function: check(Value, backward=function)",
    "lacks": "your engine cannot do {op} yet: {error}",
    # the frame
    "passed": "all right: {tried} programs, every gradient true",
    "not_yet": "not there yet, and not asked for: {ops}",
    "smallest": "the smallest program that shows it",
    "yours": "yours",
    "truth": "true",
    "why": "why",
    "should_be": "how it should be",
}
GERMAN = {
    "accumulate": "du hast den Gradienten ersetzt, wo er addiert werden muss: {twice} wird zweimal verwendet",
    "too_early": "du hast {early} besucht, bevor {late} fertig war: darum kommt es auf die Reihenfolge an",
    "recursion": "{early} hat seinen Gradienten für jede Verwendung weitergegeben, und was schon weitergegeben war, "
    "noch einmal: jeder Knoten darf nur einmal, nach allen, die ihn verwenden",
    "one_step": "nur der Gradient des Ergebnisses kam irgendwo an: dein Weg endet dort, oder er geht von der ersten "
    "Zeile zur letzten; die Kettenregel geht von der letzten Zeile zur ersten",
    "no_seed": "alles ist 0: der Gradient des Ergebnisses selbst muss zu Beginn 1 sein",
    "upstream_everywhere": "du gibst nur die lokalen Steigungen weiter; jede gehört mit dem Gradienten multipliziert, "
    "der angekommen ist",
    "own_data": "dein {op} gibt jedem Operanden dessen eigene Zahl; es muss die des anderen sein",
    "not_squared": "in der Steigung von {op} steht ein Quadrat, das deiner fehlt",
    "no_gate": "dein {op} gibt den Gradienten weiter, welches Vorzeichen die Eingabe auch hat; darauf kommt es aber an",
    "value_as_slope": "dein {op} nimmt seinen eigenen Wert als Steigung",
    "input_for_output": "dein {op} nimmt die Eingabe, wo die Ausgabe hingehört, oder umgekehrt",
    "half_of_it": "die Steigung von {op} hat zwei Faktoren, s und 1 - s; deine hat nur den ersten",
    "tanhs_rule": "dein {op} nimmt die Steigung von tanh",
    "as_a_power": "dein {op} wird behandelt wie eine Potenz des Operanden; hier ist der Operand der Exponent",
    "no_factor": "dein {op} verringert den Exponenten und vergisst, mit ihm zu multiplizieren",
    "exponent_kept": "dein {op} multipliziert mit dem Exponenten und vergisst, ihn zu verringern",
    "factor_alone": "dein {op} multipliziert mit dem Exponenten und verringert ihn zu weit",
    "no_logarithm": "dein {op} vergisst den Logarithmus der Basis",
    "upstream": "dein {op} gibt nur seine lokale Steigung weiter; multipliziere sie mit dem Gradienten, der ankam",
    "slope_of_one": "dein {op} gibt den Gradienten weiter, wie er kam; multipliziere ihn mit der lokalen Steigung",
    "sign_0": "dein {op} gibt seinem ersten Operanden den Gradienten mit dem falschen Vorzeichen",
    "sign_1": "dein {op} gibt seinem zweiten Operanden den Gradienten mit dem falschen Vorzeichen",
    "sign": "dein {op} gibt den Gradienten mit dem falschen Vorzeichen weiter",
    "nothing_0": "dein {op} gibt seinem ersten Operanden nichts",
    "nothing_1": "dein {op} gibt seinem zweiten Operanden nichts",
    "nothing": "dein {op} gibt seinem Operanden nichts",
    "value": "die Vorwärtsrechnung stimmt nicht: dein {op} ergibt {yours}, richtig ist {truth}",
    "slope": "die Rückwärtsrechnung deines {op} stimmt nicht",
    "walk": "jede Operation allein stimmt, zusammen aber nicht: sieh nach, wie Gradienten addiert werden und in "
    "welcher Reihenfolge Knoten sie weitergeben",
    "crash": "bei diesem Programm ist dein Code stehen geblieben: {error}",
    "also": "daneben gibt es noch einen zweiten Fehler: behebe diesen, dann prüfe noch einmal",
    "not_callable": "{given} ist keine Klasse von Zahlen: gib die Klasse selbst, wie in check(Value)",
    "no_leaf": "deine Klasse lässt sich nicht mit 2.0 aufrufen: {error}",
    "no_data": "ein {type} hat kein .data: bewahre dort die Zahl auf",
    "no_gradient": "ein {type} hat kein .grad: bewahre dort den Gradienten auf, zu Beginn 0",
    "no_backward": "ein {type} hat kein .backward(): schreibe es, oder gib die Funktion: check(Value, backward=...)",
    "lacks": "dein Code kann {op} noch nicht: {error}",
    "passed": "alles richtig: {tried} Programme, jeder Gradient stimmt",
    "not_yet": "noch nicht da, und nicht verlangt: {ops}",
    "smallest": "das kleinste Programm, an dem man es sieht",
    "yours": "deins",
    "truth": "wahr",
    "why": "warum",
    "should_be": "so müsste es sein",
}
LANGUAGES = {"en": ENGLISH, "de": GERMAN}


def say(key: str, language: str = "en", **facts: Any) -> str:
    """The sentence for a key, with its facts.

    >>> say("accumulate", twice="a")
    'you replaced the gradient where it must be added: a is used twice'
    """
    if language not in LANGUAGES:
        raise ValueError(f"language = {language!r:.40}\nthere are {', '.join(LANGUAGES)}")
    return LANGUAGES[language].get(key, ENGLISH[key]).format(**facts)
