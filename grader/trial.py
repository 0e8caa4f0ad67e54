"""Grading one submission: the trusted side. It owns the lab, has the cells run behind the wall, and takes the scores.

A fork of the worker, one for each submission, so that it always begins with the same untouched lab. Invariants: a
score comes from a check of this process and from nothing the other side says; while it is taken the lab stands still;
every wait ends; what has been scored is told at once, so that it is not lost if the rest goes wrong.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecslab.checks import Uncheckable
from ecslab.checks.percent import Role
from ecslab.errors import LabError
from ecslab.server.graded import GradedDoor, Tape, served
from ecslab.server.within import Within
from ecslab.timeline import real_monotonic
from grader.inside import confine
from grader.inside.channel import Broken, Channel
from grader.rebuild import Planned
from grader.sandbox.rung import ENVIRONMENT, Warm
from grader.watch import Watch

Emit = Callable[[dict[str, Any]], None]
GRACE = 3.0
"""Real seconds a cell has after the interrupt before its program is given up."""
STALE = 50
"""Answers to earlier questions that are skipped, where a learner's forks speak too."""
STORY = 800
"""The most entries of the lab's journal that are kept for feedback."""
QUIET = ("check.", "container.", "image.", "task.health", "placement.")
"""Starts of the kinds of entries that feedback does not need."""
CALL_SECONDS = 10.0
TEXT = 60_000


