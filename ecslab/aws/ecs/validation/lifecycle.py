"""Rules on how containers start, stay healthy and stop: essential, dependsOn, health checks, timeouts, limits.

Not about what the agent does with them. Times in seconds. Invariant: a dependency on a container that does not
exist is reported once; the rules about conditions read only dependencies that exist.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecslab.aws.ecs.validation.fault import Fault
from ecslab.aws.ecs.validation.reading import Container, Definition, given, items, number, record, records, text, texts

HEALTH_RANGES = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
TIMEOUT = (2, 120)
RESTART_PERIOD = (60, 1800)
IGNORED_CODES = 50
NOFILE_FARGATE = 1048576


def essential(definition: Definition) -> Iterator[Fault]:
    """At least one container is essential."""
    if definition.containers and not any(c.essential for c in definition.containers):
        message = "Task definition doesn't have any essential container."
        advice = "Leave essential out of containerDefinitions for the main container (it defaults to true)."
        yield Fault(field="containerDefinitions", message=message, advice=advice)


def _dependencies(definition: Definition) -> Iterator[tuple[Container, str, Container | None, str]]:
    """(container, path, the one it depends on, condition) for every dependency that names one."""
    for container in definition.containers:
        for index, entry in enumerate(records(container.wire, "dependsOn")):
            name = text(entry, "containerName")
            if name:
                yield container, f"dependsOn[{index}]", definition.container(name), text(entry, "condition")


def depends_on_known(definition: Definition) -> Iterator[Fault]:
    """Dependencies are containers of the same task."""
    for container in definition.containers:
        for index, entry in enumerate(records(container.wire, "dependsOn")):
            name = text(entry, "containerName")
            if name and definition.container(name) is None:
                message = f"Cannot depend on container + '{name}' because it does not exist"
                names = ", ".join(c.name for c in definition.containers if c.name != container.name) or "no other"
                advice = f"dependsOn must name a container of this task definition ({names})."
                yield container.fault(f"dependsOn[{index}].containerName", message, advice)


def depends_on_cycle(definition: Definition) -> Iterator[Fault]:
    """No container waits for itself, directly or round about."""
    waits: dict[str, list[str]] = {}
    for container, _, target, _ in _dependencies(definition):
        if target is not None:
            waits.setdefault(container.name, []).append(target.name)
    cycle = _cycle(waits)
    first = definition.container(cycle[0]) if cycle else None
    if first is not None:
        message = f"The container dependencies form a cycle: {' -> '.join(cycle)}."
        yield first.fault("dependsOn", message, "remove one dependsOn of the cycle.")


def _cycle(waits: dict[str, list[str]]) -> list[str]:
    """The first cycle found, its first name repeated at the end; empty where there is none."""
    done: set[str] = set()
    for start in waits:
        path: list[str] = []
        stack = [(start, iter(waits[start]))]
        while stack:
            name, rest = stack[-1]
            if len(path) < len(stack):
                path.append(name)
            following = next((n for n in rest if n not in done), None)
            if following is None:
                done.add(name)
                stack.pop()
                path.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            else:
                stack.append((following, iter(waits.get(following, ()))))
    return []


def depends_on_essential(definition: Definition) -> Iterator[Fault]:
    """What must end before another starts cannot be essential: its end would stop the task."""
    for container, path, target, condition in _dependencies(definition):
        if target is not None and condition in ("SUCCESS", "COMPLETE") and target.essential:
            message = "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container"
            advice = f"dependsOn waits for the end of '{target.name}': set essential to false in '{target.name}'."
            yield container.fault(f"{path}.condition", message, advice)


def depends_on_healthy(definition: Definition) -> Iterator[Fault]:
    """HEALTHY needs a health check in the definition: the image's own HEALTHCHECK is not looked at."""
    for container, path, target, condition in _dependencies(definition):
        if target is not None and condition == "HEALTHY" and not given(target.wire, "healthCheck"):
            message = "A dependency container with HEALTHY condition must have health check configured"
            advice = f"dependsOn waits for '{target.name}': add a healthCheck to '{target.name}'."
            yield container.fault(f"{path}.condition", message, advice)


def health_check_range(definition: Definition) -> Iterator[Fault]:
    """Interval 5–300 s, timeout 2–60 s, retries 1–10, start period 0–300 s."""
    for container in definition.containers:
        check = record(container.wire, "healthCheck")
        for key, (low, high) in HEALTH_RANGES.items():
            value = number(check, key)
            if value is not None and not low <= value <= high:
                message = f"Invalid 'healthCheck.{key}' setting for container '{container.name}'."
                yield container.fault(f"healthCheck.{key}", message, f"set {key} between {low} and {high}.")


def health_check_command(definition: Definition) -> Iterator[Fault]:
    """A health check runs something."""
    for container in definition.containers:
        check = record(container.wire, "healthCheck")
        if "command" in check and not any(texts(check, "command")):
            message = "The health check command cannot be empty."
            advice = 'write command as ["CMD-SHELL", "curl -f http://localhost/ || exit 1"] or ["CMD", …].'
            yield container.fault("healthCheck.command", message, advice)


