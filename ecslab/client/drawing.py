"""The network of a lab, drawn: instances, tasks, whose network namespace it is, addresses, ports.

Pure functions from the JSON of ``/_ecslab/state`` to a page, and to an indented text with the same facts. Invariants:
a box with a broken line is one network namespace, and what stands in it shares ``localhost``; addresses are those
that AWS's API shows, not those of this machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecslab.client.cards import pill
from ecslab.client.html import Html, join, page, tag
from ecslab.client.render import TONES

Json = Mapping[str, Any]
MOST_TASKS = 12
"""Tasks of a cluster that are drawn one by one; beyond that one row stands for all of a service or family."""
SHARES = {
    "awsvpc": "one network namespace for the task: its containers share localhost",
    "bridge": "behind the instance's bridge: each container has a localhost of its own",
    "host": "in the instance's own namespace: localhost is the instance, and a port is there once",
    "none": "sealed: nothing gets in, nothing gets out",
}


def draw(state: Json, *, cluster: str | None = None, note: str = "", live: bool = True) -> Html:
    """The whole drawing; ``note`` is a line that stands above all."""
    chosen = _chosen(state, cluster)
    shown = [_cluster(c) for c in chosen] or [tag("div", "There is no such cluster.", class_="soft")]
    warning = tag("div", note, class_="note warn", role="status") if note else ""
    good = live and not note
    head = tag(
        "div",
        tag("span", "Network", class_="title"),
        pill("live" if good else "as it was", "good" if good else "idle"),
        tag("span", "a broken line is a network namespace: inside it, localhost is shared", class_="soft small"),
        class_="e-row",
    )
    return page(head, warning, *shown, class_="ecslab-network")


def sketch(state: Json, cluster: str | None = None) -> str:
    """The same as text."""
    lines = [line for c in _chosen(state, cluster) for line in _lines(c)]
    return "\n".join(lines) or "There is no such cluster."


def _chosen(state: Json, cluster: str | None) -> list[Json]:
    return [c for c in state["clusters"] if cluster in (None, c["name"], c["arn"])]


def _alive(cluster: Json) -> list[Json]:
    return [t for t in cluster["tasks"] if t["lastStatus"] != "STOPPED"]


def _places(cluster: Json) -> Iterable[tuple[Json | None, list[Json]]]:
    """Each instance with its tasks, and at the end the tasks that are on none (Fargate)."""
    tasks = _alive(cluster)
    for instance in cluster["instances"]:
        yield instance, [t for t in tasks if t["instance"] == instance["ec2InstanceId"]]
    rest = [t for t in tasks if t["instance"] is None]
    if rest:
        yield None, rest


def _ports(task: Json, container: Json) -> list[str]:
    """The ports of a container as its mode shows them: mapped ones with the instance's port in front."""
    if task["networkMode"] == "bridge":
        return [f"{b['hostPort']} → {b['containerPort']}" for b in container["bindings"]]
    return [f":{port}" for port in container["ports"]]


# HTML


def _cluster(cluster: Json) -> Html:
    grouped = len(_alive(cluster)) > MOST_TASKS
    parts = [_place(instance, tasks, grouped) for instance, tasks in _places(cluster)]
    head = tag("div", tag("span", "Cluster ", cluster["name"], class_="title"), class_="e-row")
    if not parts:
        parts = [tag("div", "No instances and no tasks.", class_="soft")]
    return tag("section", head, tag("div", *parts, class_="net"), aria_label=f"network of cluster {cluster['name']}")


def _place(instance: Json | None, tasks: Sequence[Json], grouped: bool) -> Html:
    if instance is None:
        head = [tag("span", "Fargate", class_="title"), tag("span", "no instance that is yours", class_="soft small")]
    else:
        facts = " · ".join(filter(None, (instance["instanceType"], instance["availabilityZone"])))
        head = [
            tag("span", instance["ec2InstanceId"], class_="title clip"),
            tag("code", instance["address"] or "no address"),
            tag("span", facts, class_="soft small push"),
        ]
    inside = _rows(tasks) if grouped else [_task(task) for task in tasks]
    empty = tag("div", "no tasks", class_="soft small")
    return tag("div", tag("div", *head, class_="e-row"), *(inside or [empty]), class_="card place")


