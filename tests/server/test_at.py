"""Claims about /_ecslab/at: every address the API shows can be curled, and no other."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from ecslab.model.status import TaskStatus
from ecslab.timeline import real_sleep
from tests.server.conftest import Served

RUNTIMES = ["simulated", "process", pytest.param("docker", marks=pytest.mark.docker)]


def curl(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status), str(answer.read().decode())
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


@pytest.fixture(params=RUNTIMES)
def lab(request: pytest.FixtureRequest, serve: Callable[..., Served]) -> Served:
    simulated = request.param == "simulated"
    return serve(runtime=request.param, time="virtual" if simulated else "real")


def test_the_addresses_of_every_mode_can_be_curled(lab: Served) -> None:
    subnets = [s["SubnetId"] for s in lab.client("ec2").describe_subnets()["Subnets"]]
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    lab.register(family="vpc", networkMode="awsvpc")
    lab.register(family="bridge")
    lab.register(family="host", networkMode="host", container={"command": ["serve", "--port", "8081"]} | PORT)
    arns = {
        "vpc": lab.ecs.run_task(taskDefinition="vpc", networkConfiguration=network)["tasks"][0]["taskArn"],
        "bridge": lab.ecs.run_task(taskDefinition="bridge")["tasks"][0]["taskArn"],
        "host": lab.ecs.run_task(taskDefinition="host")["tasks"][0]["taskArn"],
    }
    lab.until(lambda: all(lab.task(arn).last_status is TaskStatus.RUNNING for arn in arns.values()))
    instances = lab.lab.backend.store.instance
    bound = lab.task(arns["bridge"]).containers[0].network_bindings[0].host_port
    shown = {
        "vpc": f"{lab.task(arns['vpc']).eni.private_ip}:80",
        "bridge": f"{instances(lab.task(arns['bridge']).container_instance_arn).private_ip}:{bound}",
        "host": f"{instances(lab.task(arns['host']).container_instance_arn).private_ip}:8081",
    }
    for mode, address in shown.items():
        status, body = curl(f"{lab.endpoint}/_ecslab/at/{address}/?x=1")
        assert status == 200, (mode, body)
        assert arns[mode].rsplit("/", 1)[-1] in body
        found = lab.api.handle("GET", "state", {})["clusters"][0]["tasks"]
        url = next(t["endpoints"][0]["url"] for t in found if t["arn"] == arns[mode])
        assert curl(url + "/health") == (200, "healthy\n")


PORT = {"portMappings": [{"containerPort": 8081}]}


def test_no_other_address_is_asked(serve: Callable[..., Served]) -> None:
    lab = serve()
    agent = lab.agent.removeprefix("http://")
    for place in (agent, "169.254.169.254:80", "127.0.0.1:22", "example.com:80", "nonsense:port"):
        status, body = curl(f"{lab.endpoint}/_ecslab/at/{place}/")
        assert status == 404
        assert json.loads(body)["error"] == "LabError"


def test_a_port_on_which_nobody_listens_is_a_bad_gateway(serve: Callable[..., Served]) -> None:
    lab = serve()
    arn = lab.register(networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512")
    subnets = [s["SubnetId"] for s in lab.client("ec2").describe_subnets()["Subnets"]]
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    task = lab.ecs.run_task(taskDefinition=arn, launchType="FARGATE", networkConfiguration=network)["tasks"][0]
    lab.until(lambda: lab.task(task["taskArn"]).last_status is TaskStatus.RUNNING)
    address = lab.task(task["taskArn"]).eni.private_ip
    assert curl(f"{lab.endpoint}/_ecslab/at/{address}:81/") == (502, f"{address}:81: Connection refused\n")


def test_containers_reach_each_other_by_the_addresses_of_the_api(lab: Served) -> None:
    subnets = [s["SubnetId"] for s in lab.client("ec2").describe_subnets()["Subnets"]]
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    fargate = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
    lab.register(**fargate)
    run = {"taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network}
    one, other = (task["taskArn"] for task in lab.ecs.run_task(**run, count=2)["tasks"])
    lab.until(lambda: all(lab.task(arn).last_status is TaskStatus.RUNNING for arn in (one, other)))
    address = lab.task(other).eni.private_ip

    def asked(url: str) -> tuple[int, str]:
        answer = lab.api.handle("POST", "curl", {"task": one, "path": f"/fetch?url={url}"})
        return answer["status"], answer["body"]

    for _ in range(20):  # on docker a request goes straight to the other, which may not listen yet
        if asked(f"http://{address}/")[0] == 200:
            break
        real_sleep(0.2)
    assert other.rsplit("/", 1)[-1] in asked(f"http://{address}/")[1]
    assert asked(f"http://{address}:81/")[0] == 502
