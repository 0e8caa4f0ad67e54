"""Cells and sheets of CSV: written so that no spreadsheet runs what a student wrote, and read back forgivingly.

It knows no learning platform. Invariant: no written cell, and no part of one that another separator would cut off,
begins like a formula, unless all of it is a number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecslab.errors import LabError

NUMBER = re.compile(r"[-+]?(\d+([.,]\d+)?%?)?")
"""Numbers, and the lone dash that stands for none."""
FORMULA = re.compile(r"(^|;)(\s*)([=+\-@\uFF0B\uFF0D\uFF1D\uFF20])")
"""Signs with which spreadsheets begin a formula, the full-width ones too, where a cell can begin."""
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a CSV, the header first, all of the same width."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, *names: str) -> int | None:
        """The number of the first column with one of these names, however written."""
        wanted = [name.casefold() for name in names]
        places = [number for number, name in enumerate(self.header) if name.strip().casefold() in wanted]
        return places[0] if places else None


def safe(text: object) -> str:
    """A text as one line that no spreadsheet takes for a formula."""
    line = " ".join(UNSEEN.sub("", str(text)).split())
    return line if NUMBER.fullmatch(line) else FORMULA.sub(r"\1\2'\3", line)


def number(value: float | None) -> str:
    """Points with at most two decimals, as Canvas and Moodle show them; "" for none."""
    if value is None:
        return ""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def written(rows: Iterable[Sequence[object]]) -> str:
    """Rows as the text of a CSV file, every cell safe."""
    text = io.StringIO()
    csv.writer(text).writerows([safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def opened(path: Path) -> Sheet:
    """The sheet in a file. LabError where there is none."""
    try:
        return read(path.read_bytes())
    except OSError as error:
        raise LabError(
            f"{path} cannot be read: {error.strerror}.", "Give the file that the platform exported."
        ) from None


def read(data: bytes) -> Sheet:
    """A CSV as platforms export it: UTF-8 with or without a mark, separated by commas or semicolons. LabError."""
    if len(data) > MOST_BYTES:
        raise LabError("This CSV file is larger than any class.", "Give the file that the platform exported.")
    text = data.decode("utf-8-sig", errors="replace")
    first = text.partition("\n")[0]
    mark = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise LabError(f"This CSV file cannot be read: {error}.", "Export it from the platform again.") from None
    if not rows:
        raise LabError("This CSV file is empty.", "Export it from the platform again.")
    width = len(rows[0])
    even = [tuple((row + [""] * width)[:width]) for row in rows]
    return Sheet(even[0], tuple(even[1:]))
