"""The lab's own HTTP API under ``/_ecslab``: what AWS has no verb for. JSON in, JSON out.

Each route is one small function of (lab, request) → JSON. Errors are raised as the lab's own classes and leave
as ``{"error", "message", "hint"}``.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ecslab.aws.iam.gate import Gate
from ecslab.checks import World
from ecslab.checks.registry import Registry
from ecslab.checks.variant import NOBODY
from ecslab.control.why import find_task, why
from ecslab.errors import InvalidParameterException, LabError
from ecslab.journal import Entry
from ecslab.model.network import Endpoint, Wiring
from ecslab.model.status import NetworkMode
from ecslab.model.task import Task
from ecslab.runtimes.base import Answers
from ecslab.server import at, capacity, commands, hooks, iam, lint, load, pretended, rollout, scaling
from ecslab.server.openlab import OpenLab, unreachable
from ecslab.server.state import endpoint, state
from ecslab.timeline import iso, real_monotonic, real_sleep

Json = dict[str, Any]
CURL_TIMEOUT = 10.0
"""Real seconds that ``curl`` waits for an answer."""
CURL_PATIENCE, CURL_PAUSE = 5.0, 0.1
"""Real seconds for which ``curl`` tries again where nobody listens yet, and between two tries."""


class LabApi:
    """The routes of one open lab."""

    def __init__(
        self, lab: OpenLab, registry: Registry, status: Callable[[], Json], shut_down: Callable[[], None]
    ) -> None:
        self._lab = lab
        self._registry = registry
        self._status = status
        self._shut_down = shut_down
        self.clients: Callable[[str], Any] | None = None
        """Makes the AWS clients of checks, where they shall not dial this server."""
        self.call: Callable[..., Any] | None = None
        """Calls a function of the notebook that is graded, where there is one."""
        self.student = ""
        """Whose notebook is graded; "" where a request says who asks."""
        self.checking = 0
        """How many checks are under way: virtual time stands still meanwhile."""

    @property
    def gate(self) -> Gate:
        """The IAM gate of the open lab."""
        return self._lab.gate

    def handle(self, method: str, path: str, request: Mapping[str, Any]) -> Json:
        """Answer one request. LabError and ApiError for what cannot be done."""
        route = _ROUTES.get((method, path))
        if route is None:
            raise LabError(f"The lab has no {method} /_ecslab/{path}.", "docs/actions.md lists its own routes.")
        return route(self, request)

    # looking

    def status(self, request: Mapping[str, Any]) -> Json:
        lab = self._lab
        return {
            **self._status(),
            "lab": lab.lab_id,
            "account": lab.backend.place.account,
            "region": lab.backend.place.region,
            "runtime": lab.choice.name,
            "runtime_reason": lab.choice.reason,
            "time": lab.timeline.kind,
            "now": lab.timeline.now(),
            "now_iso": iso(lab.timeline.now()),
            "pretended": [
                *({"what": p.what, "why": p.why} for p in lab.capabilities.pretended),
                *({"what": "network", "why": why} for why in getattr(lab.fabric, "pretended", ())),
            ],
            "enforced": sorted(lab.capabilities.enforced),
            "labs": list(self._registry.labs()),
        }

    def state(self, request: Mapping[str, Any]) -> Json:
        with self._lab.timeline.lock:
            return state(self._lab)

    def journal(self, request: Mapping[str, Any]) -> Json:
        entries = self._lab.journal.read(
            after=int(request.get("after") or 0),
            kind=str(request.get("kind") or ""),
            subject=str(request.get("subject") or ""),
        )
        return {"entries": [_entry(e) for e in entries]}

    def logs(self, request: Mapping[str, Any]) -> Json:
        with self._lab.timeline.lock:
            lines = self._lab.log_lines(self._task(request), request.get("container") or None)
        return {"lines": [{"container": name, "at": at, "message": text} for name, at, text in lines]}

    def why(self, request: Mapping[str, Any]) -> Json:
        with self._lab.timeline.lock:
            found = why(self._lab.backend, str(request.get("subject") or ""))
        return {"subject": found.subject, "sentences": list(found.sentences), "rows": list(found.rows)}

    def _task(self, request: Mapping[str, Any]) -> Task:
        name = str(request.get("task") or "")
        task = find_task(self._lab.backend, name)
        if task is None:
            raise InvalidParameterException(
                f"There is no task '{name}' (STOPPED tasks are kept for an hour). Give its ARN or id."
            )
        return task

    # reaching

    def curl(self, request: Mapping[str, Any]) -> Json:
        with self._lab.timeline.lock:
            task = self._task(request)
            found = self._endpoint(task, request.get("port"))
        path = str(request.get("path") or "/")
        runtime, url = self._lab.runtime, endpoint(self._lab, found)["url"] + path
        if isinstance(runtime, Answers):
            with self._lab.timeline.lock:
                runtime_id = task.container(found.container).runtime_id or ""
                status, body = runtime.answer(runtime_id, found.container_port, path)
        else:
            status, body = _fetch(url)
        return {"status": status, "body": body, "url": url}

    def _endpoint(self, task: Task, port: Any) -> Endpoint:
        wiring = next((w for w in self._lab.fabric.wirings() if w.task_id == task.task_id), None)
        if wiring is None:
            raise unreachable(task)
        for found in wiring.endpoints:
            if port in (None, found.container_port, found.host_port):
                return found
        if port is None or wiring.mode is not NetworkMode.AWSVPC:
            raise unreachable(task)
        return _unmapped(wiring, task, int(port))

    def at(self, target: str) -> at.Page:
        """GET of an address that the API shows: ``HOST:PORT/PATH?QUERY``."""
        return at.get(self._lab, target, _fetch)

    # acting from outside

    def instances(self, request: Mapping[str, Any]) -> Json:
        with self._lab.timeline.lock:
            ids = self._lab.launch(
                str(request.get("cluster") or "default"),
                int(request.get("count") or 1),
                str(request.get("instance_type") or "m5.large"),
            )
        return {"instances": ids}

    def agents(self, request: Mapping[str, Any]) -> Json:
        action = request.get("action")
        if action not in ("start", "stop"):
            raise InvalidParameterException(f"action is start or stop; it is {action!r}.")
        with self._lab.timeline.lock:
            running = self._lab.fleet.set_running(str(request.get("instance") or ""), action == "start")
        return {"agentConnected": running}

    def faults(self, request: Mapping[str, Any]) -> Json:
        with self._lab.timeline.lock:
            task = self._task(request)
        return {"killed": self._lab.kill(task, request.get("container") or None)}

    def time(self, request: Mapping[str, Any]) -> Json:
        return {"kind": self._lab.timeline.kind, "now": self._lab.timeline.now()}

    def move_time(self, request: Mapping[str, Any]) -> Json:
        self._lab.timeline.advance(float(request.get("advance") or 0))
        return self.time(request)

    def reset(self, request: Mapping[str, Any]) -> Json:
        self._lab.reset()
        return {}

    def shutdown(self, request: Mapping[str, Any]) -> Json:
        self._shut_down()
        return {}

    # questions

    def questions(self, request: Mapping[str, Any]) -> Json:
        return {"questions": [q.to_json() for q in self._registry.questions()]}

    def answers(self, request: Mapping[str, Any]) -> Json:
        number = str(request.get("question") or "")
        self._registry.question(number)
        self._lab.answers[number] = request.get("answer")
        self._lab.journal.record("answer", number, f"an answer to question {number} was handed in")
        return {}

    def check(self, request: Mapping[str, Any]) -> Json:
        number = str(request.get("question") or "")
        if request.get("answer") is not None:
            self.answers(request)
        with self._standing_still():
            return self._registry.check(number, self._world(number, self._who(request))).to_json()

    def variant(self, request: Mapping[str, Any]) -> Json:
        number = str(request.get("question") or "")
        return {"question": number, "variant": self._registry.variant(number, self._who(request))}

    def _who(self, request: Mapping[str, Any]) -> str:
        return self.student or str(request.get("student") or NOBODY)

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        self.checking += 1
        try:
            yield
        finally:
            self.checking -= 1

    def _world(self, number: str, student: str) -> World:
        lab = self._lab
        return World(
            endpoint=self._status()["endpoint"],
            question=number,
            answers=dict(lab.answers),
            journal=lab.journal.read,
            lab=lambda method, path, body: self.handle(method, path.removeprefix("/_ecslab/"), body or {}),
            runtime=lab.choice.name,
            now=lab.timeline.now,
            clients=self.clients,
            variant=self._registry.variant(number, student),
            **({} if self.call is None else {"call": self.call}),
        )

    def hint(self, request: Mapping[str, Any]) -> Json:
        return self._registry.hint(str(request.get("question") or ""), int(request.get("step") or 0)).to_json()

    def solution(self, request: Mapping[str, Any]) -> Json:
        number = str(request.get("question") or "")
        self._lab.journal.record("solution.shown", number, f"the solution of question {number} was shown")
        return {"question": number, "text": self._registry.solution(number)}


_ROUTES: dict[tuple[str, str], Callable[[LabApi, Mapping[str, Any]], Json]] = {
    ("GET", "status"): LabApi.status,
    ("GET", "state"): LabApi.state,
    ("GET", "journal"): LabApi.journal,
    ("GET", "logs"): LabApi.logs,
    ("GET", "why"): LabApi.why,
    ("GET", "time"): LabApi.time,
    ("GET", "questions"): LabApi.questions,
    ("POST", "lint"): lambda api, request: lint.lint(request),
    ("POST", "curl"): LabApi.curl,
    ("POST", "instances"): LabApi.instances,
    ("POST", "agents"): LabApi.agents,
    ("POST", "faults"): LabApi.faults,
    ("POST", "interruptions"): lambda api, request: capacity.interrupt(api._lab, request),
    ("POST", "spot"): lambda api, request: capacity.spot(api._lab, request),
    ("GET", "pretended"): lambda api, request: pretended.pretended(api._lab, request),
    ("POST", "hooks"): lambda api, request: hooks.answer(api._lab, request),
    ("POST", "exec"): lambda api, request: commands.run(api._lab, request),
    ("POST", "time"): LabApi.move_time,
    ("POST", "reset"): LabApi.reset,
    ("POST", "shutdown"): LabApi.shutdown,
    ("POST", "iam"): lambda api, request: iam.enforce(api._lab, request),
    ("GET", "iam/denied"): lambda api, request: iam.denied(api._lab, request),
    ("POST", "iam/keys"): lambda api, request: iam.keys(api._lab, request),
    ("GET", "loads"): lambda api, request: load.loads(api._lab, request),
    ("POST", "loads"): lambda api, request: load.start(api._lab, request),
    ("POST", "loads/stop"): lambda api, request: load.stop(api._lab, request),
    ("GET", "rollout"): lambda api, request: rollout.rollout(api._lab, request),
    ("GET", "scaling"): lambda api, request: scaling.chart(api._lab, request),
    ("POST", "answers"): LabApi.answers,
    ("POST", "check"): LabApi.check,
    ("GET", "variant"): LabApi.variant,
    ("POST", "hint"): LabApi.hint,
    ("POST", "solution"): LabApi.solution,
}


def _unmapped(wiring: Wiring, task: Task, port: int) -> Endpoint:
    """In awsvpc mode every port a container listens on can be reached, with or without a port mapping."""
    name = task.containers[0].name
    return Endpoint(container=name, container_port=port, host_port=port, protocol="tcp", host=wiring.address, port=port)


def _entry(entry: Entry) -> Json:
    return {
        "number": entry.number,
        "at": entry.at,
        "kind": entry.kind,
        "subject": entry.subject,
        "text": entry.text,
        "data": dict(entry.data),
    }


def _fetch(url: str) -> tuple[int, str]:
    """GET from a task, patiently: a program needs a moment from its start until it listens. LabError."""
    until = real_monotonic() + CURL_PATIENCE
    while True:
        try:
            return _fetch_once(url)
        except (OSError, http.client.HTTPException) as failed:
            if real_monotonic() > until:
                raise LabError(
                    f"Nothing answered at {url} ({getattr(failed, 'reason', failed)}).",
                    "Is the container running and listening on that port?",
                ) from None
            real_sleep(CURL_PAUSE)


def _fetch_once(url: str) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=CURL_TIMEOUT) as answer:
            return int(answer.status), answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as answer:
        return int(answer.code), answer.read().decode("utf-8", "replace")
