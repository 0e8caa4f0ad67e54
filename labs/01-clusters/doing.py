"""Questions 1.2, 1.5, 1.6 and 1.7: joined, emptied, taken down and found again."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .looking import cluster, family_of, instances, kind_of, machines, running


def dock(world: World) -> Iterable[Finding]:
    known = cluster(world, "dock")
    if known is None or known["status"] != "ACTIVE":
        raise NotAttempted("There is no cluster `dock` yet.")
    yield passed("The cluster `dock` is ACTIVE.")
    found = instances(world, "dock")
    connected = [i for i in found if i["agentConnected"]]
    if len(connected) == 2:
        yield passed("Two instances have joined it, and their agents are connected.", weight=2)
    elif not found:
        said, code = _astray(world)
        yield failed(f"No instance has joined it{said}.", "ECS_CLUSTER=dock, in the user data.", code=code, weight=2)
    else:
        yield failed(f"{len(connected)} instances have joined.", "There should be two.", code="count", weight=2)
    kinds = {kind_of(i) for i in found}
    if kinds == {"t3.medium"}:
        yield passed("They are of the type t3.medium.")
    else:
        yield failed(f"Their types: {', '.join(sorted(kinds)) or 'none'}.", "t3.medium was asked for.", code="type")


def _astray(world: World) -> tuple[str, str]:
    """Where instances that were meant for the dock may have gone."""
    if len(instances(world, "default")) > 2:
        return ": some have joined `default`", "default"
    alone = [m for m in machines(world) if m["State"]["Name"] == "running" and not _user_data(world, m["InstanceId"])]
    return (": some run with no user data at all", "no-user-data") if alone else ("", "none")


def _user_data(world: World, instance: str) -> str:
    said = world.client("ec2").describe_instance_attribute(InstanceId=instance, Attribute="userData")
    text = str(said.get("UserData", {}).get("Value") or "")
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text


def emptied(world: World) -> Iterable[Finding]:
    drained = [i for i in instances(world, "yard") if i["status"] == "DRAINING"]
    touched = [e for e in world.journal() if e.kind in ("instance.status", "task.stop", "instance.deregistered")]
    mine = [e for e in touched if "/yard/" in e.subject]
    if not drained and not mine:
        raise NotAttempted("Nothing has been done to the instances of the yard yet.")
    batch = running(world, "batch", "yard")
    if batch:
        yield passed("`batch` computes on.", weight=2)
    else:
        advice = "DRAINING moves tasks of services only. Stopping tasks or deregistering by force does not ask whose."
        yield failed("`batch` was stopped: nine hours are lost.", advice, code="T60", weight=2)
        return
    home = batch[0]["containerInstanceArn"]
    lanterns = running(world, "lantern", "yard")
    left = [t for t in lanterns if t["containerInstanceArn"] == home]
    if not left and len(lanterns) == 4:
        yield passed("The service has its four elsewhere.")
    else:
        yield failed(f"{len(left)} of {len(lanterns)} lanterns are still beside it.", "They move while the instance is "
                     "DRAINING; give them a moment.", code="left")  # fmt: skip
    if home in {i["containerInstanceArn"] for i in drained} and len(drained) == 1:
        yield passed("The instance is DRAINING: nothing new comes.")
    elif len(drained) > 1:
        yield failed("Both instances are DRAINING.", "Where should the lanterns go?", code="both")
    else:
        advice = (
            "As soon as somebody scales out, tasks come back. update_container_instances_state says no to new ones."
        )
        yield failed("The instance of `batch` still takes tasks.", advice, code="not-draining")


def attic(world: World) -> Iterable[Finding]:
    known = cluster(world, "attic")
    if known is not None and known["status"] == "ACTIVE":
        if known["activeServicesCount"] and known["registeredContainerInstancesCount"]:
            raise NotAttempted("The attic is as full as it was.")
        what = f"{known['activeServicesCount']} services, {known['registeredContainerInstancesCount']} instances"
        yield failed(f"The cluster is still ACTIVE: {what}, {known['runningTasksCount']} tasks.",
                     "delete_cluster says what is still in it.", code="still-there", weight=2)  # fmt: skip
    else:
        yield passed("The cluster is INACTIVE.", weight=2)
    billed = [m for m in machines(world) if m["State"]["Name"] == "running"
              and "ECS_CLUSTER=attic" in _user_data(world, m["InstanceId"])]  # fmt: skip
    if billed:
        advice = "Deregistering takes an instance out of the cluster, not out of the bill: terminate_instances."
        yield failed(f"{billed[0]['InstanceId']} still runs.", advice, code="still-billed", weight=2)
    else:
        yield passed("Its instance is terminated, and billed no more.", weight=2)


def pier(world: World) -> Iterable[Finding]:
    found = instances(world, "pier")
    strays = [m for m in machines(world) if m["State"]["Name"] == "running"
              and "ECS_CLUSTER=peir" in _user_data(world, m["InstanceId"])]  # fmt: skip
    misspelt = cluster(world, "peir")
    if not found and strays and misspelt is None:
        raise NotAttempted("The pier is still empty.")
    connected = [i for i in found if i["agentConnected"]]
    if len(connected) == 1:
        yield passed("One connected instance is in the pier.", weight=2)
    elif misspelt is not None and instances(world, "peir"):
        advice = "That is where it wanted to go, but nobody else looks for it there."
        yield failed("It has joined a cluster `peir`, which you made for it.", advice, code="misspelt", weight=2)
    else:
        yield failed(
            f"{len(connected)} connected instances are in the pier.", "ECS_CLUSTER=pier", code="count", weight=2
        )
    arns = {i["containerInstanceArn"] for i in found}
    tasks = [t for t in world.tasks("pier") if family_of(t) == "lantern" and t.get("containerInstanceArn") in arns]
    if any(t["lastStatus"] == "RUNNING" for t in tasks):
        yield passed("A lantern shines on it.")
    else:
        yield failed("No task of `lantern` runs on it.", 'run_task(cluster="pier", …)', code="dark")
    if strays:
        yield failed("The stray still runs, and is billed.", "terminate_instances", code="still-billed")
    else:
        yield passed("The stray is gone.")
