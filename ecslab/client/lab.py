"""The Lab: what a learner holds in a notebook.

It is a thin client: every method is one question to the lab server, and ``client()`` is boto3 itself. It starts no
server (``connecting`` does) and keeps no state of the lab but which hint comes next. Tasks, services and instances
are given as ARN, id, or the dict that boto3 returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ecslab.client import cards, virtual
from ecslab.client.chart import Chart, chart
from ecslab.client.clock import LabTime
from ecslab.client.commands import Output, execute
from ecslab.client.failures import problem
from ecslab.client.home import learner
from ecslab.client.iam import Denials, credentials, why_denied
from ecslab.client.lint import Lint, lint
from ecslab.client.load import Load, Loads, Pattern, every_load, start_load
from ecslab.client.pretended import Pretences, pretended
from ecslab.client.reports import Hint, Logs, Page, Report, Score, Solution, Story, Why
from ecslab.client.rollout import Rollout, rollout
from ecslab.client.subjects import name_of
from ecslab.client.transport import Json, Transport
from ecslab.client.waiting import until, wait

if TYPE_CHECKING:
    from ecslab.client.view import LiveView

T = TypeVar("T")


class Lab:
    """One lab: an AWS account of your own, on this machine. Get it with ``ecslab.connect()``."""

    def __init__(self, transport: Transport, status: Json, home: Path) -> None:
        self._transport = transport
        self._status = status
        self._home = home
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._next_hint: dict[str, int] = {}
        self._views: Any = None
        self.time = LabTime(transport, str(status["time"]))

    # who am I

    @property
    def endpoint(self) -> str:
        """The address at which AWS's API answers (``AWS_ENDPOINT_URL``)."""
        return self._transport.endpoint

    @property
    def runtime(self) -> str:
        """docker, process or simulated."""
        return str(self._status["runtime"])

    @property
    def region(self) -> str:
        """The AWS region of the lab."""
        return str(self._status["region"])

    @property
    def account(self) -> str:
        """The id of the lab's AWS account."""
        return str(self._status["account"])

    def __repr__(self) -> str:
        return f"<ecslab.Lab {self.endpoint} {self.runtime} runtime, {self.time.kind} time, {self.region}>"

    def _repr_html_(self) -> str:
        return cards.lab({**self._transport.get("status"), "endpoint": self.endpoint})

    # AWS

    def client(self, service: str, *, as_user: str = "", as_role: str = "") -> Any:
        """boto3's own client of an AWS service, pointed at the lab; the same one for each call.

        It signs as the account's root, or as an IAM user or a session of a role (name or ARN), whose policies bind
        it while ``lab.iam(enforce=True)``. LabError where there is no such user or role.
        """
        from ecslab.client.aws import settings

        if as_user or as_role:
            found = credentials(self._transport, user=as_user, role=as_role)
            return self._boto3().client(service, endpoint_url=self.endpoint, config=settings(), **found)
        if service not in self._clients:
            self._clients[service] = self._boto3().client(service, endpoint_url=self.endpoint, config=settings())
        return self._clients[service]

    def _boto3(self) -> Any:
        if self._session is None:
            from ecslab.client.aws import make_session

            self._session = make_session(self.region)
            if self.time.kind == "virtual":
                virtual.teach(self._session._session, self.time.sleep)
        return self._session

    def iam(self, *, enforce: bool | None = None) -> bool:
        """Switch on (or off) that policies bind every user and role; tasks are always bound. How it is now."""
        return bool(self._transport.post("iam", enforce=enforce)["enforce"])

    def why_denied(self, subject: Any = "") -> Denials:
        """Why a call was denied: the newest denial of a task, role or user (or of anybody), and those before it."""
        return why_denied(self._transport, name_of(subject) if subject else "")

    def wait(self, waiter: str, **arguments: Any) -> None:
        """Wait as boto3's ECS waiter of that name does, looking more often. LabError when it gives up."""
        wait(self.client("ecs"), self.time, waiter, arguments)

    def until(self, predicate: Callable[[], T], timeout: float = 60) -> T:
        """Wait until ``predicate()`` is true and return what it gave; on virtual time the clock is moved.

        LabError with the last state after ``timeout`` seconds (of lab time where time is virtual).
        """
        return until(self._transport, self.time, predicate, timeout)

    # looking

    def show(self, cluster: str | None = None, *, view: str = "status") -> LiveView:
        """A live view of the lab (or of one cluster) that keeps itself up to date; put it last in a cell.

        ``view="network"`` draws who shares a network namespace, with which address and ports; ``view="placement"`` what
        is reserved on which instance, and the latest placement decisions with their reasons.
        """
        from ecslab.client.view import KINDS, Views

        if view not in KINDS:
            raise problem(f"There is no view '{view}'.", f"Choose one of: {', '.join(KINDS)}.")

        if self._views is None:
            self._views = Views(self._transport, reachable=self.runtime != "simulated")
        opened: LiveView = self._views.open(cluster, view)
        return opened

    def logs(self, task: Any, container: str | None = None) -> Logs:
        """The lines a task's containers wrote, oldest first."""
        return Logs(self._transport.get("logs", task=name_of(task), container=container)["lines"])

    def why(self, subject: Any) -> Why:
        """Why a task or service is as it is: placement, and what stopped it."""
        said = self._transport.get("why", subject=name_of(subject))
        return Why(subject=said["subject"], sentences=tuple(said["sentences"]), rows=tuple(said["rows"]))

    def story(self, after: int | None = None, subject: Any = "") -> Story:
        """Everything that happened, as sentences; ``after`` an entry's number, ``subject`` about one thing only."""
        about = name_of(subject) if subject else None
        return Story(self._transport.get("journal", after=after, subject=about)["entries"])

    # reaching containers

    def curl(self, task: Any, port: int | None = None, path: str = "/") -> Page:
        """GET ``path`` from a container of the task, whatever the runtime; ``port`` is the container's."""
        said = self._transport.post("curl", task=name_of(task), port=port, path=path)
        return Page(status=int(said["status"]), text=str(said["body"]), url=str(said["url"]))

    def url(self, task: Any, port: int | None = None) -> str:
        """The address at which this machine reaches the task. LabError where no port of it can be reached."""
        wanted, chosen = name_of(task).rsplit("/", 1)[-1], ("containerPort", "hostPort")
        for found in (t for c in self._transport.get("state")["clusters"] for t in c["tasks"]):
            if not found["id"].startswith(wanted):
                continue
            for endpoint in found["endpoints"]:
                if port is None or port in (endpoint[name] for name in chosen):
                    return str(endpoint["url"])
        raise problem(
            f"Task {wanted[:8]} has no port {port or ''} that can be reached.".replace("  ", " "),
            "Is it RUNNING, and has its definition portMappings?",
        )

    def exec(self, task: Any, command: str, container: str | None = None) -> Output:
        """Run a command in a container through ECS Exec and wait for its output, which has an ``exit_code``.

        What ExecuteCommand needs is needed here: a task started with enableExecuteCommand, and a task role that may.
        """
        return execute(self._transport, name_of(task), command, container)

    def chart(self, service: Any, *, minutes: float | None = None, cluster: str | None = None) -> Chart:
        """A service's metrics against their targets, its alarms, counts, cooldowns and scaling activities.

        Over the last ``minutes`` of lab time, an hour where nothing is said. It shows how it was at this moment.
        """
        return chart(self._transport, name_of(service), cluster, minutes)

    def rollout(self, service: Any, *, cluster: str | None = None) -> Rollout:
        """The timeline of a service's newest deployment: tasks of old and new against the bounds, stages, traffic.

        It shows how it was at this moment.
        """
        return rollout(self._transport, name_of(service), cluster)

    def lint(self, definition: Mapping[str, Any] | None = None, **more: Any) -> Lint:
        """Everything that is wrong with a task definition, at once: what AWS refuses, and what it takes unasked.

        Takes what register_task_definition takes, as a mapping or as keywords, and registers nothing.
        """
        return lint(self._transport, {**(definition or {}), **more})

    def pretended(self) -> Pretences:
        """What was asked for in this lab so far and has not the effect here that it has on AWS, with the reasons."""
        return pretended(self._transport)

    # users who are not there

    def load(
        self,
        service: Any,
        rps: float | None = None,
        *,
        pattern: Pattern | None = None,
        cost: float = 0.05,
        minutes: float | None = None,
        cluster: str | None = None,
    ) -> Load:
        """Put requests on a service: ``rps`` a second, or a ``pattern`` of (minute, rps), shared by its RUNNING tasks.

        Each costs ``cost`` vCPU-seconds. It goes on for ``minutes`` of lab time, or until its ``stop()``.
        """
        wish = {"rps": rps, "pattern": pattern, "cost": cost, "minutes": minutes}
        return start_load(self._transport, name_of(service), cluster, wish)

    def loads(self) -> Loads:
        """Every load that was put on a service, with what became of its requests."""
        return every_load(self._transport)

    # acting from outside

    def add_instances(self, count: int = 2, cluster: str = "default", instance_type: str = "m5.large") -> list[str]:
        """Start EC2 instances that join a cluster; their ids."""
        said = self._transport.post("instances", cluster=cluster, count=count, instance_type=instance_type)
        return [str(instance) for instance in said["instances"]]

    def stop_agent(self, instance: Any) -> None:
        """Kill the ECS agent of an instance; its containers go on."""
        self._transport.post("agents", instance=name_of(instance), action="stop")

    def start_agent(self, instance: Any) -> None:
        """Start the ECS agent of an instance again; it finds its containers."""
        self._transport.post("agents", instance=name_of(instance), action="start")

    def kill(self, task: Any, container: str | None = None) -> list[str]:
        """Kill a task's containers (or one) from outside, as a crash would; the names of those killed."""
        said = self._transport.post("faults", task=name_of(task), container=container, action="kill")
        return [str(name) for name in said["killed"]]

    def interrupt(self, subject: Any) -> None:
        """Take a task on FARGATE_SPOT back, or a Spot instance (EC2 id): two minutes' notice, as on AWS."""
        self._transport.post("interruptions", subject=name_of(subject))

    def fargate_spot(self, *, available: bool | None = None) -> bool:
        """Whether Fargate Spot has capacity now; ``available=False`` takes it away, True gives it back."""
        return bool(self._transport.post("spot", available=available)["available"])

    def hook(self, function: str, answer: str) -> None:
        """What the Lambda function (ARN) of a lifecycle hook answers from now on: SUCCEEDED, FAILED or IN_PROGRESS.

        The lab runs no Lambda functions; a hook of which it was told nothing answers SUCCEEDED after five seconds.
        """
        self._transport.post("hooks", function=function, answer=answer)

    # exercises

    def check(self, question: str, answer: Any = None) -> Report:
        """Look whether an exercise is done: what was found, and what to try."""
        given = {"student": learner()} | ({} if answer is None else {"answer": answer})
        return Report.read(self._transport.post("check", question=question, **given))

    def score(self, question: str) -> Score:
        """The points of an exercise, a float that nbgrader reads."""
        return Score(self.check(question))

    def answer(self, question: str, value: Any) -> None:
        """Hand in an answer (a prediction); it is checked by ``check`` and ``score``."""
        self._transport.post("answers", question=question, answer=value)

    def variant(self, question: str) -> dict[str, Any]:
        """What is yours alone in an exercise (numbers, names): by ``$ECSLAB_STUDENT``, or who you are here."""
        return dict(self._transport.get("variant", question=question, student=learner())["variant"])

    def hint(self, question: str, step: int | None = None) -> Hint:
        """The next hint, or the one numbered ``step`` (from 0); the last one stays."""
        wanted = self._next_hint.get(question, 0) if step is None else step
        said = self._transport.post("hint", question=question, step=wanted)
        if step is None:
            self._next_hint[question] = min(wanted + 1, max(int(said["steps"]) - 1, 0))
        return Hint(question=question, text=said["text"], step=int(said["step"]), steps=int(said["steps"]))

    def solution(self, question: str) -> Solution:
        """One way of many to solve an exercise."""
        return Solution(question=question, text=str(self._transport.post("solution", question=question)["text"]))

    # the lab itself

    def reset(self) -> None:
        """Empty the account: everything in it goes, and the lab begins anew."""
        self._transport.post("reset")
        self._next_hint.clear()

    def stop(self) -> None:
        """Stop the lab: the server ends, with every container of it."""
        from ecslab.client.starting import end

        end(self._home)
