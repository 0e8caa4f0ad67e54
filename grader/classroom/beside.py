"""Similar hand-ins shown: the matching cells side by side, what is alike marked, and a caution above all.

Not the search (``similarity``). Lines are aligned by the shape of their statements (difflib), so that renamed code
stands beside its twin. Invariant: students' code is text here, whatever it holds.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecslab.client.html import Html, join, tag
from grader.classroom.fingerprints import Statement
from grader.classroom.handins import OwnCell
from grader.classroom.similarity import CAUTION, Match, Pair, Similar

MOST_SHOWN = 15
MOST_LINES = 90
MOST_LETTERS = 160
BESIDE_STYLE = """
.ecslab .beside { width: 100%; table-layout: fixed; margin: 4px 0 12px !important; }
.ecslab .beside col.sign { width: 26px; }
.ecslab .beside td, .ecslab .beside th { padding: 1px 6px; }
.ecslab .beside td { font-family: var(--e-code); font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
.ecslab .beside td.sign { padding: 1px 0; text-align: center !important; color: var(--e-warn); font-weight: 700; }
.ecslab .beside tr.same td { background: color-mix(in srgb, var(--e-warn) 13%, transparent) !important; }
.ecslab .beside tr.part td, .ecslab .beside td.moved {
  background: color-mix(in srgb, var(--e-warn) 6%, transparent) !important;
}
"""


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one statement, with what stands before it."""

    text: str
    whole: int
    prints: frozenset[int]


def section(similar: Similar) -> Html:
    """What a teacher reads about similarity, whether there is something or not."""
    parts = [tag("div", tag("b", "Caution. "), CAUTION, class_="note warn small")] if similar.pairs else []
    parts.append(tag("p", _opening(similar), class_="soft"))
    for names in similar.groups[:5]:
        said = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
        parts.append(tag("p", tag("b", f"{len(names)} hand-ins hang together: "), said))
    parts += [_pair(pair, opened=number == 0) for number, pair in enumerate(similar.pairs[:MOST_SHOWN])]
    more = len(similar.pairs) - MOST_SHOWN
    if more > 0:
        parts.append(tag("p", f"… and {more} pairs that stand out less.", class_="soft small"))
    if similar.skipped:
        lines = (tag("li", tag("b", student), f": {why}") for student, why in similar.skipped[:40])
        parts.append(
            tag("details", tag("summary", f"{len(similar.skipped)} hand-ins could not be read"), tag("ul", *lines))
        )
    return join(parts)


def _opening(similar: Similar) -> str:
    if not similar.pairs:
        return (
            f"{similar.compared} hand-ins compared: no two resemble each other more than the exercises explain. "
            "Work that was rewritten with care is not seen."
        )
    return (
        f"{similar.compared} hand-ins compared by the shape of their code: names, texts, numbers, layout and the order "
        "of statements do not count, nor does what most of the class wrote or the released notebook gave. "
        f"{len(similar.pairs)} pairs share much of what is rare."
    )


def _pair(pair: Pair, *, opened: bool) -> Html:
    head = tag(
        "summary",
        tag("b", f"{pair.left} · {pair.right}"),
        tag("span", _alike(pair), class_="soft"),
        tag("span", _statements(pair.rare), class_="soft push") if pair.rare else "",
        class_="e-row",
    )
    marks = tag("p", "Both, and hardly anybody else, also wrote: ", _quoted(pair.marks)) if pair.marks else ""
    tables = [_beside(pair, match) for match in pair.matches]
    shown = tables or [tag("p", "What they share is spread over cells that differ otherwise.", class_="soft")]
    return tag("details", head, marks, *shown, class_="card", open="open" if opened else None)


def _alike(pair: Pair) -> str:
    if pair.where:
        return f"{pair.alike:.0%} of what is rare in {pair.where}; the rest differs"
    return f"{pair.alike:.0%} of what is rare in the smaller one is in both"


def _statements(count: int) -> str:
    return f"{count} {'statement' if count == 1 else 'statements'} that hardly anyone else wrote"


def _quoted(marks: Sequence[str]) -> Html:
    return join((tag("code", f"“{mark[:100]}”") for mark in marks), " ")


def _beside(pair: Pair, match: Match) -> Html:
    rows = [_row(left, right, _moved(match)) for left, right in _aligned(match)]
    head = tag(
        "tr",
        tag("th", f"{pair.left} · {match.left.name}", scope="col"),
        tag("th", tag("span", "", title="= same shape, ≈ partly")),
        tag("th", f"{pair.right} · {match.right.name}", scope="col"),
    )
    columns = Html('<col><col class="sign"><col>')
    caption = tag(
        "div", f"{match.alike:.0%} alike. = the same shape · ≈ partly · ↕ the same shape elsewhere", class_="soft small"
    )
    return join([caption, tag("table", tag("colgroup", columns), tag("thead", head), tag("tbody", *rows),
                              class_="beside")])  # fmt: skip


def _row(left: _Block | None, right: _Block | None, moved: Mapping[str, frozenset[int]]) -> Html:
    sign = _sign(left, right)
    cells = []
    for side, block in (("left", left), ("right", right)):
        away = sign == "" and block is not None and bool(block.prints) and block.whole in moved[side]
        text = "" if block is None else f"↕ {block.text}" if away else block.text
        cells.append(tag("td", text, class_="moved" if away else ""))
    kind = {"=": "same", "≈": "part"}.get(sign, "")
    return tag("tr", cells[0], tag("td", sign, class_="sign"), cells[1], class_=kind)


def _sign(left: _Block | None, right: _Block | None) -> str:
    if left is None or right is None or not left.prints or not right.prints:
        return ""
    if left.whole == right.whole:
        return "="
    return "≈" if 2 * len(left.prints & right.prints) >= min(len(left.prints), len(right.prints)) else ""


def _moved(match: Match) -> dict[str, frozenset[int]]:
    """What of each side stands somewhere on the other one too."""
    left, right = (frozenset(s.whole for s in cell.shape.statements) for cell in (match.left, match.right))
    return {"left": right, "right": left}


def _aligned(match: Match) -> list[tuple[_Block | None, _Block | None]]:
    left, right = _blocks(match.left), _blocks(match.right)
    matcher = difflib.SequenceMatcher(None, [b.whole for b in left], [b.whole for b in right], autojunk=False)
    rows: list[tuple[_Block | None, _Block | None]] = []
    for _, left_from, left_to, right_from, right_to in matcher.get_opcodes():
        for step in range(max(left_to - left_from, right_to - right_from)):
            one = left[left_from + step] if left_from + step < left_to else None
            other = right[right_from + step] if right_from + step < right_to else None
            rows.append((one, other))
    return rows


def _blocks(cell: OwnCell) -> list[_Block]:
    """The cell cut at the ends of its statements; comments stay with what they stand before."""
    lines = [line[:MOST_LETTERS] for line in cell.source.splitlines()[:MOST_LINES]]
    found: list[_Block] = []
    at = 0
    for statement in sorted(cell.shape.statements, key=lambda one: (one.first, one.last)):
        at = _cut(found, lines, at, statement, cell.prints)
    rest = "\n".join(lines[at:]).rstrip()
    if rest:
        found.append(_Block(rest, hash((0, len(rest))), frozenset()))
    return found


def _cut(
    found: list[_Block], lines: Sequence[str], at: int, statement: Statement, prints: frozenset[int]
) -> int:  # fmt: skip
    end = min(statement.last, len(lines))
    if end > at:
        found.append(_Block("\n".join(lines[at:end]).strip("\n"), statement.whole, statement.prints & prints))
        return end
    return at
