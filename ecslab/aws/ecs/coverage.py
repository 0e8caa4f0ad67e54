"""What of the ECS API works here, what is only pretended, and what is refused: one table, and what follows from it.

The table is ``coverage_table``; this module reads it. It is no description beside the code but part of it: what it says
is refused is refused from it (``refusal``), and what it says is pretended is found in requests by it (``asked``). It is
complete over botocore's model, which ``tests/aws/test_coverage.py`` proves. ``python -m ecslab.aws.ecs.coverage
docs/api-coverage.md`` writes the document.

A path names a part of a request: ``deploymentConfiguration.alarms``, through lists as through objects, and
``launchType=EXTERNAL`` where only that value is meant.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ecslab.aws.ecs import coverage_table as table
from ecslab.aws.ecs.shapes import model
from ecslab.errors import ApiError


class Verdict(StrEnum):
    """What becomes of a parameter."""

    WORKS = "works"
    PRETENDED = "pretended"
    """Accepted, checked and shown, without the effect it has on AWS."""
    REFUSED = "refused"


class UnsupportedFeatureException(ApiError):
    """AWS has it, this lab does not."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``sentence`` says why, where it does not simply work."""

    operation: str
    parameter: str
    verdict: Verdict
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A part of a request that is only pretended, or depends on the runtime, with the value asked for."""

    operation: str
    path: str
    value: Any


def why_lacking(operation: str) -> str:
    """One sentence on an operation that is not here."""
    return f"This lab does not have {operation} yet. docs/api-coverage.md says what it has."


def refusal(operation: str, request: Mapping[str, Any]) -> UnsupportedFeatureException | None:
    """The refusal of a request that asks for something the table refuses."""
    for path, sentence in table.REFUSED.get(operation, {}).items():
        if (operation, path) not in table.BY_VERBS and next(values(request, path), None) is not None:
            return UnsupportedFeatureException(f"{path.replace('=', ' ')}: {sentence}")
    return None


def asked(operation: str, request: Mapping[str, Any]) -> Iterator[Asked]:
    """What a request asks for that is only pretended here, or that depends on the runtime."""
    for path in (*table.PRETENDED.get(operation, {}), *table.DEPENDING.get(operation, {})):
        value = next(values(request, path), None)
        if value is not None:
            yield Asked(operation, path, value)


def values(request: Any, path: str) -> Iterator[Any]:
    """What a request has at a path, through lists; nothing for what is empty, false, or not the value that is meant."""
    name, _, wanted = path.partition("=")
    found = list(_at(request, name.split(".")))
    yield from (v for v in found if v not in (None, "", False, [], {}) and (not wanted or v == wanted))


def _at(value: Any, names: list[str]) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _at(part, names)
    elif not names:
        yield value
    elif isinstance(value, Mapping) and value.get(names[0]) is not None:
        inner = value[names[0]]
        yield from _at(inner, names[1:]) if names[1:] else iter((inner,))


def sentence_of(operation: str, path: str) -> str:
    """Why a part of a request is only pretended."""
    return table.PRETENDED.get(operation, {}).get(path, "")


def rows() -> Iterator[Row]:
    """The whole table, over every operation and parameter of botocore's model."""
    for operation in model().operation_names:
        for parameter in _parameters(operation):
            if operation not in table.WORKS:
                yield Row(operation, parameter, Verdict.REFUSED, why_lacking(operation))
            else:
                yield from _rows_of(operation, parameter)


def _parameters(operation: str) -> tuple[str, ...]:
    shape = model().operation_model(operation).input_shape
    return tuple(shape.members) if shape is not None and shape.members else ("",)


def _rows_of(operation: str, parameter: str) -> Iterator[Row]:
    """The parameter itself, and each part of it of which something else is true."""
    refused, pretended = table.REFUSED.get(operation, {}), table.PRETENDED.get(operation, {})
    if parameter in table.WORKS[operation] or not parameter:
        yield Row(operation, parameter, Verdict.WORKS)
    for paths, verdict in ((pretended, Verdict.PRETENDED), (refused, Verdict.REFUSED)):
        for path, sentence in paths.items():
            if path.replace("=", ".").split(".")[0] == parameter:
                yield Row(operation, path, verdict, sentence)


def document() -> str:
    """The table as Markdown."""
    every = list(rows())
    working = sorted({r.operation for r in every} & set(table.WORKS))
    lines = [HEAD.format(working=len(working), all=len(model().operation_names))]
    for operation in working:
        lines += [f"\n## {operation}\n", "| parameter | | |", "|---|---|---|"]
        lines += [_line(row) for row in every if row.operation == operation]
    rest = [operation for operation in model().operation_names if operation not in table.WORKS]
    lines += [f"\n**Not yet:** {_listed(rest)}.\n"] if rest else []
    return "\n".join(lines).rstrip() + "\n"


def _listed(operations: Any) -> str:
    return ", ".join(f"`{o}`" for o in sorted(operations))


def _line(row: Row) -> str:
    name = f"`{row.parameter}`" if row.parameter else "(none)"
    return f"| {name} | {row.verdict} | {row.sentence} |"


HEAD = """# Operation × parameter: works, pretended, refused

Made by `python -m ecslab.aws.ecs.coverage docs/api-coverage.md` from the table that the code itself uses; do not edit.
`tests/aws/test_coverage.py` proves that it is complete over botocore's model, that it is current, and that it agrees
with what the API does. {working} of {all} operations work. *Pretended* is accepted, checked and shown, without the
effect it has on AWS; `lab.pretended()` lists what was asked for of it in a lab. Refusals are
`UnsupportedFeatureException`, or `InvalidParameterException` where AWS has no better word."""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
