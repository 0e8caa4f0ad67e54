"""Interim client until the real one lands (deleted then)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import ecslab.errors as errors
from ecslab.timeline import real_monotonic, real_sleep


def connect() -> Lab:
    home = Path(os.environ.get("ECSLAB_HOME") or Path.home() / ".ecslab")
    private = bool(os.environ.get("NBGRADER_EXECUTION") or os.environ.get("ECSLAB_PRIVATE"))
    if private:
        home = Path(tempfile.mkdtemp(prefix="ecslab-private-"))
    file = home / "server.json"
    if not file.exists():
        args = ["simulated", "virtual"] if private else ["auto", "real"]
        code = (
            "import sys;from pathlib import Path;from ecslab.server import ServerOptions, serve;"
            "serve(ServerOptions(port=0,runtime=sys.argv[1],time=sys.argv[2],home=Path(sys.argv[3]),owner_pid=int(sys.argv[4])),lambda i:None)"
        )
        home.mkdir(parents=True, exist_ok=True)
        with (home / "server.log").open("wb") as log:
            subprocess.Popen(
                [sys.executable, "-c", code, *args, str(home), str(os.getpid())],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = real_monotonic() + 20
        while not file.exists() and real_monotonic() < until:
            real_sleep(0.05)
    return Lab(json.loads(file.read_text())["endpoint"])


class Score(float):
    pass


class Text(str):
    def __repr__(self) -> str:
        return str(self)


class Curl:
    def __init__(self, answer: Any) -> None:
        self.status, self.text = answer["status"], answer["body"]


class Lab:
    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._steps: dict[str, int] = {}
        self.time = Time(self)
        self._clients: dict[str, Any] = {}
        status = self._get("status")
        self.runtime, self._time = status["runtime"], status["time"]
        if self._time == "virtual":
            import types

            import botocore.waiter

            botocore.waiter.time = types.SimpleNamespace(sleep=lambda s: self._post("time", advance=s))

    def client(self, service: str) -> Any:
        import boto3

        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.endpoint}/_ecslab/{path}", data=data, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            problem = json.loads(refused.read())
            raise errors.LabError(f"{problem['error']}: {problem['message']}", problem.get("hint", "")) from None

    def _get(self, path: str) -> Any:
        return self._call("GET", path)

    def _post(self, route: str, /, **body: Any) -> Any:
        return self._call("POST", route, body)

    def show(self, cluster: str | None = None) -> None:
        return None

    def logs(self, task: Any, container: str | None = None) -> Any:
        found = self._get(f"logs?task={_name(task)}" + (f"&container={container}" if container else ""))
        return [line["message"] for line in found["lines"]]

    def why(self, subject: Any) -> Any:
        return Text("\n".join(self._get(f"why?subject={_name(subject)}")["sentences"]))

    def story(self, after: int = 0, subject: str = "") -> Any:
        return Text("\n".join(e["text"] for e in self._get(f"journal?after={after}&subject={subject}")["entries"]))

    def check(self, question: str, answer: Any = None) -> Any:
        return self._post("check", question=question, answer=answer)

    def answer(self, question: str, value: Any) -> None:
        self._post("answers", question=question, answer=value)

    def score(self, question: str) -> Score:
        return Score(self.check(question)["score"])

    def hint(self, question: str, step: int | None = None) -> Any:
        self._steps[question] = self._steps.get(question, -1) + 1
        return Text(self._post("hint", question=question, step=self._steps[question])["text"])

    def solution(self, question: str) -> Any:
        return Text(self._post("solution", question=question)["text"])

    def curl(self, task: Any, port: int | None = None, path: str = "/") -> Curl:
        return Curl(self._post("curl", task=_name(task), port=port, path=path))

    def url(self, task: Any, port: int | None = None) -> str:
        return str(self._post("curl", task=_name(task), port=port)["url"])

    def add_instances(self, count: int = 1, cluster: str = "default", instance_type: str = "m5.large") -> Any:
        return self._post("instances", count=count, cluster=cluster, instance_type=instance_type)["instances"]

    def stop_agent(self, instance: str) -> None:
        self._post("agents", instance=instance, action="stop")

    def start_agent(self, instance: str) -> None:
        self._post("agents", instance=instance, action="start")

    def kill(self, task: Any, container: str | None = None) -> Any:
        return self._post("faults", task=_name(task), container=container)["killed"]

    def wait(self, waiter: str, **kwargs: Any) -> None:
        self.client("ecs").get_waiter(waiter).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 300}, **kwargs)

    def until(self, predicate: Any, timeout: float = 60) -> Any:
        end = real_monotonic() + timeout
        passed = 0.0
        while True:
            found = predicate()
            if found:
                return found
            if passed > timeout or real_monotonic() > end:
                raise errors.LabError(f"It did not happen within {timeout} seconds.", "lab.story() tells what did.")
            if self._time == "virtual":
                self._post("time", advance=1)
                passed += 1
            else:
                real_sleep(0.2)


def _name(thing: Any) -> str:
    if isinstance(thing, dict):
        return str(thing.get("taskArn") or thing.get("serviceArn"))
    return str(thing)


class Time:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def sleep(self, seconds: float) -> None:
        if self._lab._time == "virtual":
            self._lab._post("time", advance=seconds)
        else:
            real_sleep(seconds)
