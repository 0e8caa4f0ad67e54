"""The laws of the house, proven on the syntax trees and the files themselves.

What a reader may rely on without looking: one clock, a silent library, small modules, floors. It tests no
behaviour. Where a law is broken the message names file and line.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecslab.model import status

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(path for floor in ("ecslab", "grader") for path in (ROOT / floor).rglob("*.py"))
CARGO = "ecslab/images/app.py"
"""The program inside the lab's images: carried by the library, never imported by it, so not under its laws."""
MODULE_LINES = 400
FUNCTION_LINES = 60
SHAPELESS = ("utils", "util", "helpers", "helper", "common", "manager", "misc")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def library(*, but: tuple[str, ...] = ()) -> Iterator[tuple[str, ast.Module]]:
    """(name, syntax tree) of every module of ecslab under the laws, without those whose name starts so."""
    for path in MODULES:
        if name(path).startswith("ecslab/") and name(path) != CARGO and not name(path).startswith(but):
            yield name(path), ast.parse(path.read_text(encoding="utf-8"))


def offences(trees: Iterator[tuple[str, ast.Module]], wrong: Callable[[ast.AST], bool]) -> list[str]:
    return [f"{where}:{node.lineno}" for where, tree in trees for node in ast.walk(tree) if wrong(node)]


def dotted(node: ast.AST) -> str:
    """``a.b.c`` for a chain of attributes, empty for anything else."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def reads_a_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == "time" for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module == "time" or (node.module == "asyncio" and any(a.name == "sleep" for a in node.names))
    clocks = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "asyncio.sleep")
    return isinstance(node, ast.Attribute) and dotted(node).endswith(clocks)


def makes_noise(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and dotted(node.func) == "print":
        return True
    return isinstance(node, ast.Attribute) and dotted(node) in ("sys.stdout", "sys.stderr")


def test_only_the_timeline_reads_a_clock_or_sleeps() -> None:
    assert offences(library(but=("ecslab/timeline.py",)), reads_a_clock) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "import os, time as t",
        "from time import sleep",
        "x = datetime.now()",
        "x = datetime.datetime.utcnow()",
        "y = datetime.date.today",
    ],
)
def test_the_law_of_the_clock_sees_every_way_to_break_it(source: str) -> None:
    assert any(reads_a_clock(node) for node in ast.walk(ast.parse(source)))


def test_the_library_prints_nothing() -> None:
    assert offences(library(but=("ecslab/cli", "ecslab/__main__")), makes_noise) == []


@pytest.mark.parametrize("source", ["print(1)", "sys.stderr.write('x')", "f(file=sys.stdout)"])
def test_the_law_of_silence_sees_every_way_to_break_it(source: str) -> None:
    assert any(makes_noise(node) for node in ast.walk(ast.parse(source)))


def test_no_module_is_longer_than_it_can_be_read() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {where: lines for where, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    def too_long(node: ast.AST) -> bool:
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        return is_function and node.end_lineno - node.lineno >= FUNCTION_LINES

    trees = ((name(path), ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES)
    assert offences(trees, too_long) == []


def test_every_module_says_what_it_is() -> None:
    silent = [name(p) for p in MODULES if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name(path) for path in MODULES if path.stem in SHAPELESS] == []


def test_the_floors_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-1000:]


def test_importing_ecslab_is_silent_and_brings_neither_moto_nor_docker() -> None:
    program = "import sys, json, ecslab; json.dump(sorted(m.partition('.')[0] for m in sys.modules), sys.__stdout__)"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert outcome.stderr == ""
    heavy = {"moto", "docker", "flask", "werkzeug", "nbgrader", "nbconvert", "jupyterlab", "cryptography"}
    assert heavy & set(json.loads(outcome.stdout)) == set()


def test_the_public_surface_is_what_all_names() -> None:
    import ecslab

    ours = {n for n, thing in vars(ecslab).items() if getattr(thing, "__module__", "").startswith("ecslab")}
    assert {n for n in ours if not n.startswith("_")} <= set(ecslab.__all__)
    assert {"connect"} <= set(ecslab.__all__)
    assert all(hasattr(ecslab, n) for n in ecslab.__all__)


def test_the_documented_life_of_a_task_is_the_one_in_the_code() -> None:
    drawn = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{status.mermaid()}\n```" in drawn


def tracked() -> list[Path]:
    """Every file that is, or would be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout
    return [path for entry in listed.split("\0") if entry and (path := ROOT / entry).is_file()]


def test_no_file_names_a_package_registry_or_a_path_of_this_machine() -> None:
    hosts = ("pypi" + ".org", "files.python" + "hosted.org", "registry.npm" + "js.org", "conda.ana" + "conda.org")
    engines = ("registry-1.docker" + ".io", "index.docker" + ".io")
    paths = ("/opt/" + "pypi", "/opt/" + "wheels", *(f"{p}/" for p in (ROOT, *ROOT.parents) if len(p.parts) > 2))
    found = [
        f"{name(path)}: {text}"
        for path in tracked()
        for text in hosts + engines + paths
        if text.encode() in path.read_bytes()
    ]
    assert found == []
