"""Questions 13.2, 13.4 and 13.8: where tasks are, and whether it is luck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .looking import HARBOUR, by_zone, running, selected, zone_of

ZONE = "attribute:ecs.availability-zone"


def safe_and_cheap(world: World) -> Iterable[Finding]:
    tasks = running(world, "cargo")
    if not tasks:
        raise NotAttempted("No task of `cargo` runs on the cluster harbour yet.")
    if len(tasks) == 9:
        yield passed("Nine tasks run.")
    else:
        yield failed(f"{len(tasks)} tasks run; it should be nine.", "stop('cargo') and run them in one call.",
                     code="count")  # fmt: skip
    zones = by_zone(world, "cargo")
    if sorted(zones.values()) == [3, 3, 3]:
        yield passed("Three in every zone: the loss of one leaves six.")
    else:
        seen = ", ".join(f"{n} in {zone}" for zone, n in sorted(zones.items()))
        advice = "What comes first decides: spread over the zones, then pack within each."
        packed = len(zones) < 3
        yield failed(f"They are {seen}.", advice, code="T55" if packed and _packed_first(world, tasks) else "T54")
    used = len({t["containerInstanceArn"] for t in tasks})
    if used == 3:
        yield passed("Three instances carry them; three are empty.")
    elif used > 3:
        advice = "After the zones are even, which of a zone's two instances? A second step says: the fuller one."
        yield failed(f"{used} instances are in use.", advice, code="spread-only")
    else:
        yield failed(f"{used} instances are in use: no zone is without risk.", "", code="too-few")


def _packed_first(world: World, tasks: list[dict[str, Any]]) -> bool:
    """Whether all sit on as few instances as possible, as they do where binpack comes first."""
    return len({t["containerInstanceArn"] for t in tasks}) <= 2


def lighthouses(world: World) -> Iterable[Finding]:
    service = world.service("lighthouse", HARBOUR)
    if service is None or service["status"] != "ACTIVE":
        raise NotAttempted("There is no service `lighthouse` on the cluster harbour yet.")
    tasks = running(world, "lighthouse")
    if len(tasks) == 3:
        yield passed("Three lighthouses shine.")
    else:
        advice = "The service's events, or lab.why('lighthouse'), say what is lacking."
        yield failed(f"{len(tasks)} run; it should be three.", advice, code="count")
    rules = service["placementConstraints"]
    alone = max(Counter(t["containerInstanceArn"] for t in tasks).values(), default=0) == 1
    if alone and any(rule["type"] == "distinctInstance" for rule in rules):
        yield passed("Each has an instance of its own, and it is a rule.")
    elif alone:
        advice = "spread prefers empty instances, but it does not forbid. A constraint does."
        yield failed("Each has an instance of its own, but only by preference.", advice, code="T56")
    else:
        yield failed("Two share an instance.", "The constraint distinctInstance forbids it.", code="not-distinct")
    yield _cabled(world, tasks, rules)


def _cabled(world: World, tasks: list[dict[str, Any]], rules: list[dict[str, Any]]) -> Finding:
    homes = {i["containerInstanceArn"]: zone_of(i) for i in selected(world)}
    zones = {homes[t["containerInstanceArn"]] for t in tasks}
    allowed: set[str] | None = None
    for rule in rules:
        if rule["type"] == "memberOf":
            found = {zone_of(i) for i in selected(world, rule["expression"])}
            allowed = found if allowed is None else allowed & found
    if zones and zones <= {"us-east-1a", "us-east-1b"} and allowed == {"us-east-1a", "us-east-1b"}:
        return passed("They stand in zones a and b, and nowhere else may they.")
    if "us-east-1c" in zones:
        return failed("One stands in us-east-1c.", "memberOf with an expression about ecs.availability-zone.",
                      code="zone-c")  # fmt: skip
    if allowed is not None and len(allowed) == 1:
        return failed("Only one zone is allowed.", "There are cables to two.", code="one-zone")
    return failed(
        "They are not in zone c, but nothing forbids it.", "A constraint binds, a strategy wishes.", code="T56"
    )


def ferry(world: World) -> Iterable[Finding]:
    service = world.service("ferry", HARBOUR)
    if service is None or service["status"] != "ACTIVE":
        raise NotAttempted("The service `ferry` is gone: lab.reset() brings it back.")
    first = (service["placementStrategy"] or [{}])[0]
    if first == {"type": "binpack", "field": "MEMORY"} or first.get("type") == "binpack":
        raise NotAttempted("The ferry is still packed tightly.")
    zones = by_zone(world, "ferry")
    seen = ", ".join(f"{n} in {zone}" for zone, n in sorted(zones.items()))
    if sorted(zones.values()) == [2, 2, 2]:
        yield passed(f"The boats are even: {seen}.", weight=2)
    else:
        yield failed(f"The boats are {seen}.", "Each of three zones should have two.", code="uneven", weight=2)
    if service.get("availabilityZoneRebalancing") == "ENABLED":
        yield passed("The service evens itself out.")
    else:
        advice = "Without availabilityZoneRebalancing nothing that runs is ever moved."
        yield failed("Rebalancing is not enabled.", advice, code="not-rebalanced")
    yield from _weathered(world, str(service["serviceArn"]))


def _weathered(world: World, arn: str) -> Iterable[Finding]:
    """Whether the storm came, and whether it was rebalancing that evened the boats out."""
    gone = world.journal(kind="instance.deregistered")
    said = [e for e in world.journal(kind="service.event", subject=arn) if "is not AZ balanced" in e.text]
    if gone:
        yield passed("A storm has come over a zone.")
    else:
        yield failed("No storm has come yet.", 'storm("us-east-1c") brings it.', code="no-storm")
    if gone and any(entry.number > gone[-1].number for entry in said):
        yield passed("ECS itself noticed that the zones were uneven, and moved boats.")
    else:
        advice = (
            "After the storm bring the zone back (launch) and let rebalancing do its work; a new deployment by hand "
            "is not it."
        )
        yield failed("It was not rebalancing that brought the boats there.", advice, code="by-hand")
