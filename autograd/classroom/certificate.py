"""The certificate: what was built, and that it works, shown by training a network with the student's own engine."""

from __future__ import annotations

import html
from pathlib import Path

from autograd.classroom.asking import Apart, Stopped, Unusable
from autograd.classroom.ladder import exercise, ladder
from autograd.classroom.speaking import say
from autograd.classroom.workbook import Workbook, write_text

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<meta charset="utf-8">
<title>{title}</title>
<style>
 body {{ font: 18px/1.5 Georgia, serif; max-width: 42em; margin: 3em auto; padding: 0 1em; color: #222; }}
 main {{ border: 3px double #0072b2; padding: 2em 3em; }}
 h1 {{ text-align: center; font-weight: normal; }}
 pre {{ font: 14px/1.4 monospace; overflow-x: auto; }}
 ol {{ columns: 2; column-gap: 3em; }}
</style>
<main>
<h1>{title}</h1>
<p>{built}</p>
<ol>{items}</ol>
<p>{trained}</p>
<pre>{losses}</pre>
</main>
</html>
"""


def certificate(book: Workbook) -> tuple[Path, str]:
    """Train a network on the student's engine, and write the page; where it is, and what it says in words."""
    try:
        with Apart("", before=book.own_engine()) as ask:
            ask("submission.use_engine()")
            losses = ask("train_xor(engine)")
    except (Stopped, Unusable) as reason:
        error = reason.error if isinstance(reason, Stopped) else say(reason.key, book.language, **reason.facts)
        numbers = ", ".join(map(str, book.own_parts(book.foundations(exercise(16)))))
        raise ValueError(say("own_engine_fails", book.language, error=error, numbers=numbers)) from None
    title = say("certificate", book.language, student=book.student or say("nameless", book.language))
    built = say("built", book.language, count=len(ladder()))
    trained = say("trained", book.language, first=f"{losses[0]:.3f}", last=f"{losses[-1]:.4f}", steps=len(losses) - 1)
    items = "".join(f"<li>{html.escape(rung.title)}</li>" for rung in ladder())
    page = PAGE.format(
        language=book.language, title=html.escape(title), built=html.escape(built), items=items,
        trained=html.escape(trained), losses=html.escape(curve(losses)),
    )  # fmt: skip
    path = book.folder / "certificate.html"
    write_text(path, page)
    return path, f"{title}\n\n{built}\n{trained}\n\n{curve(losses)}"


def curve(losses: list[float], rows: int = 8, columns: int = 60) -> str:
    """A curve of losses in text, from the first step to the last."""
    shown = [losses[k * (len(losses) - 1) // (columns - 1)] for k in range(columns)]
    highest = max(shown)
    heights = [round(loss / highest * (rows - 1)) for loss in shown]
    lines = ["".join("*" if height == row else " " for height in heights).rstrip() for row in range(rows - 1, -1, -1)]
    labels = [f"{highest * row / (rows - 1):7.3f} |" for row in range(rows - 1, -1, -1)]
    return "\n".join(label + line for label, line in zip(labels, lines))
