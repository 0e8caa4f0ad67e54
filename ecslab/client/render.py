"""The live view as HTML: pure functions from the JSON of ``/_ecslab/state`` to a page, and to one line of text.

It fetches nothing and remembers nothing. Invariant: whatever a status, name or reason contains is escaped, and
every state is written as a word beside its colour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ecslab.client.cards import clock, pill
from ecslab.client.html import Html, join, link, page, tag
from ecslab.timeline import iso

Json = Mapping[str, Any]
TONES = {
    "RUNNING": "good",
    "PROVISIONING": "busy",
    "PENDING": "busy",
    "ACTIVATING": "busy",
    "DEACTIVATING": "warn",
    "STOPPING": "warn",
    "DEPROVISIONING": "warn",
    "STOPPED": "idle",
}
"""The tone of a task by its lastStatus."""
ROLLOUTS = {"COMPLETED": "good", "IN_PROGRESS": "busy", "FAILED": "bad"}
MOST_TASKS = 24
MOST_STOPPED = 5
MOST_EVENTS = 4


def render(
    state: Json, *, cluster: str | None = None, reachable: bool = True, note: str = "", live: bool = True
) -> Html:
    """The whole view; ``reachable`` False shows endpoints as text, ``note`` is a line that stands above all."""
    chosen = [c for c in state["clusters"] if cluster in (None, c["name"], c["arn"])]
    shown = [_cluster(c, reachable) for c in chosen]
    if not shown:
        shown = [tag("div", f"There is no cluster '{cluster}'." if cluster else "There is no cluster.", class_="soft")]
    warning = tag("div", note, class_="note warn", role="status") if note else ""
    return page(_head(state, live and not note), warning, *shown, class_="ecslab-view")


def summary(state: Json, cluster: str | None = None) -> str:
    """The view in one line for each cluster, for front ends that show text only."""
    lines = [_line(c) for c in state["clusters"] if cluster in (None, c["name"], c["arn"])]
    return "\n".join(lines) or "There is no cluster."


def _line(cluster: Json) -> str:
    services = [f"{s['name']} {s['running']}/{s['desired']} running" for s in cluster["services"]]
    tasks = sum(t["lastStatus"] == "RUNNING" for t in cluster["tasks"])
    said = ", ".join(services) or "no services"
    return f"cluster {cluster['name']}: {said}; {tasks} tasks RUNNING on {len(cluster['instances'])} instances"


def _head(state: Json, live: bool) -> Html:
    when = tag("span", "lab time ", tag("time", iso(state["now"])[:19].replace("T", " ")), class_="soft small push")
    return tag(
        "div",
        tag("span", "ECS", class_="title"),
        pill("live" if live else "as it was", "good" if live else "idle"),
        when,
        class_="e-row",
    )


def _cluster(cluster: Json, reachable: bool) -> Html:
    tasks = [t for t in cluster["tasks"] if t["lastStatus"] != "STOPPED"]
    names = {s["name"] for s in cluster["services"]}
    alone = [t for t in tasks if t["service"] not in names]
    parts: list[Html] = []
    if cluster["services"]:
        parts += [_label("Services"), *(_service(s, tasks, reachable) for s in cluster["services"])]
    if alone:
        parts += [_label("Tasks without a service"), _tasks(alone, reachable)]
    if not cluster["services"] and not tasks:
        parts += [tag("div", "No services and no tasks yet: RunTask or CreateService will show here.", class_="soft")]
    parts += _stopped([t for t in cluster["tasks"] if t["lastStatus"] == "STOPPED"])
    if cluster["instances"]:
        parts += [_label("Container instances"), tag("div", *map(_instance, cluster["instances"]), class_="fleet")]
    return tag("section", _cluster_head(cluster, tasks), *parts, aria_label=f"cluster {cluster['name']}")


def _cluster_head(cluster: Json, tasks: Sequence[Json]) -> Html:
    running = sum(t["lastStatus"] == "RUNNING" for t in tasks)
    counts = [
        _count(len(cluster["services"]), "service"),
        f"{_count(len(tasks), 'task')}, {running} running",
        _count(len(cluster["instances"]), "instance"),
    ]
    name = tag("span", "Cluster ", cluster["name"], class_="title")
    tone = "good" if cluster["status"] == "ACTIVE" else "warn"
    return tag(
        "div", name, pill(cluster["status"], tone), tag("span", " · ".join(counts), class_="soft"), class_="e-row"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _label(words: str) -> Html:
    return tag("div", words, class_="label")


# services


def _service(service: Json, tasks: Sequence[Json], reachable: bool) -> Html:
    own = [t for t in tasks if t["service"] == service["name"]]
    steady = service["running"] == service["desired"] and len(service["deployments"]) < 2
    tone = ("good" if steady else "busy") if service["status"] == "ACTIVE" else "warn"
    head = tag(
        "div",
        tag("span", service["name"], class_="title"),
        pill(service["status"], tone),
        tag("code", service["taskDefinition"]),
        tag("span", service["launchType"] or "", class_="soft small"),
        tag("span", _counts(service), class_="push"),
        class_="e-row",
    )
    deployments = [_deployment(d) for d in service["deployments"]] if _worth(service["deployments"]) else []
    return tag(
        "article",
        head,
        _count_bar(service),
        *deployments,
        _tasks(own, reachable) if own else "",
        _events(service["events"]),
        class_="card",
        aria_label=f"service {service['name']}",
    )


def _counts(service: Json) -> Html:
    pending = f", {service['pending']} pending" if service["pending"] else ""
    return join([tag("b", f"{service['running']} of {service['desired']}"), f" running{pending}"])


def _count_bar(service: Json) -> Html:
    running, pending = service["running"], service["pending"]
    missing = max(0, service["desired"] - running - pending)
    parts = [(running, "good"), (pending, "busy"), (missing, "idle")]
    bits = (tag("i", class_=tone, style=f"flex:{number}") for number, tone in parts if number)
    words = f"{running} running, {pending} pending, {service['desired']} desired"
    return tag("div", *bits, class_="bar", role="img", aria_label=words, title=words)


def _worth(deployments: Sequence[Json]) -> bool:
    """A single finished deployment says nothing that the service does not."""
    return len(deployments) > 1 or any(d["rolloutState"] != "COMPLETED" for d in deployments)


def _deployment(deployment: Json) -> Html:
    state = deployment["rolloutState"] or deployment["status"]
    failed = f", {deployment['failed']} failed" if deployment["failed"] else ""
    words = f"{deployment['running']} of {deployment['desired']} running, {deployment['pending']} pending{failed}"
    return tag(
        "div",
        tag("span", "deployment", class_="soft"),
        tag("b", deployment["status"]),
        tag("code", deployment["taskDefinition"]),
        pill(state, ROLLOUTS.get(state, "idle")),
        tag("span", words, class_="soft"),
        class_="e-row small",
    )


def _events(events: Sequence[Json]) -> Html:
    if not events:
        return Html("")
    lines = (tag("li", clock(e["at"]), tag("span", _short(e["message"]))) for e in events[:MOST_EVENTS])
    return tag("ol", *lines, class_="events", aria_label="service events, newest first")


def _short(message: str) -> str:
    """A service event with the ids of tasks as short as the view shows them elsewhere."""
    return re.sub(r"\b([0-9a-f]{8})[0-9a-f]{24}\b", r"\1", message)


# tasks


def _tasks(tasks: Sequence[Json], reachable: bool) -> Html:
    shown = [_task(t, reachable) for t in tasks[:MOST_TASKS]]
    more = len(tasks) - len(shown)
    if more:
        shown.append(tag("div", f"… and {_count(more, 'more task')}", class_="soft"))
    return tag("div", *shown, class_="tasks")


def _task(task: Json, reachable: bool) -> Html:
    unwell = task["healthStatus"] == "UNHEALTHY"
    tone = "bad" if unwell else TONES.get(task["lastStatus"], "idle")
    head = tag(
        "div",
        pill(task["lastStatus"], tone),
        _health(task["healthStatus"]),
        tag("code", task["id"][:8]),
        class_="e-row",
    )
    where = " · ".join(str(part) for part in (task["definition"], task["launchType"], task["instance"]) if part)
    return tag(
        "div",
        head,
        tag("div", where, class_="soft small clip", title=where),
        _reach(task, reachable),
        tag("ul", *map(_container, task["containers"]), class_="parts"),
        class_=f"task {tone}",
        data_task=task["id"],
        data_status=task["lastStatus"],
        title=task["arn"],
    )


def _health(health: str | None) -> Html:
    tones = {"HEALTHY": "good", "UNHEALTHY": "bad"}
    return tag("span", health, class_=f"mark small {tones[health]}") if health in tones else Html("")


def _reach(task: Json, reachable: bool) -> Html:
    parts: list[object] = [tag("code", task["address"])] if task["address"] else []
    for found in task["endpoints"]:
        words = f"{found['host']}:{found['port']}"
        parts.append(link(found["url"], words) if reachable else tag("code", words))
        parts.append(tag("span", f"→ {found['container']}:{found['containerPort']}", class_="soft"))
    return tag("div", *parts, class_="e-row small") if parts else Html("")


def _container(container: Json) -> Html:
    status, code = container["lastStatus"], container["exitCode"]
    tone = "bad" if code not in (None, 0) else TONES.get(status, "idle")
    said = [status, *([f"exit {code}"] if code is not None else []), *_worded(container)]
    return tag(
        "li",
        tag("span", "●" if container["essential"] else "○", class_=f"mark {tone}", title=_role(container)),
        tag("b", container["name"]),
        tag("span", container["image"], class_="soft"),
        tag("span", " · ".join(said)),
    )


def _worded(container: Json) -> list[str]:
    health, reason = container["healthStatus"], container["reason"]
    return ([health] if health in ("HEALTHY", "UNHEALTHY") else []) + ([reason] if reason else [])


def _role(container: Json) -> str:
    return "essential" if container["essential"] else "not essential"


def _stopped(tasks: Sequence[Json]) -> list[Html]:
    if not tasks:
        return []
    recent = sorted(tasks, key=lambda t: t["stoppedAt"] or 0, reverse=True)[:MOST_STOPPED]
    more = f" (the last {len(recent)} of {len(tasks)})" if len(tasks) > len(recent) else ""
    return [_label(f"Stopped{more}"), tag("ul", *map(_stopped_task, recent), class_="events")]


def _stopped_task(task: Json) -> Html:
    codes = [f"{c['name']} exit {c['exitCode']}" for c in task["containers"] if c["exitCode"] is not None]
    words = " · ".join(part for part in (task["stoppedReason"], *codes) if part)
    return tag(
        "li",
        clock(task["stoppedAt"]) if task["stoppedAt"] else "",
        tag("code", task["id"][:8]),
        tag("span", task["service"] or task["group"] or "", class_="who"),
        tag("span", words),
        data_task=task["id"],
        data_status="STOPPED",
    )


# instances


def _instance(instance: Json) -> Html:
    connected = instance["agentConnected"]
    status = instance["status"]
    head = tag(
        "div",
        tag("code", instance["ec2InstanceId"] or instance["id"][:8]),
        pill(status, "good" if status == "ACTIVE" else "warn"),
        "" if connected else pill("agent disconnected", "bad"),
        class_="e-row",
    )
    words = [instance["instanceType"], instance["availabilityZone"], _count(len(instance["tasks"]), "task")]
    return tag(
        "div",
        head,
        tag("div", " · ".join(str(w) for w in words if w), class_="soft small"),
        gauge("CPU", instance["cpu"], "units"),
        gauge("Memory", instance["memory"], "MiB"),
        class_="card" if connected else "card bad",
        aria_label=f"container instance {instance['ec2InstanceId']}",
    )


def gauge(name: str, room: Json, unit: str) -> Html:
    """A bar of what is taken of a resource, with the numbers."""
    whole, left = room["registered"], room["remaining"]
    used = whole - left
    share = 100 * used / whole if whole else 0
    tone = "good" if share < 75 else "warn" if share < 95 else "bad"
    words = f"{used} of {whole} {unit}"
    bit = tag("i", class_=tone, style=f"width:{share:.1f}%") if used else ""
    bar = tag("div", bit, class_="bar", role="img", aria_label=f"{name}: {words} used")
    return tag("div", tag("span", name, class_="soft"), bar, tag("span", words, class_="soft"), class_="gauge")
