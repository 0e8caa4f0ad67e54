"""Rules on log drivers, FireLens, secrets, and the execution role that fetching and sending them needs.

Not about permissions: whether the role may do it shows when a task starts. Invariant: a log driver is judged for
every launch type that ``requiresCompatibilities`` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecslab.aws.ecs.validation.fault import Fault
from ecslab.aws.ecs.validation.reading import Container, Definition, Json, given, record, records, text

FARGATE_DRIVERS = ("awslogs", "splunk", "awsfirelens")
MANAGED_DRIVERS = (*FARGATE_DRIVERS, "json-file")
PRIVATE_ECR = re.compile(r"\d{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com|on\.aws)")
PREFIX = "awslogs-stream-prefix"
ROLE = "Set executionRoleArn to a role that ecs-tasks.amazonaws.com may assume"


def _logs(definition: Definition) -> Iterator[tuple[Container, str, Json]]:
    """(container, driver, options) of every container that configures its logs."""
    for container in definition.containers:
        logs = record(container.wire, "logConfiguration")
        if text(logs, "logDriver"):
            yield container, text(logs, "logDriver"), record(logs, "options")


def log_driver(definition: Definition) -> Iterator[Fault]:
    """Fargate and Managed Instances have fewer drivers than EC2."""
    drivers = FARGATE_DRIVERS if definition.fargate else MANAGED_DRIVERS if definition.managed else None
    for container, driver, _ in _logs(definition) if drivers else ():
        if drivers and driver not in drivers:
            message = f"{driver} is not a valid log driver. Must be one of [{', '.join(drivers)}]"
            yield container.fault("logConfiguration.logDriver", message, "set logDriver to awslogs.")


def awslogs_options(definition: Definition) -> Iterator[Fault]:
    """awslogs needs a group and a region."""
    for container, driver, options in _logs(definition):
        missing = [name for name in ("awslogs-group", "awslogs-region") if not options.get(name)]
        if driver == "awslogs" and missing:
            message = f"Log driver awslogs requires options: {', '.join(missing)}"
            yield container.fault("logConfiguration.options", message, f"add {' and '.join(missing)} to options.")


def fargate_stream_prefix(definition: Definition) -> Iterator[Fault]:
    """Fargate names log streams prefix/container/task, so it needs the prefix."""
    for container, driver, options in _logs(definition) if definition.fargate else ():
        if driver == "awslogs" and not options.get(PREFIX):
            message = f"Fargate requires log configuration options to include {PREFIX}"
            yield container.fault("logConfiguration.options", message, f"add {PREFIX} to options, such as ecs.")


def awslogs_lines(definition: Definition) -> Iterator[Fault]:
    """Two ways to say where an event begins: the driver takes one."""
    both = {"awslogs-datetime-format", "awslogs-multiline-pattern"}
    for container, driver, options in _logs(definition):
        if driver == "awslogs" and both <= set(options):
            message = "awslogs-datetime-format and awslogs-multiline-pattern cannot be used together."
            yield container.warning("logConfiguration.options", message, "keep one of the two in options.")


def awslogs_mode(definition: Definition) -> Iterator[Fault]:
    """Logs block the application or are lost when they are too many: one of two modes."""
    for container, _, options in _logs(definition):
        mode = options.get("mode")
        if mode is not None and mode not in ("blocking", "non-blocking"):
            message = f"'{mode}' is not a log delivery mode."
            yield container.warning(
                "logConfiguration.options", message, "set mode in options to blocking or non-blocking."
            )


def _role(definition: Definition, message: str, container: Container, need: str) -> Iterator[Fault]:
    if not definition.execution_role:
        advice = f"{ROLE}: {container.title} needs it for its {need}."
        yield Fault(field="executionRoleArn", message=message, advice=advice)


def awslogs_role(definition: Definition) -> Iterator[Fault]:
    """On Fargate there is no instance role that could send the logs."""
    for container, driver, _ in _logs(definition) if definition.fargate else ():
        if driver == "awslogs":
            message = "Fargate requires task definition to have execution role ARN to support log driver awslogs."
            yield from _role(definition, message, container, "logConfiguration")


def ecr_role(definition: Definition) -> Iterator[Fault]:
    """Nor one that could pull from a private registry of ECR."""
    for container in definition.containers if definition.fargate else ():
        if PRIVATE_ECR.match(text(container.wire, "image")):
            message = "Fargate requires task definition to have execution role ARN to support ECR images."
            yield from _role(definition, message, container, "image")


def secrets_role(definition: Definition) -> Iterator[Fault]:
    """Secrets are fetched with the execution role, on every launch type."""
    message = "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'"
    for container in definition.containers:
        if given(container.wire, "secrets"):
            yield from _role(definition, message, container, "secrets")
        elif given(record(container.wire, "logConfiguration"), "secretOptions"):
            yield from _role(definition, message, container, "secretOptions")


def registry_role(definition: Definition) -> Iterator[Fault]:
    """So are a private registry's credentials and, on Fargate, environment files."""
    for container in definition.containers if definition.fargate else ():
        for key in ("repositoryCredentials", "environmentFiles"):
            if given(container.wire, key):
                message = f"Fargate requires task definition to have execution role ARN to support {key}."
                yield from _role(definition, message, container, key)


