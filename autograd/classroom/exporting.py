"""From the exercises' plain files to what other systems take: notebooks, and the folders of nbgrader, Otter-Grader,
Gradescope and PrairieLearn.

A notebook has the idea as text, what is given as a cell, the student's part as a cell, and a cell that checks. The
forms are those of nbformat 4, of nbgrader's cell metadata (schema 3) and of Otter Assign's format 1.
"""

from __future__ import annotations

import json
import textwrap
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograd.classroom.ladder import Exercise, engine_text, halves, header_of, yours
from autograd.files import make_folder, write_whole

Cell = dict[str, Any]
Files = dict[str, str]
BASH = "#!/usr/bin/env bash\n"
INSTALL = "# On Colab and its kin, once: !pip install scalar-autograd"


def cell(kind: str, text: str, **metadata: Any) -> Cell:
    """A cell of a notebook."""
    found: Cell = {"cell_type": kind, "metadata": metadata, "source": text.strip("\n").splitlines(keepends=True)}
    return {**found, "execution_count": None, "outputs": []} if kind == "code" else found


def notebook(cells: Sequence[Cell]) -> str:
    numbered = [{**each, "id": f"cell-{k}"} for k, each in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": numbered, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def idea_cell(rung: Exercise) -> Cell:
    return cell("markdown", f"```text\n{rung.idea}\n```")


def given_cells(rung: Exercise, student: str) -> list[Cell]:
    """What stands above the student's own lines: the prediction, the numbers, what was built before, the engine."""
    text = rung.stub(student)
    above, _ = halves(text) or ("", "")
    cells = [cell("code", f"{INSTALL}\n\n{above[len(header_of(text)) :].strip()}")]
    return [cell("code", f"%%writefile engine.py\n{engine_text()}"), *cells] if rung.uses_engine else cells


def checking(rung: Exercise, student: str) -> str:
    return f"from autograd.classroom import check\n\ncheck(globals(), exercise={rung.number}, student={student!r})"


def failing_loudly(rung: Exercise, student: str) -> str:
    """The same for graders, which wait for an error."""
    lines = checking(rung, student).replace("check(globals()", "verdict = check(globals()")
    return f"{lines}\nassert verdict.passed, str(verdict)"


TRYING = 'if __name__ == "__main__":'


def stub_of(rung: Exercise) -> str:
    return yours(rung.stub()).partition(TRYING)[0].strip()


def trying_cells(rung: Exercise) -> list[Cell]:
    """What a file does when it is run, in a cell below all others: before a solution is written, it stops."""
    _, _, block = rung.stub().partition(TRYING)
    first, _, lines = block.partition("\n")
    return [cell("code", f"{first.strip()}\n{textwrap.dedent(lines)}")] if block else []


# ---- systems ---------------------------------------------------------------------------------------------------------


def notebooks(rungs: Sequence[Exercise], student: str) -> Files:
    """A notebook for each exercise, for Jupyter, JupyterLite and Colab."""
    return {
        f"{rung.folder.name}.ipynb": notebook(
            [
                idea_cell(rung), *given_cells(rung, student),
                cell("code", stub_of(rung)), cell("code", checking(rung, student)), *trying_cells(rung),
            ]
        )
        for rung in rungs
    }  # fmt: skip


def nbgrader(rungs: Sequence[Exercise], student: str) -> Files:
    """source/ladder/*.ipynb with the solution between its marks, and the check as a graded cell."""
    files = {"nbgrader_config.py": 'c = get_config()\nc.CourseDirectory.course_id = "ladder"\n'}
    for rung in rungs:
        number = f"{rung.number:02}"
        kinds = {"schema_version": 3, "locked": True, "grade": False, "solution": False, "task": False}
        skeleton = cell("markdown", f"```python\n{stub_of(rung)}\n```")  # which the mark of a solution replaces
        given = [
            {**each, "metadata": {"nbgrader": {**kinds, "grade_id": f"given-{number}-{k}"}}}
            for k, each in enumerate([idea_cell(rung), *given_cells(rung, student), skeleton])
        ]
        solution = f"### BEGIN SOLUTION\n{rung.reference.strip()}\n### END SOLUTION"
        own = {**kinds, "locked": False, "solution": True, "grade_id": f"solution-{number}"}
        tested = {**kinds, "grade": True, "points": 1, "grade_id": f"check-{number}"}
        hidden = f"### BEGIN HIDDEN TESTS\n{failing_loudly(rung, student)}\n### END HIDDEN TESTS"
        files[f"source/ladder/{rung.folder.name}.ipynb"] = notebook(
            [
                *given, cell("code", solution, nbgrader=own),
                cell("code", checking(rung, student)), cell("code", hidden, nbgrader=tested),
            ]
        )  # fmt: skip
    return files


def otter(rungs: Sequence[Exercise], student: str) -> Files:
    """A notebook for Otter Assign from each exercise: one question, one point, the verdict as the message."""
    files = {}
    for rung in rungs:
        question = f"# BEGIN QUESTION\nname: e{rung.number:02}\npoints: 1"
        solution = f'""" # BEGIN PROMPT\n{stub_of(rung)}\n""" # END PROMPT\n# BEGIN SOLUTION NO PROMPT\n'
        solution += f"{rung.reference.strip()}\n# END SOLUTION"
        files[f"{rung.folder.name}.ipynb"] = notebook(
            [
                cell("raw", "# ASSIGNMENT CONFIG\ninit_cell: true\nrequirements:\n  - scalar-autograd"),
                *given_cells(rung, student), cell("raw", question), idea_cell(rung),
                cell("raw", "# BEGIN SOLUTION"), cell("code", solution), cell("raw", "# END SOLUTION"),
                cell("raw", "# BEGIN TESTS"), cell("code", failing_loudly(rung, student)), cell("raw", "# END TESTS"),
                cell("raw", "# END QUESTION"),
            ]
        )  # fmt: skip
    return files


def numbers_of(rungs: Sequence[Exercise]) -> str:
    return ",".join(str(rung.number) for rung in rungs)


def installing(place: str) -> str:
    """A line that installs this package: from a wheel that was put there, or else by its name."""
    return f"pip3 install {place}/scalar_autograd-*.whl || pip3 install scalar-autograd\n"


def gradescope(rungs: Sequence[Exercise], student: str) -> Files:
    """What is zipped for Gradescope's autograder."""
    command = f"autograd class result /autograder/submission --format gradescope --exercises {numbers_of(rungs)}"
    return {
        "setup.sh": f"{BASH}set -e\napt-get install -y python3-pip\n{installing('/autograder/source')}",
        "run_autograder": f"{BASH}{command} --out /autograder/results/results.json\n",
    }


def prairielearn(rungs: Sequence[Exercise], student: str) -> Files:
    """A question with an external grader: its files, and the grader's entry point."""
    info = {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"scalar-autograd/{numbers_of(rungs)}")),
        "title": "Build an engine", "topic": "Automatic differentiation", "tags": ["python"], "type": "v3",
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True, "image": "prairielearn/grader-python", "entrypoint": "/grade/tests/run.sh", "timeout": 300,
            "enableNetworking": True,  # pip installs the package
        },
    }  # fmt: skip
    command = f"autograd class result /grade/student --format prairielearn --exercises {numbers_of(rungs)}"
    names = ",".join(rung.file for rung in rungs)
    links = "".join(f'<pl-file-download file-name="{rung.file}"></pl-file-download>\n' for rung in rungs)
    shown = "<pl-external-grader-results></pl-external-grader-results>"
    return {
        "info.json": json.dumps(info, indent=1) + "\n",
        "question.html": f'{links}<pl-file-upload file-names="{names}"></pl-file-upload>\n{shown}\n',
        "tests/run.sh": f"{BASH}{installing('/grade/tests')}{command} --out /grade/results/results.json\n",
        **{f"clientFilesQuestion/{rung.file}": rung.stub(student) for rung in rungs},
    }


SYSTEMS: dict[str, Callable[[Sequence[Exercise], str], Files]] = {
    "notebooks": notebooks, "nbgrader": nbgrader, "otter": otter, "gradescope": gradescope,
    "prairielearn": prairielearn,
}  # fmt: skip


def export(system: str, folder: Path, rungs: Sequence[Exercise], student: str = "") -> list[Path]:
    """Write the files of a system into a folder that is new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(
            f"{str(folder)!r:.80} is there already: nothing was written\nname a folder that is not there yet"
        )
    written = []
    for name, text in SYSTEMS[system](rungs, student).items():
        path = folder / name
        make_folder(path.parent)
        write_whole(path, text.encode())
        if text.startswith("#!"):
            path.chmod(0o755)
        written.append(path)
    return written
