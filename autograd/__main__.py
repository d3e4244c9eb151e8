"""`python -m autograd`, and the console script `autograd`. What it does stands in command.py."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import autograd


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code: `main(["a*b", "a=2", "b=-3"])`."""
    if not hasattr(autograd, "Value"):  # before anything of ours is imported from it
        print(
            "autograd: another package named 'autograd' has been installed over scalar-autograd's; "
            "use an environment of its own, or: pip install --force-reinstall --no-deps scalar-autograd",
            file=sys.stderr,
        )
        return 2
    from autograd.command import run

    return run(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