def secret_name(definition: Definition) -> Iterator[Fault]:
    """A secret becomes an environment variable, so its name is not yet taken."""
    for container in definition.containers:
        taken = {text(e, "name") for e in records(container.wire, "environment")}
        for index, secret in enumerate(records(container.wire, "secrets")):
            name = text(secret, "name")
            if name and name in taken:
                message = (
                    "The secret name must be unique and not shared with any new or existing environment variables "
                    f"set on the container, such as '{name}'."
                )
                yield container.fault(f"secrets[{index}].name", message, f"remove {name} from environment.")
            taken.add(name)


def firelens_needed(definition: Definition) -> Iterator[Fault]:
    """awsfirelens sends logs to a container: there must be one."""
    routers = [c for c in definition.containers if given(c.wire, "firelensConfiguration")]
    for container, driver, _ in _logs(definition) if not routers else ():
        if driver == "awsfirelens":
            message = (
                "When awsfirelens log driver is specified in log configuration, a firelens configuration object "
                "must be configured in one of the containers."
            )
            advice = "logDriver is awsfirelens: add a log router container with firelensConfiguration."
            yield container.fault("logConfiguration.logDriver", message, advice)
            return


def firelens_used(definition: Definition) -> Iterator[Fault]:
    """A log router without logs to route."""
    routers = [c for c in definition.containers if given(c.wire, "firelensConfiguration")]
    if routers and not any(driver == "awsfirelens" for _, driver, _ in _logs(definition)):
        message = (
            "When a firelensConfiguration object is specified, at least one container has to be configured with the "
            "awsfirelens log driver."
        )
        advice = "firelensConfiguration makes a log router: set logDriver of another container to awsfirelens."
        yield routers[0].fault("firelensConfiguration", message, advice)


def firelens_one(definition: Definition) -> Iterator[Fault]:
    """One log router in a task."""
    routers = [c for c in definition.containers if given(c.wire, "firelensConfiguration")]
    for extra in routers[1:]:
        message = "Only one container can have a firelensConfiguration."
        yield extra.fault(
            "firelensConfiguration", message, f"remove firelensConfiguration: '{routers[0].name}' has it."
        )


def firelens_file(definition: Definition) -> Iterator[Fault]:
    """Extra configuration comes from a file of the image, or (not on Fargate) from S3."""
    for container in definition.containers:
        options = record(record(container.wire, "firelensConfiguration"), "options")
        kind, value = text(options, "config-file-type"), text(options, "config-file-value")
        field = "firelensConfiguration.options"
        if kind == "s3" and definition.fargate:
            message = "Fargate launch type does not support FirelensConfiguration config file from 's3'"
            yield container.fault(
                field, message, "set config-file-type to file in options, and build it into the image."
            )
        elif kind == "s3" and not value.startswith("arn:"):
            advice = "set config-file-value in options to an S3 ARN (arn:aws:s3:::bucket/file.conf)."
            yield container.fault(field, "Invalid arn syntax", advice)
        elif kind not in ("", "s3", "file"):
            message = f"'{kind}' is not a config-file-type."
            yield container.fault(field, message, "set config-file-type in options to file or s3.")
