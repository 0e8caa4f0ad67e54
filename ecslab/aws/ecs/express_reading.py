"""Reading what an Express request asks for: its task definition, network, scaling, and what of it is refused.

It makes nothing. Invariant: what it returns can be registered and deployed as it stands. Sources: Amazon ECS API
Reference, CreateExpressGatewayService and ExpressGatewayContainer (the defaults); Developer Guide, "Resources created
by Amazon ECS Express Mode services". The two disagree about cpu and memory (256 and 512; 1024 and 2048): the API's
own are taken. How many tasks there are at most where nothing is said (20), the API does not say. Sentences without a
text of AWS are this lab's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecslab.aws import ec2
from ecslab.aws.context import LabContext
from ecslab.aws.ecs.definitions import as_request
from ecslab.errors import ClientException, InvalidParameterException
from ecslab.model.arn import Place
from ecslab.model.definition import ContainerDefinition, TaskDefinition
from ecslab.model.express import AccessType

Given = Mapping[str, Any]
MAIN = "Main"
"""The container that gets the requests."""
PORT, CPU, MEMORY, PATH, ARCHITECTURE = 80, "256", "512", "/ping", "X86_64"
LEAST, MOST, TARGET = 1, 20, 60
OF_DEFINITION = ("primaryContainer", "executionRoleArn", "taskRoleArn", "cpu", "memory", "cpuArchitecture")
"""What a task definition of the customer's says itself."""
METRICS = {
    "AVERAGE_CPU": "ECSServiceAverageCPUUtilization",
    "AVERAGE_MEMORY": "ECSServiceAverageMemoryUtilization",
    "REQUEST_COUNT_PER_TARGET": "ALBRequestCountPerTarget",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Between how many tasks a service scales, and after which metric."""

    least: int = LEAST
    most: int = MOST
    metric: str = "AVERAGE_CPU"
    target: float = TARGET


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Subnets, security groups and access of an Express service."""

    vpc: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    access: AccessType

    def configuration(self, *managed: str) -> dict[str, Any]:
        """``networkConfiguration`` of the service, with the group that ECS made for it first."""
        public = "ENABLED" if self.access is AccessType.PUBLIC else "DISABLED"
        groups = [*managed, *(g for g in self.groups if g not in managed)]
        return {
            "awsvpcConfiguration": {"subnets": list(self.subnets), "securityGroups": groups, "assignPublicIp": public}
        }


# the task definition


def definition_of(request: Given, *, family: str, log_group: str, region: str, before: Any = None) -> dict[str, Any]:
    """A RegisterTaskDefinition request; ``before`` is the record that an update changes, and what it leaves out stays.

    InvalidParameterException, ClientException.
    """
    known = as_request(before) if before is not None else {}
    if not known and not request.get("executionRoleArn"):
        raise InvalidParameterException(
            "executionRoleArn is required where no taskDefinitionArn is given: the role with which the image is pulled "
            "and logs are written."
        )
    base = known or {
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": CPU,
        "memory": MEMORY,
        "runtimePlatform": {"cpuArchitecture": ARCHITECTURE, "operatingSystemFamily": "LINUX"},
    }
    plain = {key: request[key] for key in ("executionRoleArn", "taskRoleArn", "cpu", "memory") if request.get(key)}
    if request.get("cpuArchitecture"):
        platform = {**(base.get("runtimePlatform") or {}), "operatingSystemFamily": "LINUX"}
        plain["runtimePlatform"] = {**platform, "cpuArchitecture": request["cpuArchitecture"]}
    containers: Sequence[Given] = base.get("containerDefinitions") or [{"name": MAIN}]
    given = request.get("primaryContainer")
    if given is None and not known:
        raise InvalidParameterException("primaryContainer is required where no taskDefinitionArn is given.")
    changed = [_main(c, given, log_group, region) if given and c["name"] == MAIN else dict(c) for c in containers]
    return {**base, **plain, "family": family, "containerDefinitions": changed}


def _main(before: Given, given: Given, log_group: str, region: str) -> dict[str, Any]:
    if not given.get("image"):
        raise InvalidParameterException("primaryContainer.image cannot be empty. Name the image to run.")
    made: dict[str, Any] = {"essential": True, **before, "image": given["image"]}
    port = given.get("containerPort")
    if port is not None and not 1 <= port <= 65535:
        raise InvalidParameterException(f"primaryContainer.containerPort must be between 1 and 65535; it is {port}.")
    if port is not None or not made.get("portMappings"):
        port = PORT if port is None else port
        made["portMappings"] = [{"containerPort": port, "protocol": "tcp", "name": f"main-{port}-tcp"}]
    logs = given.get("awsLogsConfiguration") or {}
    if logs or not made.get("logConfiguration"):
        options = {
            "awslogs-group": logs.get("logGroup") or log_group,
            "awslogs-region": region,
            "awslogs-stream-prefix": logs.get("logStreamPrefix") or "ecs",
        }
        made["logConfiguration"] = {"logDriver": "awslogs", "options": options}
    for key in ("command", "environment", "secrets", "repositoryCredentials"):
        if given.get(key) is not None:
            made[key] = given[key]
    return made


def refuse_both(request: Given) -> None:
    """InvalidParameterException for a task definition of the customer's together with parts of one."""
    both = [key for key in OF_DEFINITION if request.get(key)]
    if request.get("taskDefinitionArn") and both:
        raise InvalidParameterException(
            f"taskDefinitionArn cannot be specified together with {', '.join(both)}: the task definition says it."
        )


def main_of(definition: TaskDefinition) -> ContainerDefinition:
    """The container that gets the requests. InvalidParameterException where a definition has none as Express needs."""
    found = next((c for c in definition.containers if c.name == MAIN), None)
    if found is None:
        raise InvalidParameterException(
            f"The task definition {definition.family}:{definition.revision} has no container named {MAIN}, which an "
            "Express service needs."
        )
    mappings = found.port_mappings
    if len(mappings) != 1 or mappings[0].protocol != "tcp" or not mappings[0].name:
        raise InvalidParameterException(
            f"The container {MAIN} needs a single TCP port mapping that has a containerPort and a name."
        )
    return found


def port_of(definition: TaskDefinition) -> int:
    """The port of the container that gets the requests."""
    return main_of(definition).port_mappings[0].container_port


def health_path(given: str | None) -> str:
    """Where the load balancer checks. InvalidParameterException."""
    path = PATH if given is None else given
    if not path.startswith("/") or len(path) > 1024 or any(letter.isspace() for letter in path):
        raise InvalidParameterException(f"healthCheckPath must start with / and have no blanks; it is '{path}'.")
    return path


# scaling


def scaling_of(given: Given | None, now: Scaling) -> Scaling:
    """The scaling asked for; what is left out stays as it is ``now``. InvalidParameterException."""
    given = given or {}
    least, most = given.get("minTaskCount"), given.get("maxTaskCount")
    least = now.least if least is None else least
    most = max(now.most, least) if most is None else most
    value = given.get("autoScalingTargetValue")
    value = now.target if value is None else value
    metric = given.get("autoScalingMetric") or now.metric
    if least < 0 or most < 1 or least > most:
        raise InvalidParameterException(
            f"scalingTarget.minTaskCount must be 0 or more, and maxTaskCount 1 or more and not below it; they are "
            f"{least} and {most}."
        )
    if value < 1 or (metric != "REQUEST_COUNT_PER_TARGET" and value > 100):
        raise InvalidParameterException(
            f"scalingTarget.autoScalingTargetValue must be 1 or more, and a percentage at most 100; it is {value:g}."
        )
    return Scaling(least=least, most=most, metric=metric, target=value)


# network


def network_of(place: Place, given: Given | None) -> Wanted:
    """Where the service runs: the subnets given, or those of the default VPC. InvalidParameterException."""
    subnets = tuple((given or {}).get("subnets") or ec2.default_subnets(place))
    found = [ec2.subnet(place, subnet) for subnet in subnets]
    if not subnets:
        raise InvalidParameterException("There is no default VPC in this Region. Give networkConfiguration.subnets.")
    for subnet, known in zip(subnets, found, strict=True):
        if known is None:
            raise InvalidParameterException(
                f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist"
            )
    zones = {str(known.availability_zone) for known in found}
    if len(zones) < 2:
        raise InvalidParameterException(
            "networkConfiguration.subnets must be in at least two Availability Zones: an Application Load Balancer "
            "needs them."
        )
    public = [ec2.is_public(place, known) for known in found]
    if any(public) and not all(public):
        raise InvalidParameterException(
            "networkConfiguration.subnets must be either all public (a route to an internet gateway) or all private."
        )
    access = AccessType.PUBLIC if all(public) else AccessType.PRIVATE
    return Wanted(
        vpc=str(found[0].vpc_id),
        subnets=subnets,
        groups=tuple((given or {}).get("securityGroups") or ()),
        access=access,
    )


# roles


def check_infrastructure(place: Place, context: LabContext, role: str, what: str) -> None:
    """ClientException for a role that is not there or that ECS cannot assume. ``what``: what it would do with it."""
    from ecslab.aws.iam import seeds, sessions

    seeds.ensure(place)
    try:
        sessions.trusting(place, context, role_arn=role, service="ecs.amazonaws.com")
    except sessions.AccessDenied as denied:
        raise ClientException(
            f"Amazon ECS is unable to assume the infrastructure role {role} to {what}. "
            f"{' '.join(denied.sentences[:1])} Its trust policy must allow ecs.amazonaws.com to assume it."
        ) from None
