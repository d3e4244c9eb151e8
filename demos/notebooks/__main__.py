"""Write the .ipynb files anew, from the .py files beside them. Needs jupytext, from the extra `notebook`.

    python -m demos.notebooks

Edit the .py files (each `# %%` begins a cell), never the .ipynb: they hold no outputs, and the same text gives the
same bytes.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = ("tour", "steps", "training")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook(name: str) -> str:
    """The text of an .ipynb file: the cells of the .py file, numbered, without outputs."""
    try:
        import jupytext
    except ImportError:
        raise ImportError("notebooks are made by jupytext\ninstall it: pip install -e '.[notebook]'") from None
    made = jupytext.read(FOLDER / f"{name}.py", fmt="py:percent")
    made.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    made.nbformat, made.nbformat_minor = 4, 5
    for number, cell in enumerate(made.cells):
        cell.id, cell.metadata = f"cell-{number}", {}
    return jupytext.writes(made, fmt="ipynb").rstrip("\n") + "\n"


def main() -> None:
    for name in NAMES:
        path = FOLDER / f"{name}.ipynb"
        path.write_text(notebook(name), encoding="utf-8", newline="\n")
        print("wrote", path)


if __name__ == "__main__":
    main()
