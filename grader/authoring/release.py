"""``ecslab course release``: the notebook to hand out, by nbgrader's own ``generate_assignment``, and a zip of it.

Not the exchange: how learners get it is the teacher's choice. Invariant: what is in ``release/`` and in the zip was
read again after it was written, and holds no line that only a solution, a hidden test, a check or a mistake has; where
it does, neither is left.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ecslab.checks.percent import BEGIN, END
from ecslab.errors import LabError
from grader.authoring.place import Place, place
from grader.build import Lab, build, lab
from grader.course import Course
from grader.notebooks import without_solution

MARKERS = (BEGIN, END, "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
TELLING = 12
"""Letters and digits from which on a line is taken to be somebody's: shorter ones stand anywhere."""
_HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.DOTALL)
_EPOCH = (2026, 1, 1, 0, 0, 0)


def release(arguments: argparse.Namespace) -> int:
    """Release one lab, and say what to hand out and how."""
    where = place(arguments.course)
    one = lab(where.lab(arguments.name))
    folder, packed = released(one, where, with_checks=arguments.checks)
    count, most = len(one.questions), sum(one.points.values())
    print(f"Released {one.name}: {count} question{'s'[: count > 1]}, {most:g} points. No solution, no mistake", end="")
    print(f"{'' if arguments.checks else ', no check'} is in it.")
    print(_how(one, where, folder, packed, arguments.checks))
    return 0


def released(one: Lab, where: Place, *, with_checks: bool) -> tuple[Path, Path]:
    """Write ``release/LAB`` and ``release/LAB.zip``. Errors: LabError naming what would have been given away."""
    build(one, where.course)
    course = Course(where.course, where.labs)
    folder = course.generate(one.name).parent
    packed = folder.with_suffix(".zip")
    packed.unlink(missing_ok=True)
    checks = [path for path in sorted(one.folder.glob("*.py")) if path.name != "lab.py"] if with_checks else []
    for path in checks:
        shutil.copy(path, folder / path.name)
    _pack(folder, packed)
    found = list(given_away(one, _texts(folder, packed), with_checks=with_checks))
    found += _strangers(folder, {f"{one.name}.ipynb", *(path.name for path in checks)})
    if found:
        shutil.rmtree(folder)
        packed.unlink()
        raise LabError(f"{one.name} is not released: {found[0]}", " ".join(found[1:4]) or "Mend lab.py and try again.")
    return folder, packed


def _pack(folder: Path, packed: Path) -> None:
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


# ── what must not be in it ────────────────────────────────────────────────────────────────────────────────────


def given_away(one: Lab, texts: Iterable[tuple[str, str]], *, with_checks: bool = False) -> Iterator[str]:
    """A sentence for each thing in ``texts`` (name, text) that only the teacher's side of the lab has."""
    secret = secrets(one, with_checks=with_checks)
    for name, text in texts:
        yield from (f"{name} holds the marker {marker}." for marker in MARKERS if marker in text)
        lines = {line.strip() for line in text.split("\n")}
        yield from (f"{name} holds a line of {secret[line]}: {line[:60]!r}." for line in sorted(lines & secret.keys()))


def secrets(one: Lab, *, with_checks: bool = False) -> dict[str, str]:
    """Every line that only the teacher's side has, with where it is from."""
    public = {line.strip() for cell in one.cells for line in _HIDDEN.sub("", without_solution(cell)).split("\n")}
    sources = [(f"the solution of {cell.question}", cell.source) for cell in one.cells if cell.written]
    sources += [("a hidden test", found) for cell in one.cells for found in _HIDDEN.findall(cell.source)]
    sources += [(f"mistakes/{path.name}", _text(path)) for path in sorted((one.folder / "mistakes").glob("*.py"))]
    if not with_checks:
        sources += [(path.name, _text(path)) for path in sorted(one.folder.glob("*.py")) if path.name != "lab.py"]
    found: dict[str, str] = {}
    for name, text in sources:
        for line in (line.strip() for line in text.split("\n")):
            if len(re.findall(r"\w", line)) >= TELLING and line not in public and line not in MARKERS:
                found.setdefault(line, name)
    return found


def _texts(folder: Path, packed: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.name, _readable(path.name, path.read_bytes())
    with zipfile.ZipFile(packed) as archive:
        for name in archive.namelist():
            yield f"{packed.name}:{name}", _readable(name, archive.read(name))


def _readable(name: str, data: bytes) -> str:
    """A file as lines of text; of a notebook, every string in it, wherever it stands."""
    text = data.decode("utf-8", "replace")
    return "\n".join(_strings(json.loads(text))) if name.endswith(".ipynb") else text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _strangers(folder: Path, known: set[str]) -> list[str]:
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [f"release/{folder.name}/{name} is not part of the lab." for name in found if name not in known]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# ── what to do with it ────────────────────────────────────────────────────────────────────────────────────────


def _how(one: Lab, where: Place, folder: Path, packed: Path, checks: bool) -> str:
    lines = [
        f"  {folder / (one.name + '.ipynb')}",
        f"  {packed}",
        "Hand it out in one of these ways:",
        f"  a file        {packed.name}, by your learning platform or by mail",
        f"  an exchange   cd {where.course} && nbgrader release_assignment {one.name}",
        "  a repository  the folder of the release; a link of nbgitpuller opens it",
    ]
    if where.own and not checks:
        lines.append("Learners get no answer from lab.check: they do not have your checks (--checks gives them along).")
    elif where.own:
        lines.append("Unpacked in a folder of labs, `ecslab lab --labs FOLDER` opens it, and lab.check answers.")
    return "\n".join(lines)