def _task(task: Json) -> Html:
    mode = task["networkMode"]
    head = tag(
        "div",
        tag("code", task["id"][:8]),
        tag("span", task["definition"], class_="soft clip"),
        tag("span", mode, class_="mode push"),
        class_="e-row",
    )
    body = {"awsvpc": _awsvpc, "bridge": _bridge, "host": _host}.get(mode, _none)(task)
    tone = TONES.get(task["lastStatus"], "idle")
    return tag("div", head, *body, tag("div", SHARES[mode], class_="soft small"), class_=f"task {tone}")


def _awsvpc(task: Json) -> list[Html]:
    eni = task["eni"]
    if eni is None:
        return [_namespace("", "waiting for its network interface", _containers(task))]
    public = f" · public {eni['publicIp']}" if eni["publicIp"] else ""
    return [_namespace(eni["privateIp"] + public, f"{eni['id']} · {eni['zone']}", _containers(task))]


def _bridge(task: Json) -> list[Html]:
    boxes = []
    for container in task["containers"]:
        mapped = ", ".join(_ports(task, container))
        links = ", ".join(f"knows {name}" for name in container["links"])
        head = f"instance port {mapped}" if mapped else "no port of the instance"
        boxes.append(_namespace(head, links, [tag("span", container["name"], class_="box")]))
    return [tag("div", *boxes, class_="side")]


def _host(task: Json) -> list[Html]:
    return [tag("div", *_containers(task), class_="e-row open")]


def _none(task: Json) -> list[Html]:
    return [tag("div", *_containers(task), class_="e-row sealed")]


def _containers(task: Json) -> list[Html]:
    return [
        tag("span", c["name"], tag("code", " ", " ".join(_ports(task, c))) if _ports(task, c) else "", class_="box")
        for c in task["containers"]
    ]


def _namespace(head: str, more: str, boxes: Sequence[Html]) -> Html:
    top = tag("div", tag("code", head), tag("span", more, class_="soft small"), class_="e-row")
    return tag("div", top, tag("div", *boxes, class_="e-row"), class_="namespace")


def _rows(tasks: Sequence[Json]) -> list[Html]:
    rows = [
        tag("tr", tag("th", name, scope="row"), tag("td", mode), tag("td", _count(group)), tag("td", where))
        for (name, mode), group in _groups(tasks).items()
        for where in [_where(group)]
    ]
    return [tag("table", tag("tbody", *rows))] if rows else []


def _groups(tasks: Sequence[Json]) -> dict[tuple[str, str], list[Json]]:
    found: dict[tuple[str, str], list[Json]] = {}
    for task in tasks:
        found.setdefault((task["group"], task["networkMode"]), []).append(task)
    return found


def _count(tasks: Sequence[Json]) -> str:
    return f"{len(tasks)} task{'' if len(tasks) == 1 else 's'}"


def _where(tasks: Sequence[Json]) -> Html:
    """Addresses of awsvpc tasks, ports of the others."""
    places = [t["eni"]["privateIp"] for t in tasks if t["eni"]]
    places += [port for t in tasks if not t["eni"] for c in t["containers"] for port in _ports(t, c)]
    return join([tag("code", ", ".join(places[:6])), " …" if len(places) > 6 else ""])


# text


def _lines(cluster: Json) -> Iterable[str]:
    yield f"cluster {cluster['name']}"
    grouped = len(_alive(cluster)) > MOST_TASKS
    for instance, tasks in _places(cluster):
        if instance is None:
            yield "  Fargate"
        else:
            facts = ", ".join(filter(None, (instance["instanceType"], instance["availabilityZone"])))
            yield f"  instance {instance['ec2InstanceId']} at {instance['address'] or '-'} ({facts})"
        if grouped:
            for (name, mode), group in _groups(tasks).items():
                yield f"    {name}: {_count(group)}, {mode}"
        else:
            for task in tasks:
                yield from _task_lines(task)


def _task_lines(task: Json) -> Iterable[str]:
    mode, eni = task["networkMode"], task["eni"]
    where = f" · {eni['id']} {eni['privateIp']} {eni['zone']}" if eni else ""
    yield f"    task {task['id'][:8]} {task['definition']} {task['lastStatus']} · {mode}{where}"
    boxes = []
    for container in task["containers"]:
        ports = ", ".join(_ports(task, container))
        links = f" (knows {', '.join(container['links'])})" if container["links"] else ""
        boxes.append(f"{container['name']}{' ' + ports if ports else ''}{links}")
    if mode == "bridge":
        yield from (f"      [{box}]" for box in boxes)
    else:
        yield f"      [{' + '.join(boxes)}]"
    yield f"      {SHARES[mode]}"
