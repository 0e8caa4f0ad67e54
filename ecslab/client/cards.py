"""Cards: the HTML of everything the lab answers but the live view. Pure functions from data to HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecslab.client.html import Html, join, link, page, tag
from ecslab.timeline import iso

if TYPE_CHECKING:
    from ecslab.client.reports import Report

TONES = {"correct": "good", "partial": "warn", "incorrect": "bad", "not_attempted": "idle", "uncheckable": "busy"}
MOST_LINES = 500


def clock(at: float) -> Html:
    """A lab time as hours, minutes and seconds; the whole of it when pointed at."""
    return tag("time", iso(at)[11:19], datetime=iso(at), title=iso(at))


def lab(status: Mapping[str, Any]) -> Html:
    """The lab: where it answers, what runs its containers and why, and what is only pretended."""
    rows = [
        ("endpoint", link(status["endpoint"], tag("code", status["endpoint"]))),
        ("account", tag("code", f"{status['account']} · {status['region']}")),
        ("runtime", join([tag("b", status["runtime"]), f" — {status['runtime_reason']}"])),
        ("time", f"{status['time']}, now {status['now_iso']}"),
    ]
    if status.get("pretended"):
        rows.append(("only pretended", _pretended(status["pretended"])))
    head = tag("div", tag("span", "ECS lab", class_="title"), pill("running", "good"), class_="e-row")
    return page(tag("div", head, table(rows), class_="card"))


def _pretended(rows: Sequence[Mapping[str, str]]) -> Html:
    """What is only pretended, those with the same reason together."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        reasons.setdefault(row["why"], []).append(row["what"])
    return tag("ul", *(tag("li", tag("b", ", ".join(what)), f": {why}") for why, what in reasons.items()))


def pill(words: object, tone: str) -> Html:
    """A small label: a dot of the tone's colour, and the words."""
    return tag("span", words, class_=f"pill {tone}")


def table(rows: Sequence[tuple[object, object]]) -> Html:
    """Two columns: what, and its value."""
    lines = (tag("tr", tag("th", name, scope="row"), tag("td", value)) for name, value in rows)
    return tag("table", tag("tbody", *lines))


def report(found: Report, mark: str) -> Html:
    """A check's report: the verdict, then each finding with what to try."""
    tone = TONES.get(found.outcome, "idle")
    head = tag(
        "div",
        tag("span", f"{mark} {found.question} {found.title}", class_="title"),
        pill(found.outcome.replace("_", " "), tone),
        tag("span", f"{found.score:g} of {found.points:g} points", class_="soft"),
        class_="e-row",
    )
    lines = [tag("li", "✓ " if row["passed"] else "✗ ", row["text"], _advice(row)) for row in found.findings]
    said = tag("ul", *lines, class_="plain") if lines else tag("div", found.message)
    return page(tag("div", head, said, class_=f"note {tone}"))


def _advice(row: Mapping[str, Any]) -> Html:
    shown = not row["passed"] and row.get("advice")
    return tag("div", "→ ", row["advice"], class_="soft") if shown else Html("")


def score(found: Report) -> Html:
    """A score in one line."""
    tone = TONES.get(found.outcome, "idle")
    return page(
        tag(
            "div", pill(f"{found.score:g} of {found.points:g} points", tone), tag("span", found.message), class_="e-row"
        )
    )


def hint(head: str, words: str) -> Html:
    """A hint."""
    return page(tag("div", tag("b", head), tag("div", words), class_="note busy"))


def logs(lines: Sequence[Mapping[str, Any]]) -> Html:
    """Log lines: lab time, container, text; the last ones where there are very many."""
    if not lines:
        return page(tag("div", "No output yet.", class_="soft"))
    several = len({line["container"] for line in lines}) > 1
    rows = [
        tag(
            "li",
            clock(line["at"]),
            tag("span", line["container"], class_="who") if several else "",
            tag("code", line["message"]),
        )
        for line in lines[-MOST_LINES:]
    ]
    left = len(lines) - len(rows)
    more = tag("div", f"… {left} lines before these", class_="soft small") if left else ""
    return page(more, tag("ol", *rows, class_="events lines"))


def why(sentences: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Html:
    """Reasons as sentences, and one row for each instance that was looked at."""
    said = join(tag("div", sentence) for sentence in sentences)
    if not rows:
        return page(tag("div", said, class_="card"))
    names = ("instance", "verdict", "reason")
    head = tag("tr", *(tag("th", name, scope="col") for name in names))
    lines = (tag("tr", *(tag("td", row.get(name, "")) for name in names)) for row in rows)
    return page(tag("div", said, tag("table", tag("thead", head), tag("tbody", *lines)), class_="card"))


def story(entries: Sequence[Mapping[str, Any]]) -> Html:
    """The journal as sentences with lab times."""
    if not entries:
        return page(tag("div", "Nothing happened yet.", class_="soft"))
    lines = (tag("li", clock(entry["at"]), tag("span", entry["text"])) for entry in entries)
    return page(tag("ol", *lines, class_="events lines"))
