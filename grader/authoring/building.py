"""``ecslab course build``: the learner's notebook and nbgrader's source of each lab, from its ``lab.py``.

The building is ``grader.build``'s. Invariant: one lab that cannot be built keeps no other from it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ecslab.errors import LabError
from grader.authoring.place import Place, place
from grader.build import Lab, lab, stale
from grader.build import build as write


def build(arguments: argparse.Namespace) -> int:
    """Build the labs that are named, or all; exit code 1 where one cannot be (or, with --check, is not current)."""
    where = place(arguments.course)
    wrong = 0
    for folder in where.chosen(arguments.labs):
        try:
            wrong += _one(lab(folder), where, arguments.check)
        except LabError as broken:
            print(f"{broken.message}\n  try: {broken.hint}", file=sys.stderr)
            wrong += 1
    return 1 if wrong else 0


def _one(one: Lab, where: Place, check: bool) -> int:
    if not check:
        for path in write(one, where.course):
            print(f"built {_short(path)}")
        return 0
    if stale(one):
        print(f"{one.student_path.name} is not current: run ecslab course build{where.option}", file=sys.stderr)
        return 1
    return 0


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
