"""The house keeps its own rules: who imports whom, how large rooms are, what stands at the top level."""

import ast
import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# A file imports only from files of lines above its own.
STOREYS = [
    {"autograd.modes"},
    {"autograd.floats", "autograd.files"},
    {"autograd.protocols", "autograd.operands"},
    {"autograd.value"},
    {"autograd.functions", "autograd.graph", "autograd.structures"},
    {"autograd.trigonometry", "autograd.activations", "autograd.naming", "autograd.calling", "autograd.algebra"},
    {"autograd.reductions"},
    {"autograd.sweeps"},
    {"autograd.derivatives"},
    {"autograd.extending", "autograd.symptoms", "autograd.differences"},
    {"autograd.microscope", "autograd.comparing"},
    {"autograd.diagnosis", "autograd.checking"},
    {"autograd.formula", "autograd.expression", "autograd.latex"},
    {"autograd.steps", "autograd.explaining", "autograd.wrong_orders"},
    {"autograd.compiling.tape", "autograd.compiling.tracing", "autograd.compiling.llvm.entry"},
    {"autograd.compiling.expansions", "autograd.compiling.backends", "autograd.compiling.x86_templates"},
    {"autograd.compiling.passes", "autograd.compiling.c_library"},
    {"autograd.compiling.lowering", "autograd.compiling.source"},
    {"autograd.compiling.recording", "autograd.compiling.python", "autograd.compiling.c", "autograd.compiling.x86"},
    {"autograd.compiling.llvm.rolling"},
    {"autograd.compiling.llvm.laying", "autograd.compiling.llvm.instructions"},
    {"autograd.compiling.llvm.emitting", "autograd.compiling.llvm.vectors"},
    {"autograd.compiling.llvm.blocks"},
    {"autograd.compiling.llvm.code"},
    {"autograd.compiling.llvm"},
    {"autograd.compiling.cache", "autograd.compiling.tables"},
    {"autograd.compiling.choosing"},
    {"autograd.compiling.kernel"},
    {"autograd.compiling.compiled", "autograd.compiling.compiled_rows"},
    {"autograd.compiling"},
    {"autograd.drawing.picture", "autograd.drawing.folding"},
    {"autograd.drawing.view", "autograd.drawing.layering"},
    {"autograd.drawing.layout", "autograd.drawing.text", "autograd.drawing.replay"},
    {"autograd.drawing.dot", "autograd.drawing.mermaid", "autograd.drawing.tikz", "autograd.drawing.svg"},
    {"autograd.drawing.render", "autograd.drawing.page"},
    {"autograd.drawing.animation"},
    {"autograd.drawing.drawing"},
    {"autograd.drawing"},
    {"autograd"},
    {"autograd.command", "autograd.classroom.rules", "autograd.classroom.speaking"},
    {f"autograd.classroom.inside.{name}" for name in ("plain", "engines", "tools", "submission", "locks")},
    {"autograd.classroom.programs", "autograd.classroom.asking", "autograd.classroom.sabotage"},
    {"autograd.classroom.misconceptions", "autograd.classroom.students"},
    {"autograd.classroom.hunting"},
    {"autograd.classroom.verdict"},
    {"autograd.classroom.widening"},
    {"autograd.classroom.engine_examining", "autograd.classroom.examining", "autograd.classroom.predicting"},
    {"autograd.classroom.checks.registry"},
    {
        f"autograd.classroom.checks.{name}"
        for name in ("slopes", "engines", "order", "networks", "steps", "deep", "shelf")
    },
    {"autograd.classroom.checks.shelf_more"},
    {"autograd.classroom.checks"},
    {"autograd.classroom.ladder"},
    {"autograd.classroom.judging"},
    {"autograd.classroom.workbook", "autograd.classroom.handing"},
    {"autograd.classroom.grading"},
    {"autograd.classroom.certificate", "autograd.classroom.results", "autograd.classroom.similarity"},
    {"autograd.classroom.exporting"},
    {"autograd.classroom.teaching"},
    {"autograd.classroom.command"},
    {"autograd.classroom"},
    {"autograd.__main__"},
    {"nn.files", "nn.state", "nn.strict_json", "nn.initialise", "nn.tensors", "nn.history"},
    {"nn.module", "nn.safetensors"},
    {"nn.activations", "nn.resuming", "nn.matrices"},
    {"nn.dense", "nn.losses", "nn.optim", "nn.saving"},
    {"nn.classifying", "nn.sequential", "nn.conv", "nn.norm", "nn.recurrent", "nn.attention"},
    {"nn.samples", "nn.adaptive", "nn.clipping", "nn.schedules", "nn.line_search", "nn.stopping"},
    {"nn.second_order", "nn.compiled_rule", "nn.steady"},
    {"nn.native", "nn.checkpoint"},
    {"nn.trainers", "nn.piecework"},
    {"nn.spreading"},
    {"nn.train"},
    {"nn"},
]
# Student's files are texts here, and what runs beside their code has a house of its own, built on nothing.
APART = ("exercises", "inside")
FILES = sorted(
    path for package in ("autograd", "nn") for path in (ROOT / package).rglob("*.py") if path.parent.name not in APART
    and path.parent.parent.name not in APART
)  # fmt: skip
INSIDE = sorted((ROOT / "autograd/classroom/inside").glob("*.py"))
MODULES = {name for names in STOREYS for name in names}
TESTS = sorted(path for folder in ("tests", "demos") for path in (ROOT / folder).rglob("*.py"))
by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """The project's modules that a file imports at module level."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}  # a module of a package, or what is in one
            found |= {name if name in MODULES else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] in {"autograd", "nn"}}


@by_file
def test_imports_look_down_only(path: Path) -> None:
    storey = {name: level for level, names in enumerate(STOREYS) for name in names}
    name = module_name(path)
    assert name in storey, f"{name} has no place in the house yet"
    if name.startswith("nn"):
        assert all(other == "autograd" or other.startswith("nn") for other in imports(path))
    assert all(storey[other] < storey[name] for other in imports(path)), imports(path)


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: path.name)
def test_what_runs_beside_a_students_code_needs_the_standard_library_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""] if not node.level else []
        else:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        assert all(name.partition(".")[0] in sys.stdlib_module_names for name in names), names


@pytest.mark.parametrize("path", [*FILES, *INSIDE, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= (300 if path.name == "value.py" else 400)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            documentation = (ast.get_docstring(node, clean=False) or "").count("\n")
            assert node.end_lineno - node.lineno + 1 - documentation <= 40, node.name


@by_file
def test_every_file_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout: what is tracked is not known")
def test_the_top_level_holds_what_was_agreed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {line.split("/")[0] for line in tracked.splitlines()}
    agreed = {"pyproject.toml", "README.md", "LICENSE", "autograd", "nn", "tests", "demos"}
    assert {name for name in top if not name.startswith(".")} == agreed


def test_the_engine_imports_nothing_that_is_not_needed_yet() -> None:
    program = "import sys; import autograd, nn; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(
        {"llvmlite", "numpy", "matplotlib", "graphviz", "selenium", "IPython", "tqdm", "torch", "jax"}
    )


def test_errors_are_at_most_two_lines() -> None:
    messages = [
        node
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    assert len(messages) >= 10
    for node in messages:
        assert len(re.findall(r"\\n", ast.unparse(node))) <= 1


def test_no_two_operations_share_their_function() -> None:
    from tests.test_operations import operations

    for a, b in itertools.combinations(operations(), 2):
        assert a.gradient is not b.gradient
