"""The same story on runtimes where something really runs: processes always, containers where there is an engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from ecslab.model.labels import LABEL_LAB
from ecslab.model.status import TaskStatus
from ecslab.timeline import real_monotonic, real_sleep
from tests.server.conftest import CREDENTIALS, Served

RUNTIMES = ["process", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.fixture(params=RUNTIMES)
def real(request: pytest.FixtureRequest, serve: Callable[..., Served]) -> Served:
    return serve(runtime=request.param, time="real")


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def test_a_real_service_serves_and_heals(real: Served) -> None:
    real.register(container={"portMappings": [{"containerPort": 80}], "stopTimeout": 5})
    real.ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=2)
    real.until(lambda: real.running("web") == 2)
    tasks = real.tasks("web")
    answers = [real.api.handle("POST", "curl", {"task": t.task_id}) for t in tasks]
    assert [a["status"] for a in answers] == [200, 200]
    assert "version 1" in get(answers[0]["url"])
    ports = {b.host_port for t in tasks for c in t.containers for b in c.network_bindings}
    assert all(32768 <= port <= 60999 for port in ports)
    real.api.handle("POST", "faults", {"task": tasks[0].task_id})
    real.until(lambda: real.task(tasks[0].task_arn).last_status is TaskStatus.STOPPED)
    real.until(lambda: real.running("web") == 2)
    assert real.task(tasks[0].task_arn).containers[0].exit_code == 137


def test_health_checks_of_a_target_group_are_real_requests(real: Served) -> None:
    """The right page makes the target healthy; a page that is not there makes it unhealthy, with the code that came."""
    elb, vpc = real.client("elbv2"), real.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [s["SubnetId"] for s in real.client("ec2").describe_subnets()["Subnets"]][:2]
    front = elb.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    real.register()
    expected = {"/": ("healthy", None), "/missing": ("unhealthy", "Health checks failed with these codes: [404]")}
    groups = {}
    for port, path in enumerate(expected, start=80):
        checks = {"HealthCheckPath": path, "HealthCheckIntervalSeconds": 5, "UnhealthyThresholdCount": 2}
        made = elb.create_target_group(Name=f"g{port}", VpcId=vpc, Protocol="HTTP", Port=80, **checks)
        groups[path] = made["TargetGroups"][0]["TargetGroupArn"]
        forward = {"Type": "forward", "TargetGroupArn": groups[path]}
        elb.create_listener(LoadBalancerArn=front, Protocol="HTTP", Port=port, DefaultActions=[forward])
    balancers = [{"targetGroupArn": arn, "containerName": "web", "containerPort": 80} for arn in groups.values()]
    real.ecs.create_service(
        serviceName="web",
        taskDefinition="web",
        desiredCount=1,
        loadBalancers=balancers,
        healthCheckGracePeriodSeconds=600,
    )

    def found(path: str) -> tuple[str, str | None]:
        health = elb.describe_target_health(TargetGroupArn=groups[path])["TargetHealthDescriptions"]
        return (
            (health[0]["TargetHealth"]["State"], health[0]["TargetHealth"].get("Description")) if health else ("", "")
        )

    ends = real_monotonic() + 60
    while {path: found(path) for path in expected} != expected and real_monotonic() < ends:
        real_sleep(0.5)
    assert {path: found(path) for path in expected} == expected


def test_containers_of_an_awsvpc_task_share_localhost_and_have_its_address(real: Served) -> None:
    subnet = real.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    network = {"awsvpcConfiguration": {"subnets": [subnet]}}
    containers = [
        {"name": "web", "image": "ecslab/web:1", "portMappings": [{"containerPort": 8080}], "command": SERVE},
        {
            "name": "side",
            "image": "ecslab/tool:1",
            "essential": False,
            "command": ["fetch", "http://localhost:8080/", "--retries", "20"],
            "dependsOn": [{"containerName": "web", "condition": "START"}],
        },
    ]
    real.ecs.register_task_definition(
        family="pair",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=containers,
    )
    arn = real.ecs.run_task(taskDefinition="pair", launchType="FARGATE", networkConfiguration=network)["tasks"][0][
        "taskArn"
    ]
    real.until(lambda: real.task(arn).container("side").exit_code is not None)
    assert real.task(arn).container("side").exit_code == 0
    assert "version 1" in real.api.handle("POST", "curl", {"task": arn, "port": 8080})["body"]


SERVE = ["serve", "--port", "8080"]


def test_memory_beyond_the_limit_is_killed_for_real(real: Served) -> None:
    real.register(command=["hog", "200"])
    arn = real.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    real.until(lambda: real.task(arn).last_status is TaskStatus.STOPPED)
    container = real.task(arn).containers[0]
    assert (container.exit_code, str(container.reason).split(":")[0]) == (137, "OutOfMemoryError")


def test_a_stubborn_container_is_killed_after_its_stop_timeout(real: Served) -> None:
    real.register(command=["stubborn"], container={"stopTimeout": 2})
    arn = real.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    real.until(lambda: real.task(arn).last_status is TaskStatus.RUNNING)
    real.until(lambda: bool(real.api.handle("GET", "logs", {"task": arn})["lines"]))
    real.ecs.stop_task(task=arn)
    real.until(lambda: real.task(arn).last_status is TaskStatus.STOPPED)
    stopped = real.task(arn)
    assert stopped.containers[0].exit_code == 137
    assert stopped.stopped_at - stopped.stopping_at >= 2


def test_a_killed_agent_finds_its_containers_again(real: Served) -> None:
    real.register()
    arn = real.ecs.run_task(taskDefinition="web")["tasks"][0]["taskArn"]
    real.until(lambda: real.task(arn).last_status is TaskStatus.RUNNING)
    instance = real.task(arn).container_instance_arn
    real.api.handle("POST", "agents", {"instance": instance, "action": "stop"})
    assert real.api.handle("POST", "curl", {"task": arn})["status"] == 200
    real.api.handle("POST", "agents", {"instance": instance, "action": "start"})
    real.ecs.stop_task(task=arn)
    real.until(lambda: real.task(arn).last_status is TaskStatus.STOPPED)


@pytest.fixture(params=RUNTIMES)
def crashed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A lab server that ran two tasks and was then killed outright."""
    server = start(request.param, tmp_path)
    info = json.loads((tmp_path / "server.json").read_text())
    ecs = boto3.client("ecs", endpoint_url=info["endpoint"], **CREDENTIALS)
    ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": "ecslab/web:1", "memory": 64}]
    )
    tasks = [t["taskArn"] for t in ecs.run_task(taskDefinition="web", count=2)["tasks"]]
    ecs.get_waiter("tasks_running").wait(tasks=tasks, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    os.kill(server.pid, signal.SIGKILL)
    server.wait(10)
    yield request.param, tmp_path
    if (tmp_path / "server.json").exists():
        subprocess.run(["ecslab", "stop", "--home", str(tmp_path)], check=False, timeout=60)


def start(runtime: str, home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ecslab", "serve", "--port", "0", "--runtime", runtime, "--home", str(home)]
    (home / "server.json").unlink(missing_ok=True)
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    until = real_monotonic() + 60
    while not (home / "server.json").exists():
        assert real_monotonic() < until, "the server did not start"
        assert server.poll() is None, "the server ended"
        real_sleep(0.1)
    return server


def leftovers(runtime: str, lab: str) -> list[Any]:
    if runtime == "docker":
        import docker

        wanted = {"label": f"{LABEL_LAB}={lab}"}
        client = docker.from_env()
        return [
            *client.containers.list(all=True, filters=wanted, ignore_removed=True),
            *client.networks.list(filters=wanted),
        ]
    return [p for p in psutil.process_iter(["cmdline"]) if f"containers/{lab}" in " ".join(p.info["cmdline"] or ())]


def test_the_next_server_sweeps_what_a_crashed_one_left(crashed: tuple[str, Path]) -> None:
    runtime, home = crashed
    lab = json.loads((home / "server.json").read_text())["lab"]
    if runtime == "docker":
        assert leftovers(runtime, lab), "the crash left nothing, so this proves nothing"
    server = start(runtime, home)
    assert leftovers(runtime, lab) == []
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait(60) == 0
    assert not (home / "server.json").exists()
