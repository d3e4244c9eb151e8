"""What students hand in: a folder for each, with the files of exercises, as learning platforms give them out.

Files may be in a folder inside, may be called "5_times.py" or "Copy of 05_times.py", may be notebooks; the name that
the exercise gave goes before all others. Next: grading.py.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograd import __version__
from autograd.classroom.judging import text_of
from autograd.classroom.ladder import exercise, exercises, id_in

LARGEST = 1_000_000  # bytes of a file
NAME = re.compile(r"(?:copy of )?(\d{1,2})_.*\.(?:py|ipynb)", re.I)


@dataclass(frozen=True)
class Handed:
    """What a student has handed in: files by exercise; `folder` is where they are."""

    student: str
    folder: Path
    files: Mapping[int, Path]

    @cached_property
    def told(self) -> dict[str, Any]:
        """What the student's own progress.json says: the id that numbers were drawn for, the hints that were used."""
        path = self.folder / "progress.json"
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
                return {}
            found = json.loads(text_of(path))
            return found if isinstance(found, dict) else {}
        except (OSError, ValueError, RecursionError):
            return {}

    @cached_property
    def id(self) -> str:
        """Whose numbers these are: as progress.json says, or the first file that does, or else the folder's name."""
        for given in (self.told.get("student"), *map(self.id_in, self.files)):
            if isinstance(given, str) and len(given) < 200:
                return given
        return self.student

    def id_in(self, number: int) -> str | None:
        try:
            return id_in(self.text(number))
        except (OSError, ValueError):
            return None

    def text(self, number: int) -> str:
        """A file's text, or the code of a notebook; ValueError or OSError in two lines."""
        path = self.files[number]
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path.name} has more than {LARGEST:,} bytes\nhand in what you wrote yourself")
        text = text_of(path)
        return code_of(text, path.name) if path.suffix.lower() == ".ipynb" else text

    def hints(self, number: int) -> int:
        try:
            return min(max(int(self.told["exercises"][str(number)]["hints"]), 0), 3)
        except (KeyError, TypeError, ValueError, OverflowError):
            return 0

    def digest(self) -> str:
        """Of all that the grade depends on: this version, the id, the files, the hints."""
        found = hashlib.sha256(f"{__version__} {self.id}".encode(errors="replace"))
        for number, path in sorted(self.files.items()):
            try:
                content = path.read_bytes()[: LARGEST + 1]
            except OSError:
                content = b""
            found.update(b"%d %d %s" % (number, self.hints(number), content))
        return found.hexdigest()

    @property
    def elsewhere(self) -> list[str]:
        """Folders beside these files, or inside, that have exercises too."""
        places = (path for path in self.folder.iterdir() if path.is_dir() and not path.is_symlink())
        return [place.name for place in sorted(places) if files_in(place)]

    @property
    def unknown(self) -> list[str]:
        """Programs that are no exercise by their name."""
        taken = {path.name for path in self.files.values()} | {"engine.py"}
        return [path.name for path in programs_in(self.folder) if path.name not in taken]


def code_of(text: str, name: str) -> str:
    """The code of a notebook, without what only a notebook understands, and without the cell that asks for a check."""
    try:
        cells = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        sources = [source if isinstance(source, str) else "".join(source) for source in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{name} is no notebook\nsave it once more, or hand in a .py file") from None
    kept = [each for each in sources if not each.startswith("%%") and "from autograd.classroom import" not in each]
    return re.sub(r"^[%!].*$", "", "\n\n".join(kept), flags=re.M)


def programs_in(folder: Path) -> Iterator[Path]:
    """The programs and notebooks of a folder, by name; links are none."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".py", ".ipynb") and path.is_file() and not path.is_symlink():
            yield path


def files_in(folder: Path) -> dict[int, Path]:
    """The files of exercises in a folder; of several for one, that whose name is right, or is the first."""
    found: dict[int, Path] = {}
    for path in programs_in(folder):
        number = int(named[1]) if (named := NAME.fullmatch(path.name)) else 0
        if 1 <= number <= len(exercises()) and (number not in found or path.name == exercise(number).file):
            found[number] = path
    return found


def submission(folder: Path) -> Handed:
    """What is in a student's folder, or in the first folder inside it that has any exercises."""
    inside = (path for path in sorted(folder.iterdir()) if path.is_dir() and not path.is_symlink())
    for place in (folder, *inside):
        if files := files_in(place):
            return Handed(folder.name, place, files)
    return Handed(folder.name, folder, {})


def handed_in(folder: Path) -> list[Handed]:
    """All submissions in a folder, by name; ValueError if there is none."""
    if not folder.is_dir():
        raise ValueError(f"{str(folder)!r:.80} is no folder\nname one with a folder for each student")
    places = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not places:
        raise ValueError(f"{str(folder)!r:.80} has no submissions in it\nput a folder for each student there")
    return [submission(place) for place in places]
