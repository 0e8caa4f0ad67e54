"""``ecslab course prove``: every case of every lab, and at the end a table and what is missing, line by line.

It shows its progress on stdout as it goes. Invariant: exit code 0 only where every case came out as it must (with
``--strict``: and nothing is missing).
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.authoring import pipeline, rounds
from grader.authoring.checklist import HINTS, Examined, Item, examined, judged
from grader.authoring.place import place
from grader.authoring.rounds import Proved
from grader.build import Lab
from grader.prove import Case

Key = tuple[str, str]
WIDTH = 118
GRADERS = {"sandbox": "ecslab grade", "nbgrader": "nbgrader autograde"}


def prove(arguments: argparse.Namespace) -> int:
    """Prove the labs that are named, or all."""
    wrong = missing = 0
    for folder in place(arguments.course).chosen(arguments.labs):
        items = _one(folder, arguments)
        wrong += sum(item.wrong for item in items)
        missing += sum(not item.wrong for item in items)
    print(_verdict(wrong, missing))
    return 1 if wrong or (missing and arguments.strict) else 0


def _one(folder: Path, arguments: argparse.Namespace) -> list[Item]:
    seen = examined(folder)
    if seen.lab is None:
        print(f"\n{folder.name} cannot be proven yet.")
        _list(list(seen.items))
        return list(seen.items)
    wanted = rounds.chosen(seen.lab, arguments.question, arguments.solved)
    print(f"{folder.name}: {len(wanted)} cases on the {arguments.runtime} runtime", flush=True)
    proved = _proved(seen.lab, wanted, arguments.runtime)
    different = _again(seen.lab, proved, arguments)
    columns = {"same": different if arguments.runs > 1 else None} | {
        grader: _graded(seen.lab, wanted, proved, grader, arguments.workers) if getattr(arguments, grader) else None
        for grader in GRADERS
    }
    unlike = {
        (q, f"{name} ({grader})"): words for grader in GRADERS for (q, name), words in (columns[grader] or {}).items()
    }
    items = judged(seen, proved, different, unlike)
    _table(seen, proved, columns)
    _list(items)
    return items


# ── the parts of a proof ──────────────────────────────────────────────────────────────────────────────────────


def _proved(one: Lab, wanted: Sequence[Case], runtime: str) -> list[Proved]:
    found = []
    for number, proved in enumerate(rounds.run(one, wanted, runtime), 1):
        found.append(proved)
        said = proved.wrong or f"{proved.question} {proved.name}: {proved.score:g} points ({proved.seconds:.1f} s)"
        print(f"[{number}/{len(wanted)}] {'✗' if proved.wrong else '✓'} {said}", flush=True)
    return found


def _again(one: Lab, proved: Sequence[Proved], arguments: argparse.Namespace) -> dict[Key, str]:
    if arguments.runs < 2:
        return {}
    print(f"{one.name}: the same {arguments.runs} times, to compare findings and journals", flush=True)

    def done(number: int) -> None:
        print(f"[run {number}/{arguments.runs}] done", flush=True)

    return rounds.again(one, proved, arguments.runs - 1, arguments.question, arguments.workers, done)


def _graded(one: Lab, wanted: Sequence[Case], proved: Sequence[Proved], grader: str, workers: int) -> dict[Key, str]:
    """Where a grader ("nbgrader", "sandbox") gives other points than the proof, by case."""
    handed = pipeline.hand_ins(one, wanted, proved)
    print(f"{one.name}: {len(handed)} hand-ins through {GRADERS[grader]}", flush=True)
    number = 0

    def done(each: pipeline.HandIn, words: str) -> None:
        nonlocal number
        number += 1
        print(f"[{number}/{len(handed)}] {'✗' if words else '✓'} {each.name}{words and f': {words}'}", flush=True)

    grade = pipeline.stock if grader == "nbgrader" else pipeline.sandboxed
    return grade(one, handed, workers, done)


# ── saying it ─────────────────────────────────────────────────────────────────────────────────────────────────


def _table(seen: Examined, proved: Sequence[Proved], columns: Mapping[str, Mapping[Key, str] | None]) -> None:
    heads = "".join(f"{name:<10}" for name in columns)
    print(f"\n{'question':<10}{'points':>7}  {'0 and full':<12}{'mistakes':<10}{'hints':<7}{heads}".rstrip())
    for question in seen.questions:
        own = [one for one in proved if one.question == question.number]
        solved = [not one.wrong for one in own if not one.mistake]
        told = [not one.wrong for one in own if one.mistake]
        cells = [
            f"{question.number:<10}{question.points:>7g}  {_mark(solved):<12}",
            f"{f'{_mark(told)} {len(told)}' if told else '–':<10}",
            f"{'✓' if len(question.hints) >= HINTS else len(question.hints):<7}",
            *(f"{_same(question.number, wrong):<10}" for wrong in columns.values()),
        ]
        print("".join(cells).rstrip())


def _mark(held: Sequence[bool]) -> str:
    return "–" if not held else "✓" if all(held) else "✗"


def _same(question: str, wrong: Mapping[Key, str] | None) -> str:
    if wrong is None:
        return "–"
    told = [
        key
        for key, words in wrong.items()
        if key[0] == question or f"{question} gets" in words or (key[0] == pipeline.ALL and " gets " not in words)
    ]
    return "✗" if told else "✓"


def _list(items: Sequence[Item]) -> None:
    for item in sorted(items, key=lambda item: not item.wrong):
        head = f"{'✗ wrong  ' if item.wrong else '○ missing'}  {item.about}: {item.words.splitlines()[0]}"
        print(textwrap.fill(head, WIDTH, subsequent_indent=" " * 11, break_long_words=False))
        if item.remedy:
            remedy = textwrap.fill(item.remedy, WIDTH, initial_indent=" " * 11 + "→ ", subsequent_indent=" " * 13)
            print(remedy)


def _verdict(wrong: int, missing: int) -> str:
    if not wrong and not missing:
        return "\nProven: nothing is wrong and nothing is missing."
    if not wrong:
        return f"\nProven. {missing} {'thing is' if missing == 1 else 'things are'} missing."
    return f"\nNot proven: {wrong} wrong, {missing} missing."