def health_check_form(definition: Definition) -> Iterator[Fault]:
    """The command begins with CMD or CMD-SHELL; AWS's own examples do not always."""
    for container in definition.containers:
        words = texts(record(container.wire, "healthCheck"), "command")
        if any(words) and (words[0] not in ("CMD", "CMD-SHELL", "NONE") or words in (["CMD"], ["CMD-SHELL"])):
            message = "The health check command must start with CMD or CMD-SHELL, then the command."
            advice = f'begin command with "CMD" or "CMD-SHELL"; it begins with "{words[0]}".'
            yield container.warning("healthCheck.command", message, advice)


def _timeouts(definition: Definition, key: str) -> Iterator[tuple[Container, int]]:
    for container in definition.containers:
        value = number(container.wire, key)
        if value is not None:
            yield container, value


def fargate_stop_timeout(definition: Definition) -> Iterator[Fault]:
    """Fargate waits 2 to 120 seconds from SIGTERM to SIGKILL."""
    for container, value in _timeouts(definition, "stopTimeout") if definition.fargate else ():
        if value > TIMEOUT[1]:
            message = "Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds."
            yield container.fault("stopTimeout", message, f"lower stopTimeout from {value} to 120 at most.")


def fargate_start_timeout(definition: Definition) -> Iterator[Fault]:
    """Fargate waits 2 to 120 seconds for dependencies."""
    for container, value in _timeouts(definition, "startTimeout") if definition.fargate else ():
        if value > TIMEOUT[1]:
            message = (
                "Tasks using the Fargate launch type must have a container start timeout of less than 120 seconds."
            )
            yield container.fault("startTimeout", message, f"lower startTimeout from {value} to 120 at most.")


def timeout_floor(definition: Definition) -> Iterator[Fault]:
    """Two seconds at least on Fargate; elsewhere not documented, so only negative ones are refused."""
    floor = TIMEOUT[0] if definition.fargate else 0
    for key, word in (("startTimeout", "start"), ("stopTimeout", "stop")):
        for container, value in _timeouts(definition, key):
            if value < floor:
                message = f"Granular {word} timeout on container '{container.name}' must be at least 2 seconds."
                yield container.fault(key, message, f"raise {key} from {value} to 2 or more.")


def timeout_short(definition: Definition) -> Iterator[Fault]:
    """Less than two seconds off Fargate."""
    for key in ("startTimeout", "stopTimeout") if not definition.fargate else ():
        for container, value in _timeouts(definition, key):
            if 0 <= value < TIMEOUT[0]:
                yield container.warning(key, f"'{key}' should be at least 2 seconds.", f"set {key} to 2 or more.")


def restart_policy(definition: Definition) -> Iterator[Fault]:
    """A restart no sooner than a minute after the last, no later than half an hour; at most 50 exit codes."""
    low, high = RESTART_PERIOD
    for container in definition.containers:
        policy = record(container.wire, "restartPolicy")
        period = number(policy, "restartAttemptPeriod")
        if period is not None and not low <= period <= high:
            message = (
                f"the 'restartAttemptPeriod' setting for container '{container.name}' must be between {low} and {high}"
            )
            advice = f"change restartAttemptPeriod from {period} seconds."
            yield container.fault("restartPolicy.restartAttemptPeriod", message, advice)
        if len(items(policy, "ignoredExitCodes")) > IGNORED_CODES:
            message = f"'ignoredExitCodes' holds more than {IGNORED_CODES} exit codes."
            yield container.fault("restartPolicy.ignoredExitCodes", message, "shorten ignoredExitCodes.")


def ulimits(definition: Definition) -> Iterator[Fault]:
    """A soft limit does not exceed its hard limit (-1 is no limit)."""
    for container in definition.containers:
        for index, limit in enumerate(records(container.wire, "ulimits")):
            soft, hard, name = number(limit, "softLimit"), number(limit, "hardLimit"), text(limit, "name")
            if soft is not None and hard is not None and hard != -1 and soft > hard:
                message = f"Soft limit exceeds hard limit for ulimit {name}"
                advice = f"lower softLimit of ulimits '{name}' from {soft} to {hard} or less."
                yield container.fault(f"ulimits[{index}].softLimit", message, advice)


def ulimit_nofile(definition: Definition) -> Iterator[Fault]:
    """Fargate's ceiling of open files."""
    for container in definition.containers if definition.fargate else ():
        for index, limit in enumerate(records(container.wire, "ulimits")):
            if text(limit, "name") == "nofile" and (number(limit, "hardLimit") or 0) > NOFILE_FARGATE:
                message = f"Fargate allows {NOFILE_FARGATE} open files at most."
                yield container.warning(f"ulimits[{index}].hardLimit", message, "lower hardLimit of nofile.")


def proxy_container(definition: Definition) -> Iterator[Fault]:
    """The proxy is one of the containers."""
    name = text(record(definition.wire, "proxyConfiguration"), "containerName")
    if name and definition.container(name) is None:
        message = f"The proxy container '{name}' does not exist in the task definition."
        advice = "Set proxyConfiguration.containerName to the name of one of containerDefinitions."
        yield Fault(field="proxyConfiguration.containerName", message=message, advice=advice)
