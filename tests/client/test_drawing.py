"""Claims about the drawn network: every mode shows whose namespace it is, addresses and ports; text says the same."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab import Lab
from ecslab.client.drawing import MOST_TASKS, draw, sketch
from ecslab.errors import LabError


def container(name: str, *ports: int, links: tuple[str, ...] = (), host: int = 0) -> dict[str, Any]:
    bound = [{"hostPort": host, "containerPort": port} for port in ports] if host else []
    return {"name": name, "ports": list(ports), "links": list(links), "bindings": bound}


def task(mode: str, *containers: dict[str, Any], number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{number:032x}",
        "definition": "web:1",
        "group": "service:web",
        "lastStatus": "RUNNING",
        "instance": "i-1",
        "networkMode": mode,
        "eni": None,
        "containers": list(containers),
        **more,
    }


def state(*tasks: dict[str, Any]) -> dict[str, Any]:
    instance = {"ec2InstanceId": "i-1", "instanceType": "m5.large", "availabilityZone": "us-east-1a"}
    cluster = {
        "name": "default",
        "arn": "arn:default",
        "instances": [{**instance, "address": "172.31.0.4"}],
        "tasks": list(tasks),
    }
    return {"now": 0.0, "clusters": [cluster]}


ENI = {"id": "eni-7", "privateIp": "172.31.9.21", "publicIp": "", "zone": "us-east-1b", "subnet": "subnet-1"}
WEB, CACHE = container("web", 80), container("cache", 9000)
CASES = [
    (task("awsvpc", WEB, CACHE, eni=ENI), ["eni-7", "172.31.9.21", "us-east-1b", ":80", "share localhost"]),
    (
        task("bridge", container("web", 80, links=("cache",), host=32768), CACHE),
        ["32768 → 80", "knows cache", "localhost of its own"],
    ),
    (task("host", container("web", 8081)), [":8081", "the instance's own namespace"]),
    (task("none", container("hermit")), ["hermit", "nothing gets in"]),
    (task("awsvpc", WEB, eni=ENI, instance=None), ["Fargate"]),
]


@pytest.mark.parametrize(("shown", "says"), CASES, ids=["awsvpc", "bridge", "host", "none", "fargate"])
def test_each_mode_is_drawn_and_told(shown: dict[str, Any], says: list[str]) -> None:
    page, text = draw(state(shown)).replace("&#x27;", "'"), sketch(state(shown))
    for words in says:
        assert words in page
        assert words in text.replace("(knows cache)", "knows cache")
    assert "172.31.0.4" in page


def test_containers_that_share_localhost_stand_in_one_box_and_others_in_their_own() -> None:
    one = draw(state(task("awsvpc", WEB, CACHE, eni=ENI)))
    two = draw(state(task("bridge", WEB, CACHE)))
    assert (one.count('class="namespace"'), two.count('class="namespace"')) == (1, 2)
    assert "[web :80 + cache :9000]" in sketch(state(task("awsvpc", WEB, CACHE, eni=ENI)))


def test_many_tasks_become_one_row_for_each_group() -> None:
    many = [task("bridge", container("web", 80, host=40000 + n), number=n) for n in range(MOST_TASKS + 1)]
    page = draw(state(*many))
    assert "namespace" not in page.split("</style>")[1].split("a broken line")[1].split("</div>", 1)[1]
    assert f"{MOST_TASKS + 1} tasks" in page
    assert f"service:web: {MOST_TASKS + 1} tasks, bridge" in sketch(state(*many))


def test_names_are_escaped_and_stopped_tasks_are_not_drawn() -> None:
    page = draw(state(task("host", container("<b>"))))
    assert "&lt;b&gt;" in page
    assert "task" not in sketch(state(task("host", WEB, lastStatus="STOPPED"))).split("\n", 2)[-1]


def test_a_real_lab_can_be_drawn(web: Lab) -> None:
    view = web.show(view="network")
    assert "own localhost" in repr(view) or "localhost of its own" in repr(view)
    assert "ecslab-network" in view.html()
    with pytest.raises(LabError, match="There is no view 'map'"):
        web.show(view="map")
