"""``python -m grader.worker``: a worker process. It holds a warm sandbox and an untouched lab, and forks for each job.

Jobs come in and results go out as frames (``grader.inside.channel``) over the socket it was started with. It has no
threads, so it can fork. Invariants: every job gets an answer, whatever the submission did; between two jobs nothing
of the first is left; a sandbox that fails is replaced, and the job tried once more.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ecslab.errors import LabError
from ecslab.server.serve import collect_seldom
from ecslab.server.within import Within, open_within
from ecslab.timeline import real_monotonic
from grader.build import Lab, lab
from grader.inside.channel import Broken, Channel
from grader.jobs import MARGIN, MOST
from grader.rebuild import Rebuilt, Unreadable, rebuilt
from grader.sandbox.ladder import choose
from grader.sandbox.rung import Limits, Lost, Rung, Warm
from grader.trial import Emit, Trial, replay

FOREVER = 365 * 86_400.0
MEMORY = 4 << 30
"""Bytes of address space of a lab under grading."""
FIRST_CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ecs", "list_clusters", {}),
    ("ecs", "register_task_definition", {"family": "", "containerDefinitions": [{"image": "x"}]}),
    ("ecs", "describe_tasks", {"cluster": "none", "tasks": ["none"]}),
    ("ec2", "describe_instances", {}),
    ("logs", "describe_log_groups", {}),
    ("iam", "list_roles", {}),
    ("cloudwatch", "describe_alarms", {}),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}),
    ("autoscaling", "describe_auto_scaling_groups", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("events", "list_rules", {}),
    ("ssm", "describe_parameters", {}),
    ("secretsmanager", "list_secrets", {}),
    ("s3", "list_buckets", {}),
    ("sts", "get_caller_identity", {}),
)
"""Harmless calls of each service that labs use, and two that are refused: much is loaded when it is first needed."""
Events = list[dict[str, Any]]
Work = Callable[[Emit], None]


class Worker:
    """One worker: its labs, its sandbox, its jobs."""

    def __init__(self, labs: Path, rung: Rung, limits: Limits) -> None:
        self._labs_folder = labs
        self._limits = limits
        self._home = Path(tempfile.mkdtemp(prefix="ecslab-graded-"))
        self._rung = rung
        self._within: Within = open_within(self._home, labs)
        self._labs: dict[str, Lab] = {}
        self._warm: Warm | None = None
        self._warm_up()

    @property
    def rung(self) -> str:
        """The name of the sandbox."""
        return self._rung.name

    def _warm_up(self) -> None:
        """Load what first requests and checks need, so that every fork has it already. Nothing here changes the lab."""
        collect_seldom()
        self._within.api.checking += 1
        for service, operation, arguments in FIRST_CALLS:
            client = self._within.client(service)
            client.can_paginate(operation)
            try:
                getattr(client, operation)(**arguments)
            except ClientError:  # a refusal has to be made for the first time as well
                continue
        self._within.api.checking -= 1
        self._within.api.questions({})
        gc.collect()
        gc.freeze()

    def close(self) -> None:
        """End the sandbox and leave nothing."""
        if self._warm is not None:
            self._warm.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def done(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Do one job: ``grade`` a submission, or ``regrade`` questions of a result."""
        if "regrade" in job:
            events, failure = self._forked(lambda emit: self._replay(job, emit), self._limits.seconds + MARGIN)
            return {"events": events, "failure": failure}
        return self._grade(job)

    def _replay(self, job: Mapping[str, Any], emit: Emit) -> None:
        replay(self._within, job, emit)

    def _grade(self, job: Mapping[str, Any]) -> dict[str, Any]:
        began = real_monotonic()
        text = str(job["notebook"])
        result: dict[str, Any] = {"sandbox": self.rung, "digest": hashlib.sha256(text.encode()).hexdigest()}
        try:
            one = self._lab(str(job["assignment"]))
            whole = rebuilt(one, text)
        except Unreadable as wrong:
            return {**result, "events": [], "failure": str(wrong), "notes": [], "seconds": 0.0}
        events, failure = self._tried(whole, job)
        notes = list(whole.notes)
        return {**result, "events": events, "failure": failure, "notes": notes, "seconds": real_monotonic() - began}

    def _tried(self, whole: Rebuilt, job: Mapping[str, Any]) -> tuple[Events, str]:
        """Grade it; once more in a new sandbox where the first one was lost."""
        variant = {"ECSLAB_STUDENT": str(job["student"])}
        for last in (False, True):
            try:
                warm = self._sandbox()
                events, failure = self._forked(self._trial(warm, whole, variant), self._limits.seconds + MARGIN)
                self._swept(warm)
            except Lost as lost:
                self._throw_away()
                events, failure = [], f"The sandbox failed: {lost}."
            if events or last or "sandbox" not in failure:
                break
        return events, failure

    def _trial(self, warm: Warm, whole: Rebuilt, variant: Mapping[str, str]) -> Work:
        return lambda emit: Trial(self._within, warm, emit).run(whole.plan, variant, self._home)

    # ── the sandbox ───────────────────────────────────────────────────────────────────────────────────────

    def _sandbox(self) -> Warm:
        if self._warm is None:
            self._warm = self._rung.start(self._limits)
        return self._warm

    def _swept(self, warm: Warm) -> None:
        """Nothing of the submission may be left; a sandbox that cannot be swept is thrown away."""
        try:
            warm.control.descriptors()
            warm.sweep()
        except Lost:
            self._throw_away()

    def _throw_away(self) -> None:
        if self._warm is not None:
            self._warm.close()
            self._warm = None

    def _lab(self, assignment: str) -> Lab:
        if assignment not in self._labs:
            self._labs[assignment] = lab(self._labs_folder / assignment)
        return self._labs[assignment]

    # ── forking ───────────────────────────────────────────────────────────────────────────────────────────

    def _forked(self, work: Work, seconds: float) -> tuple[Events, str]:
        """Do ``work`` in a fork of this process: the events it told, and why it ended early ("" where it did not)."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _child(work, writing)
        os.close(writing)
        try:
            return _collected(reading, pid, seconds)
        finally:
            os.close(reading)
            _ended(pid)


def _child(work: Work, writing: int) -> None:
    """In the fork: work, tell every event as a line of JSON, and be gone."""

    def emit(event: Mapping[str, Any]) -> None:
        data = memoryview(json.dumps(event, default=str).encode() + b"\n")
        while data:
            data = data[os.write(writing, data) :]

    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        work(emit)
        emit({"whole": True})
    except Lost as lost:
        emit({"failed": f"The sandbox failed: {lost}."})
    except BaseException as failure:
        emit({"failed": f"The grader failed: {type(failure).__name__}: {failure}."})
    finally:
        os._exit(0)


def _collected(reading: int, pid: int, seconds: float) -> tuple[Events, str]:
    ends = real_monotonic() + seconds
    parts = bytearray()
    while True:
        left = ends - real_monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            os.kill(pid, signal.SIGKILL)
            return _events(parts)[0], f"Grading took longer than {seconds:g} seconds and was ended."
        piece = os.read(reading, 1 << 18)
        if not piece:
            events, failed = _events(parts)
            return [event for event in events if "whole" not in event], failed or _verdict(events)
        parts += piece


def _events(parts: bytes | bytearray) -> tuple[Events, str]:
    found: Events = []
    failed = ""
    for line in bytes(parts).split(b"\n"):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if "failed" in event:
            failed = str(event["failed"])
        else:
            found.append(event)
    return found, failed


def _verdict(events: Events) -> str:
    return "" if any("whole" in event for event in events) else "The lab ended before it was graded (out of memory?)."


def _ended(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)


def main(arguments: list[str]) -> int:
    """Serve jobs until who gives them is gone. The argument is a JSON object of settings."""
    settings = json.loads(arguments[1])
    channel = Channel(socket.socket(fileno=int(settings["fd"])), real_monotonic, MOST)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        rung = choose(settings["rung"], exactly=settings["exactly"], unsafe=settings["unsafe"])
        worker = Worker(Path(settings["labs"]), rung, Limits(**settings["limits"]))
    except LabError as wrong:
        channel.send({"refused": [wrong.message, wrong.hint]})
        return 1
    channel.send({"ready": True, "rung": worker.rung})
    try:
        while True:
            channel.send(worker.done(channel.receive(FOREVER)), seconds=60)
    except (Broken, TimeoutError):
        return 0
    finally:
        worker.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
