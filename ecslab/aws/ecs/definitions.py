"""Task definitions: moto's registry of families and revisions, with ECS's validation and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.aws.ecs.base import Request, Verbs, page
from ecslab.aws.ecs.validation import validate
from ecslab.errors import ClientException, InvalidParameterException
from ecslab.model.arn import family_and_revision
from ecslab.model.definition import TaskDefinition, parse
from ecslab.model.status import NetworkMode

NOT_FOUND = "Unable to describe task definition."


class DefinitionVerbs(Verbs):
    """RegisterTaskDefinition, Describe, List, Deregister, Delete."""

    def register(self, request: Request) -> Any:
        """Validate a definition and give it the next revision of its family. ClientException."""
        validate(request)
        family = request["family"]
        definitions = self.task_definitions.setdefault(family, {})
        revision = self.last_revisions.get(family, 0) + 1
        parsed = parse(request, arn=self.place.task_definition(family, revision), revision=revision)
        record = self._record(request, parsed)
        self.last_revisions[family] = revision
        definitions[revision] = record
        self.store.definitions[parsed.arn] = parsed
        self.store.revision += 1
        self.note("definition.registered", parsed.arn, f"task definition {family}:{revision} was registered")
        return record

    def _record(self, request: Request, parsed: TaskDefinition) -> Any:
        from moto.ecs.models import TaskDefinition as MotoTaskDefinition

        record = MotoTaskDefinition(
            parsed.family,
            parsed.revision,
            [_with_defaults(c, parsed.network_mode) for c in request["containerDefinitions"]],
            self.place.account,
            self.place.region,
            **{name: request.get(key) for name, key in _MEMBERS},
        )
        record.network_mode = parsed.network_mode.value
        record.compatibilities = _compatibilities(parsed)
        record.registered_at = self.context.now()
        record.registered_by = f"arn:aws:iam::{self.place.account}:root"
        record.enable_fault_injection = request.get("enableFaultInjection", False)
        record.trusted_execution_configuration = request.get("trustedExecutionConfiguration")
        record.deregistered_at = None
        return record

    def register_task_definition(self, family: str, container_definitions: list[dict[str, Any]], **given: Any) -> Any:
        """moto's own signature, for its neighbours (CloudFormation, Batch)."""
        keys = dict(_MEMBERS)
        request = {keys[name]: value for name, value in given.items() if value is not None}
        return self.register({"family": family, "containerDefinitions": container_definitions, **request})

    def definition(self, name_or_arn: str, *, action: str = "run") -> TaskDefinition:
        """The ACTIVE definition that a request names (the newest of a family). ClientException."""
        record = self._find(name_or_arn)
        if record is None:
            raise ClientException("TaskDefinition not found.")
        if record.status != "ACTIVE":
            raise ClientException(f"TaskDefinition is inactive. Register a new revision to {action} it.")
        return self.store.definitions[record.arn]

    def _find(self, name_or_arn: str) -> Any:
        try:
            family, revision = family_and_revision(name_or_arn)
        except ValueError:
            raise InvalidParameterException(
                f"Invalid revision number. Number: {name_or_arn.rsplit(':', 1)[-1]}"
            ) from None
        revisions = self.task_definitions.get(family, {})
        if revision is None:
            revision = max((r for r, d in revisions.items() if d.status == "ACTIVE"), default=0)
        return revisions.get(revision)

    def describe_task_definition(self, task_definition_str: str) -> Any:
        """The registered definition, ACTIVE or INACTIVE; a family alone means its newest ACTIVE revision."""
        record = self._find(task_definition_str)
        if record is None:
            raise ClientException(NOT_FOUND)
        return record

    def deregister_task_definition(self, task_definition_str: str) -> Any:
        """Make one revision INACTIVE: what runs goes on, nothing new starts from it."""
        if ":" not in task_definition_str.rsplit("/", 1)[-1]:
            raise ClientException("Revision is missing.")
        record = self._find(task_definition_str)
        if record is None:
            raise ClientException("The specified task definition does not exist.")
        record.status = "INACTIVE"
        record.deregistered_at = self.context.now()
        self.store.revision += 1
        self.note("definition.deregistered", record.arn, f"{record.family}:{record.revision} is INACTIVE now")
        return record

    def list_definitions(self, request: Request) -> tuple[list[str], str | None]:
        """ARNs by family and revision, sorted as asked."""
        status = request.get("status") or "ACTIVE"
        prefix = request.get("familyPrefix")
        found = [
            (record.family, record.revision, record.arn)
            for revisions in self.task_definitions.values()
            for record in revisions.values()
            if record.status == status and (prefix is None or record.family == prefix)
        ]
        found.sort(reverse=request.get("sort") == "DESC")
        return page([arn for *_, arn in found], request, 100)

    def list_families(self, request: Request) -> tuple[list[str], str | None]:
        """Families that have a revision of the asked-for status (ACTIVE, INACTIVE or ALL)."""
        status, prefix = request.get("status") or "ACTIVE", request.get("familyPrefix") or ""
        families = [
            family
            for family, revisions in sorted(self.task_definitions.items())
            if family.startswith(prefix) and _has_status({d.status for d in revisions.values()}, status)
        ]
        return page(families, request, 100)


def as_request(record: Any) -> dict[str, Any]:
    """The request that would register a definition once more."""
    given = {key: value for name, key in _MEMBERS if (value := getattr(record, name, None)) is not None}
    return {"family": record.family, "containerDefinitions": list(record.container_definitions), **given}


def _has_status(statuses: set[str], wanted: str) -> bool:
    if wanted == "INACTIVE":
        return bool(statuses) and "ACTIVE" not in statuses
    return bool(statuses) if wanted == "ALL" else "ACTIVE" in statuses


_MEMBERS = (
    ("network_mode", "networkMode"),
    ("volumes", "volumes"),
    ("tags", "tags"),
    ("placement_constraints", "placementConstraints"),
    ("requires_compatibilities", "requiresCompatibilities"),
    ("cpu", "cpu"),
    ("memory", "memory"),
    ("task_role_arn", "taskRoleArn"),
    ("execution_role_arn", "executionRoleArn"),
    ("proxy_configuration", "proxyConfiguration"),
    ("inference_accelerators", "inferenceAccelerators"),
    ("runtime_platform", "runtimePlatform"),
    ("ipc_mode", "ipcMode"),
    ("pid_mode", "pidMode"),
    ("ephemeral_storage", "ephemeralStorage"),
)


def _with_defaults(container: Mapping[str, Any], mode: NetworkMode) -> dict[str, Any]:
    """A container definition as AWS gives it back: ports with their protocol and host port filled in."""
    full = {"systemControls": [], **container}
    full["portMappings"] = [_port(p, mode) for p in container.get("portMappings") or ()]
    return full


def _port(port: Mapping[str, Any], mode: NetworkMode) -> dict[str, Any]:
    same = mode in (NetworkMode.AWSVPC, NetworkMode.HOST)
    host = port.get("containerPort") if same else 0
    return {"protocol": "tcp", **port, "hostPort": port.get("hostPort") or host}


def _compatibilities(definition: TaskDefinition) -> list[str]:
    """What a definition can run on: what it requires, and EC2, which accepts all that Fargate does."""
    required = definition.requires_compatibilities
    found = {"EC2", *required} if "EXTERNAL" not in required else {"EXTERNAL", "EC2"}
    fits_external = definition.network_mode is not NetworkMode.AWSVPC
    if fits_external:
        found.add("EXTERNAL")
    return [kind for kind in ("EXTERNAL", "EC2", "FARGATE") if kind in found]
