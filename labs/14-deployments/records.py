"""Questions 14.3, 14.5 and 14.7: what the records of a service's deployments say, and what runs in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecslab.checks import Finding, NotAttempted, World, failed, passed

Record = Mapping[str, Any]


def records(world: World, name: str) -> list[Record]:
    """The service deployments of a service, newest first."""
    if world.service(name) is None:
        return []
    listed = world.ecs.list_service_deployments(cluster="default", service=name)["serviceDeployments"]
    arns = [one["serviceDeploymentArn"] for one in listed]
    if not arns:
        return []
    found = world.ecs.describe_service_deployments(serviceDeploymentArns=arns[:20])["serviceDeployments"]
    return sorted(found, key=lambda record: arns.index(record["serviceDeploymentArn"]))


def _version(world: World, definition: str) -> str:
    """VERSION in a definition; empty where there is none."""
    containers = (world.definition(definition) or {}).get("containerDefinitions", ({},))
    return next((v["value"] for v in containers[0].get("environment", ()) if v["name"] == "VERSION"), "")


def versions(world: World, name: str) -> list[str]:
    """VERSION of each RUNNING task of a service."""
    tasks = [task for task in world.tasks(service=name) if task["lastStatus"] == "RUNNING"]
    return sorted(_version(world, task["taskDefinitionArn"]) for task in tasks)


def paper(world: World) -> Iterable[Finding]:
    found = records(world, "paper")
    if len(found) < 2:
        raise NotAttempted("Nothing but version 1 has been deployed to `paper` yet.")
    newest = found[0]
    tripped = (newest.get("deploymentCircuitBreaker") or {}).get("status") == "TRIGGERED"
    if newest["status"] == "ROLLBACK_SUCCESSFUL" and tripped:
        yield passed("The breaker tripped, and the service went back by itself.", weight=2)
    elif tripped:
        advice = "A breaker may stop a deployment, or stop it and go back: rollback."
        yield failed("The breaker tripped, but the service did not go back.", advice, code="no-rollback", weight=2)
    elif newest["status"] in ("IN_PROGRESS", "PENDING"):
        advice = "Without a breaker ECS goes on for ever. It can be switched on now, too."
        yield failed("The bad version is still being tried.", advice, code="T68", weight=2)
    else:
        advice = "deploymentCircuitBreaker with rollback does it without anybody awake."
        yield failed("It was not the breaker that brought version 1 back.", advice, code="by-hand", weight=2)
    running = versions(world, "paper")
    if running == ["1", "1"]:
        yield passed("Two tasks of version 1 run.")
    else:
        yield failed(f"What runs: {', '.join(running) or 'nothing'}.", "Two of version 1.", code="running")
    if _version(world, str((world.service("paper") or {}).get("taskDefinition"))) == "1":
        yield passed("And version 1 is what the service stands for.")
    else:
        yield failed("The service still stands for the bad version.", "", code="stands")


def _served(world: World, record: Record) -> float:
    """The most production traffic that a deployment's target ever had, in percent."""
    green = str(record["targetServiceRevision"]["arn"]).rsplit("/", 1)[-1]
    shares = [entry.data["production"].get(green, 0.0) for entry in world.journal(kind="deployment.traffic")]
    return max(shares, default=0.0)


def gazette(world: World) -> Iterable[Finding]:
    found = records(world, "gazette")
    if len(found) < 2:
        raise NotAttempted("Version 2 has not been deployed to the `gazette` yet.")
    newest = found[0]
    asked = newest.get("lifecycleHookDetails") or []
    if newest["status"] == "ROLLBACK_SUCCESSFUL":
        yield passed("It was rolled back.")
    else:
        yield failed(f"The deployment is {newest['status']}.", "Who was asked, and when?", code="not-rolled-back")
    if any(detail["status"] == "FAILED" for detail in asked):
        yield passed("The test was asked, and said no.")
    else:
        advice = "lifecycleHooks in the deployment configuration, with the function's ARN."
        yield failed("Nobody asked the test.", advice, code="not-asked")
    share = _served(world, newest)
    if share == 0:
        yield passed("No user has seen version 2.")
    else:
        advice = "POST_TEST_TRAFFIC_SHIFT is before the users, POST_PRODUCTION_TRAFFIC_SHIFT after them."
        yield failed(f"{share:.0f} % of the users have seen version 2.", advice, code="too-late")
    running = set(versions(world, "gazette"))
    if running == {"1"}:
        yield passed("Version 1 runs.")
    else:
        yield failed(f"What runs: {', '.join(sorted(running)) or 'nothing'}.", "", code="running")


def herald(world: World) -> Iterable[Finding]:
    found = records(world, "herald")
    if len(found) < 2:
        raise NotAttempted("Version 2 has not been deployed to the `herald` yet.")
    if len(found) == 2:
        yield passed("No further deployment was needed.")
    else:
        advice = "While blue stands, the old version need not be deployed again."
        yield failed("It took another deployment to go back.", advice, code="redeployed")
    second = found[-2]
    if _served(world, second) == 100:
        yield passed("Version 2 had all of the traffic.")
    else:
        yield failed("Version 2 never had all of the traffic.", "Wait for BAKE_TIME.", code="too-early")
    if second["status"] == "ROLLBACK_SUCCESSFUL":
        yield passed("It was taken back.", weight=2)
    elif second["status"] == "STOPPED":
        advice = "stopType ABORT leaves everything as it is; ROLLBACK goes back."
        yield failed("It was stopped where it stood.", advice, code="aborted", weight=2)
    else:
        yield failed(f"The deployment is {second['status']}.", "stop_service_deployment", code="not-stopped", weight=2)
    running = versions(world, "herald")
    if running == ["1"]:
        yield passed("Version 1 serves again.")
    else:
        yield failed(f"What runs: {', '.join(running) or 'nothing'}.", "One task of version 1.", code="running")