@dataclass(slots=True)
class Trial:
    """One submission under way. ``emit`` takes events: ``question``, ``cell``, ``end``."""

    within: Within
    warm: Warm
    emit: Emit
    tape: Tape = field(default_factory=Tape)
    ended: str = ""
    """Why the learner's program is no more, "" while it runs."""
    _numbers: int = 0
    _channel: Channel | None = None
    _watch: Watch | None = None

    def run(self, plan: Iterable[Planned], variant: Mapping[str, str], home: Path) -> None:
        """Run and score every cell of ``plan``, then tell what else is to be known. Lost where the sandbox is."""
        began = real_monotonic()
        self._channel, listening = self.warm.start({**ENVIRONMENT, **variant})
        door = GradedDoor(self.within.door, self.tape)
        server = served(listening, door)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._watch = Watch(self.warm)
        self._give_up(home)
        self.within.api.call = self._called
        self.within.api.student = variant["ECSLAB_STUDENT"]
        for planned in plan:
            if planned.cell.role is Role.SCORE:
                with door.still():
                    self._score(planned)
            elif planned.cell.kind == "code" and planned.cell.role is not Role.CHECK:
                self._cell(planned, began)
        with door.still():
            self._finish(door)

    def _give_up(self, home: Path) -> None:
        """This process writes to its lab's folder only, and dials nobody: a second wall, should the first one break."""
        if confine.abi():
            confine.landlock([Path("/")], [home, Path("/dev/null")], 1, signals=True)

    # ── cells ─────────────────────────────────────────────────────────────────────────────────────────────

    def _cell(self, planned: Planned, began: float) -> None:
        """Have one cell run; the learner's own are told about."""
        started = real_monotonic()
        left = self.warm.limits.seconds - (started - began)
        if not self.ended and left <= 0:
            self.ended = f"the notebook took longer than {self.warm.limits.seconds:g} seconds"
        said = {"error": f"Not run: {self.ended}."} if self.ended else self._asked(planned, left)
        if planned.own or (said.get("error") and not self.ended):
            self.emit(
                {
                    "cell": {
                        "grade_id": planned.name,
                        "seconds": round(real_monotonic() - started, 3),
                        "error": str(said.get("error", ""))[:600],
                        "outputs": list(_outputs(said.get("outputs"))),
                    }
                }
            )

    def _asked(self, planned: Planned, left: float) -> dict[str, Any]:
        allowed = min(self.warm.limits.cell_seconds, left)
        try:
            return self._answer({"run": planned.source}, allowed)
        except TimeoutError:
            return self._interrupted(allowed)
        except Broken:
            return self._gone()

    def _interrupted(self, allowed: float) -> dict[str, Any]:
        """The cell took too long: first politely, then not at all."""
        error = f"TimeoutError: the cell took longer than {allowed:.0f} seconds and was interrupted"
        try:
            self.warm.interrupt()
            return {**self._next(GRACE), "error": error}
        except TimeoutError:
            self.ended = "an earlier cell could not be interrupted, so the notebook's program was ended"
            self.warm.sweep()
            return {"error": error}
        except Broken:
            return self._gone()

    def _gone(self) -> dict[str, Any]:
        reason = self._watch.violation if self._watch is not None else ""
        self.ended = reason or "the notebook's program ended in an earlier cell"
        return {"error": f"The program ended here: {reason or 'it stopped without a word'}"}

    def _answer(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        if self._channel is None:
            raise Broken("there is no program")
        self._numbers += 1
        self._channel.send({**message, "id": self._numbers})
        return self._next(seconds)

    def _next(self, seconds: float) -> dict[str, Any]:
        """The answer to the last question; what answers an earlier one is skipped."""
        assert self._channel is not None
        ends = real_monotonic() + seconds
        for _ in range(STALE):
            said = self._channel.receive(max(0.0, ends - real_monotonic()))
            if said.get("id") == self._numbers:
                return said
        raise Broken("it says things nobody asked for")

    def _called(self, name: str, *arguments: Any) -> Any:
        """A function of the learner's, for a check. LabError with what it raised."""
        try:
            said = self._answer({"call": name, "arguments": list(arguments)}, CALL_SECONDS)
        except TimeoutError:
            raise LabError(f"{name} did not answer within {CALL_SECONDS:g} seconds.", "Does it end?") from None
        except Broken:
            raise LabError(f"{name} could not be called.", self.ended or "The notebook's program has ended.") from None
        self.tape.entries.append({"call": [name, *arguments], "said": {k: said.get(k) for k in ("error", "value")}})
        return _returned(name, said)

    # ── scores ────────────────────────────────────────────────────────────────────────────────────────────

    def _score(self, planned: Planned) -> None:
        began = real_monotonic()
        number = planned.cell.question
        self.tape.score(number)
        report = self.within.check(number)
        self.emit(question_event(planned.name, report, real_monotonic() - began))

    def _finish(self, door: GradedDoor) -> None:
        story = [entry for entry in self.within.story() if not entry["kind"].startswith(QUIET)]
        errors = [str(entry["text"]) for entry in story if entry["kind"] == "error"][:5]
        self.emit(
            {
                "end": {
                    "tape": self.tape.entries,
                    "story": _shortened(story),
                    "refused": door.refused,
                    "errors": errors,
                    "ended": self.ended,
                }
            }
        )


def question_event(grade_id: str, report: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """The event of a score, from a check's report."""
    return {
        "question": {
            "question": report["question"],
            "grade_id": grade_id,
            "title": report["title"],
            "outcome": report["outcome"],
            "score": float(report["score"]),
            "points": float(report["points"]),
            "message": report["message"],
            "findings": report["findings"],
            "seconds": round(seconds, 3),
        }
    }


def replay(within: Within, job: Mapping[str, Any], emit: Emit) -> None:
    """Play a job's tape into an untouched lab and take the scores of its questions where they were taken."""
    names = set(job["regrade"])
    within.api.student = str(job["student"])
    within.api.call = Recorded(job["tape"])
    for entry in job["tape"]:
        if "path" in entry:
            within.play(entry)
        elif entry.get("score") in names:
            began = real_monotonic()
            report = within.check(entry["score"])
            emit(question_event("", report, real_monotonic() - began))


class Recorded:
    """What the learner's functions answered when the notebook was graded."""

    def __init__(self, tape: Iterable[Mapping[str, Any]]) -> None:
        self._said = {json.dumps(entry["call"]): entry["said"] for entry in tape if "call" in entry}

    def __call__(self, name: str, *arguments: Any) -> Any:
        """The answer to the same call. Uncheckable for one that was not made then. LabError as then."""
        said = self._said.get(json.dumps([name, *arguments]))
        if said is None:
            raise Uncheckable(f"{name} was not called like this when the notebook ran: grade it again with --force.")
        return _returned(name, said)


def _returned(name: str, said: Mapping[str, Any]) -> Any:
    if said.get("error"):
        raise LabError(f"{name} raised {str(said['error'])[:300]}.", "Try it with other arguments.")
    return said.get("value")


def _shortened(story: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The story's beginning and end, without the detail that only the lab itself reads."""
    kept = story if len(story) <= STORY else [*story[: STORY // 2], *story[-STORY // 2 :]]
    return [{"at": one["at"], "kind": one["kind"], "subject": one["subject"], "text": one["text"]} for one in kept]


def _outputs(said: Any) -> Iterable[dict[str, Any]]:
    """Outputs of a notebook, made anew from what was said: text and pictures, nothing a browser would run."""
    for one in said[:60] if isinstance(said, list) else []:
        if not isinstance(one, dict):
            continue
        if one.get("output_type") == "stream":
            name = "stderr" if one.get("name") == "stderr" else "stdout"
            yield {"output_type": "stream", "name": name, "text": str(one.get("text", ""))[:TEXT]}
        elif isinstance(one.get("data"), dict):
            data = {}
            if "text/plain" in one["data"]:
                data["text/plain"] = str(one["data"]["text/plain"])[:TEXT]
            picture = one["data"].get("image/png")
            if isinstance(picture, str) and picture.startswith("iVBORw0KGgo") and picture.replace("\n", "").isascii():
                data["image/png"] = picture[:1_000_000]
            if data:
                yield {"output_type": "display_data", "data": data, "metadata": {}}
