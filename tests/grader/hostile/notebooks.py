"""What strangers hand in instead of the notebook: each with the score it deserves of the 4 points."""

# ruff: noqa: E501  (each hand-in is a line)

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Notebook = dict[str, Any]


@dataclass(frozen=True)
class HandIn:
    """How a solved notebook is spoiled before it is handed in, and what it must still get."""

    name: str
    spoil: Callable[[Notebook], Any]
    score: float


def cell(notebook: Notebook, name: str) -> dict[str, Any]:
    return next(one for one in notebook["cells"] if one["metadata"].get("nbgrader", {}).get("grade_id") == name)


def marks(notebook: Notebook, name: str, **new: Any) -> Notebook:
    cell(notebook, name)["metadata"]["nbgrader"].update(new)
    return notebook


def without(notebook: Notebook, *names: str) -> Notebook:
    notebook["cells"] = [one for one in notebook["cells"] if one["id"] not in names]
    return notebook


def pasted(notebook: Notebook, name: str, **new: Any) -> Notebook:
    notebook["cells"].append(copy.deepcopy(cell(notebook, name)) | new)
    return notebook


def stripped(notebook: Notebook, *, ids: bool = False) -> Notebook:
    for one in notebook["cells"]:
        one["metadata"] = {}
        if ids:
            del one["id"]
    return notebook


def edited(notebook: Notebook, name: str, source: Any) -> Notebook:
    cell(notebook, name)["source"] = source
    return notebook


def kernel(notebook: Notebook, name: str) -> Notebook:
    notebook["metadata"]["kernelspec"] = {"name": name, "display_name": name, "language": "cobol"}
    return notebook


def version_3(notebook: Notebook) -> Notebook:
    cells = [
        {**one, "input": one["source"], "outputs": [], "language": "python", "collapsed": False}
        for one in notebook["cells"]
    ]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells, "metadata": {}}]}


def forged_output(notebook: Notebook) -> Notebook:
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            result = {
                "output_type": "execute_result",
                "execution_count": 1,
                "metadata": {},
                "data": {"text/plain": "9.0"},
            }
            one["outputs"] = [result]
    return edited(notebook, "q9-2-solution", "pass")


def deep(notebook: Notebook) -> str:
    return "[" * 200_000


HAND_INS = (
    HandIn("nothing but text", lambda nb: "hello", 0.0),
    HandIn("an empty file", lambda nb: "", 0.0),
    HandIn("cut off", lambda nb: json.dumps(nb)[:500], 0.0),
    HandIn("a list", lambda nb: [], 0.0),
    HandIn("a number", lambda nb: 7, 0.0),
    HandIn("null", lambda nb: None, 0.0),
    HandIn("brackets without end", deep, 0.0),
    HandIn("cells that are no cells", lambda nb: {"cells": [1, None, "x", [], {}]}, 0.0),
    HandIn("cells as an object", lambda nb: {"cells": {"a": 1}}, 0.0),
    HandIn("a source that is a number", lambda nb: edited(nb, "q9-2-solution", 12), 2.0),
    HandIn("a source of odd lines", lambda nb: edited(nb, "q9-2-solution", [None, 3, "pass"]), 2.0),
    HandIn("a cell of ten megabytes", lambda nb: edited(nb, "q9-2-solution", "#" * 10_000_000), 2.0),
    HandIn("a notebook of thirty megabytes", lambda nb: edited(nb, "q9-2-solution", "#" * 30_000_000), 0.0),
    HandIn("ten thousand cells", lambda nb: nb | {"cells": nb["cells"] * 1500}, 0.0),
    HandIn("no test cells", lambda nb: without(nb, "q9-1-score", "q9-2-score", "q9-3-score"), 4.0),
    HandIn("a solution deleted", lambda nb: without(nb, "q9-2-solution"), 2.0),
    HandIn("the setup deleted", lambda nb: without(nb, "setup"), 4.0),
    HandIn("a test cell copied", lambda nb: pasted(nb, "q9-2-score"), 4.0),
    HandIn("a test cell copied with its id", lambda nb: pasted(nb, "q9-2-score", id="other"), 4.0),
    HandIn("a solution copied", lambda nb: pasted(nb, "q9-2-solution"), 4.0),
    HandIn("a solution copied and spoiled", lambda nb: pasted(nb, "q9-2-solution", source="pass"), 4.0),
    HandIn("a grade_id renamed", lambda nb: marks(nb, "q9-2-solution", grade_id="mine"), 4.0),
    HandIn("a grade_id that is no text", lambda nb: marks(nb, "q9-2-solution", grade_id=[1]), 4.0),
    HandIn("a hundred points", lambda nb: marks(nb, "q9-2-score", points=100), 4.0),
    HandIn("a test cell edited", lambda nb: edited(nb, "q9-2-score", "99.0"), 4.0),
    HandIn("a test cell edited, nothing solved", lambda nb: edited(edited(nb, "q9-2-score", "2.0"), "q9-2-solution", ""), 2.0),
    HandIn("a test cell as solution cell", lambda nb: marks(nb, "q9-2-score", solution=True, grade=False), 4.0),
    HandIn("the setup edited", lambda nb: edited(nb, "setup", "raise SystemExit"), 4.0),
    HandIn("no marks", stripped, 4.0),
    HandIn("no marks and no ids", lambda nb: stripped(nb, ids=True), 0.0),
    HandIn("cells in another order", lambda nb: nb | {"cells": nb["cells"][::-1]}, 4.0),
    HandIn("an unknown kernel", lambda nb: kernel(nb, "malbolge"), 4.0),
    HandIn("format 3", version_3, 4.0),
    HandIn("format 99", lambda nb: nb | {"nbformat": 99}, 4.0),
    HandIn("outputs forged", forged_output, 2.0),
    HandIn("cells added that cheat", lambda nb: pasted(edited(nb, "q9-2-solution", ""), "q9-1-solution", id="x", metadata={}, source="lab.answer('9.2', 1)"), 2.0),
)  # fmt: skip
