"""Placement, drawn: the instances of a cluster zone by zone, what is reserved on them, and the latest decisions with
the reasons they had.

Pure functions from the JSON of ``/_ecslab/state`` to a page, and to an indented text with the same facts. Invariant:
what counts is what is *reserved*, as placement counts it, not what is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecslab.client.cards import pill
from ecslab.client.html import Html, page, tag
from ecslab.client.render import gauge

Json = Mapping[str, Any]
MOST_MARKS = 40
"""Tasks of a group on one instance that get a mark each."""


def draw(state: Json, *, cluster: str | None = None, note: str = "", live: bool = True) -> Html:
    """The whole drawing; ``note`` is a line that stands above all."""
    chosen = [c for c in state["clusters"] if cluster in (None, c["name"], c["arn"])]
    shown = [_cluster(c) for c in chosen] or [tag("div", "There is no such cluster.", class_="soft")]
    warning = tag("div", note, class_="note warn", role="status") if note else ""
    good = live and not note
    head = tag(
        "div",
        tag("span", "Placement", class_="title"),
        pill("live" if good else "as it was", "good" if good else "idle"),
        tag("span", "bars show what is reserved, which is what placement counts", class_="soft small"),
        class_="e-row",
    )
    return page(head, warning, *shown, class_="ecslab-placement")


def sketch(state: Json, cluster: str | None = None) -> str:
    """The same as text."""
    chosen = [c for c in state["clusters"] if cluster in (None, c["name"], c["arn"])]
    return "\n".join(line for c in chosen for line in _lines(c)) or "There is no such cluster."


def _zones(cluster: Json) -> list[tuple[str, list[Json]]]:
    zones: dict[str, list[Json]] = {}
    for instance in sorted(cluster["instances"], key=lambda i: (i["availabilityZone"], i["ec2InstanceId"])):
        zones.setdefault(instance["availabilityZone"] or "no zone", []).append(instance)
    return list(zones.items())


def _some(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _groups(cluster: Json, instance: str | None) -> Counter[str]:
    tasks = (t for t in cluster["tasks"] if t["lastStatus"] != "STOPPED" and t["instance"] == instance)
    return Counter(t["group"] for t in tasks)


def _elsewhere(cluster: Json) -> str:
    """What is on no instance: on Fargate, or waiting for capacity."""
    alive = [t for t in cluster["tasks"] if t["lastStatus"] != "STOPPED" and t["instance"] is None]
    fargate = Counter(t.get("capacityProvider") or "FARGATE" for t in alive if t["launchType"] == "FARGATE")
    told = [f"{number} on {name}" for name, number in sorted(fargate.items())]
    waiting = sum(t["launchType"] != "FARGATE" for t in alive)
    return ", ".join([*told, *([f"{waiting} waiting for capacity"] if waiting else [])])


# HTML


def _cluster(cluster: Json) -> Html:
    parts = [_zone(cluster, zone, instances) for zone, instances in _zones(cluster)]
    elsewhere = _elsewhere(cluster)
    head = tag("div", tag("span", "Cluster ", cluster["name"], class_="title"), class_="e-row")
    if not parts:
        parts = [tag("div", "No instances.", class_="soft")]
    rest = tag("div", "On no instance: ", elsewhere, class_="soft") if elsewhere else ""
    decided = [_decision(decision) for decision in cluster.get("decisions", ())]
    label = tag("div", "Latest decisions", class_="label") if decided else ""
    body = tag("div", *parts, class_="net")
    return tag("section", head, body, rest, label, *decided, aria_label=f"placement in cluster {cluster['name']}")


def _zone(cluster: Json, zone: str, instances: Sequence[Json]) -> Html:
    tasks = sum(sum(_groups(cluster, i["ec2InstanceId"]).values()) for i in instances)
    head = tag(
        "div",
        tag("span", zone, class_="title"),
        tag("span", f"{_some(tasks, 'task')} on {_some(len(instances), 'instance')}", class_="soft small push"),
        class_="e-row",
    )
    return tag("div", head, *(_instance(cluster, i) for i in instances), class_="card place")


def _instance(cluster: Json, instance: Json) -> Html:
    status = instance["status"] if instance["agentConnected"] else "agent disconnected"
    provider = instance.get("capacityProvider")
    head = tag(
        "div",
        tag("code", instance["ec2InstanceId"]),
        tag("span", instance["instanceType"], f" · {provider}" if provider else "", class_="soft small"),
        "" if status == "ACTIVE" else pill(status, "warn" if status == "DRAINING" else "bad"),
        class_="e-row",
    )
    groups = _groups(cluster, instance["ec2InstanceId"])
    marks = [
        tag("div", tag("code", "■" * min(number, MOST_MARKS)), f" {number} {group}", class_="small")
        for group, number in sorted(groups.items())
    ]
    empty = [tag("div", "no tasks", class_="soft small")]
    bars = [gauge("CPU", instance["cpu"], "units"), gauge("Memory", instance["memory"], "MiB")]
    tone = "idle" if not groups else "good"
    return tag("div", head, *bars, *(marks or empty), class_=f"task {tone}")


def _decision(decision: Json) -> Html:
    rows = [
        tag("tr", tag("th", row["instance"], scope="row"), tag("td", row["verdict"]), tag("td", row["reason"]))
        for row in decision["rows"]
    ]
    return tag("details", tag("summary", decision["text"]), tag("table", tag("tbody", *rows)))


# text


def _lines(cluster: Json) -> Iterable[str]:
    yield f"cluster {cluster['name']}"
    for zone, instances in _zones(cluster):
        yield f"  {zone}"
        for instance in instances:
            groups = _groups(cluster, instance["ec2InstanceId"])
            told = ", ".join(f"{number} {group}" for group, number in sorted(groups.items())) or "no tasks"
            cpu, memory = instance["cpu"], instance["memory"]
            status = "" if instance["status"] == "ACTIVE" else f", {instance['status']}"
            yield f"    {instance['ec2InstanceId']} ({instance['instanceType']}{status}): {told}"
            yield f"      {cpu['remaining']} CPU units and {memory['remaining']} MiB left"
    elsewhere = _elsewhere(cluster)
    if elsewhere:
        yield f"  on no instance: {elsewhere}"
    for decision in cluster.get("decisions", ()):
        yield f"  {decision['text']}"
        yield from (f"    {row['instance']}: {row['verdict']} {row['reason']}".rstrip() for row in decision["rows"])
