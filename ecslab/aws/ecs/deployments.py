"""Service deployments and revisions: Describe, List, StopServiceDeployment, ContinueServiceDeployment.

Stopping only writes down that it is wished; the scheduler rolls back. The records are ``ecslab.aws.ecs.history``'s.
Source: Amazon ECS API Reference; Developer Guide, "Stopping Amazon ECS service deployments".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ecslab.aws.ecs.base import Failure, Request, Verbs, at_most, missing, page
from ecslab.errors import (
    ConflictException,
    InvalidParameterException,
    ServiceDeploymentNotFoundException,
    ServiceNotFoundException,
)
from ecslab.model.arn import last_part
from ecslab.model.deployments import RevisionSummary, ServiceDeployment, ServiceDeploymentStatus, ServiceRevision
from ecslab.model.service import Service
from ecslab.model.task import Task
from ecslab.scheduler import hooks, progress

MOST = 20
"""ARNs that one Describe call may name."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
STOPS = {
    "ROLLBACK": ServiceDeploymentStatus.ROLLBACK_REQUESTED,
    "ABORT": ServiceDeploymentStatus.STOP_REQUESTED,
}
STOPPABLE = (ServiceDeploymentStatus.PENDING, ServiceDeploymentStatus.IN_PROGRESS)
"""Statuses a stop changes; one that is being stopped or rolled back already just goes on."""


class DeploymentVerbs(Verbs):
    """The verbs about service deployments and service revisions."""

    hook_answers: dict[str, str]
    """What the Lambda functions of lifecycle hooks answer, by ARN, where the lab was told."""

    def begin_deployment(self, service: Service) -> Service:
        """The service with the record of its newest deployment; one that was under way is stopped by it."""
        now, cluster, name = self.context.now(), service.cluster_name, service.service_name
        if service.rollout is not None:
            tasks = tuple(self.store.tasks_of_service(cluster, name))
            before = replace(service, deployments=service.deployments[1:])
            self.store.history.keep(progress.supersede(service.rollout, before, tasks, now))
        word = "".join(self.context.random.choice(LETTERS) for _ in range(21))
        revision = self.place.service_revision(cluster, name, last_part(service.primary.id))
        record = progress.begin(service, self.place.service_deployment(cluster, name, word), revision, now)
        return replace(service, rollout=record)

    def current_revisions(self, service: Service, tasks: Sequence[Task]) -> tuple[RevisionSummary, ...]:
        """The revisions of a service that are asked for or have tasks, as ``currentServiceRevisions`` shows them."""
        if service.rollout is None:
            return ()
        prefix = service.rollout.target_service_revision_arn.rsplit("/", 1)[0]
        known = (RevisionSummary(arn=f"{prefix}/{last_part(d.id)}") for d in service.deployments)
        return tuple(progress.summarize(revision, service, tasks) for revision in known)

    def describe_service_deployments(self, request: Request) -> tuple[list[ServiceDeployment], list[Failure]]:
        """Service deployments with the counts of their tasks; MISSING for those that are not there."""
        arns = _arns(request, "serviceDeploymentArns")
        found, failures = [], []
        for arn in arns:
            record = self.store.history.deployment(arn, self.context.now())
            if record is None:
                failures.append(missing(arn))
            else:
                found.append(self._as_it_is(record))
        return found, failures

    def _as_it_is(self, record: ServiceDeployment) -> ServiceDeployment:
        service = self._service_of(record)
        if record.is_finished or service is None:
            return record
        tasks = tuple(self.store.tasks_of_service(service.cluster_name, service.service_name))
        return progress.count(record, service, tasks)

    def _service_of(self, record: ServiceDeployment) -> Service | None:
        return self.store.service(last_part(record.cluster_arn), last_part(record.service_arn))

    def list_service_deployments(self, request: Request) -> tuple[list[ServiceDeployment], str | None]:
        """The service deployments of a service in the last 90 days, newest first. ServiceNotFoundException."""
        cluster = self.active_cluster(request.get("cluster"))
        name = last_part(request["service"])
        if self.store.service(cluster, name) is None:
            raise ServiceNotFoundException()
        wanted, between = set(request.get("status") or ()), request.get("createdAt") or {}
        after, before = _time(between.get("after")), _time(between.get("before"))
        found = [
            record
            for record in self.store.history.deployments(self.place.service(cluster, name), self.context.now())
            if (not wanted or record.status.value in wanted)
            and (after is None or record.created_at >= after)
            and (before is None or record.created_at <= before)
        ]
        return page(found, request, 100)

    def stop_service_deployment(self, request: Request) -> str:
        """Ask for a rollback (or, with ABORT, for a stop) of a service deployment; its ARN.

        ServiceDeploymentNotFoundException; ConflictException for one that has finished.
        """
        arn, kind = request["serviceDeploymentArn"], request.get("stopType") or "ROLLBACK"
        if kind not in STOPS:
            raise InvalidParameterException(f"stopType {kind} is not valid. Use ROLLBACK or ABORT.")
        record, service = self._current(arn)
        if record.status in STOPPABLE:
            self._ask(service, replace(record, status=STOPS[kind], updated_at=self.context.now()))
        return str(arn)

    def _current(self, arn: str) -> tuple[ServiceDeployment, Service]:
        """An unfinished service deployment and its service."""
        record = self.store.history.deployment(arn, self.context.now())
        service = self._service_of(record) if record is not None else None
        if record is None or service is None:
            raise ServiceDeploymentNotFoundException()
        if record.is_finished:
            raise ConflictException(
                f"The service deployment is {record.status} and cannot be changed any more. "
                "ListServiceDeployments shows the one that is under way."
            )
        return record, service

    def _ask(self, service: Service, record: ServiceDeployment) -> None:
        self.store.put_service(replace(service, rollout=record, steady=False))
        self.note(
            "deployment.state",
            service.service_arn,
            f"service deployment {last_part(record.service_deployment_arn)} is {record.status}",
            deployment=record.target_service_revision.deployment_id,
            state=record.status.value,
        )

    def continue_service_deployment(self, request: Request) -> str:
        """End the pause at a hook: go on, or roll back; ARN of the service deployment.

        ServiceDeploymentNotFoundException; ConflictException for one that has finished; InvalidParameterException
        where it does not wait at that hook.
        """
        arn, hook, action = request["serviceDeploymentArn"], request["hookId"], request.get("action") or "CONTINUE"
        if action not in ("CONTINUE", "ROLLBACK"):
            raise InvalidParameterException(f"action {action} is not valid. Use CONTINUE or ROLLBACK.")
        record, service = self._current(arn)
        waiting = [d for d in record.lifecycle_hook_details if d.hook_id == hook and d.status == "AWAITING_ACTION"]
        if not waiting or record.is_rolling_back:
            raise InvalidParameterException(
                f"The service deployment does not wait at the hook {hook}. lifecycleHookDetails of "
                "DescribeServiceDeployments shows the hooks that are AWAITING_ACTION."
            )
        status = "SUCCEEDED" if action == "CONTINUE" else "FAILED"
        details = (replace(d, status=status) if d.hook_id == hook else d for d in record.lifecycle_hook_details)
        record = replace(record, lifecycle_hook_details=tuple(details), updated_at=self.context.now())
        if action == "ROLLBACK":
            record = replace(record, status=ServiceDeploymentStatus.ROLLBACK_REQUESTED)
        self._ask(service, record)
        return str(arn)

    def answer_hook(self, function: str, answer: str) -> None:
        """What the Lambda function of a hook answers from now on; the lab runs no functions.

        InvalidParameterException for what a function cannot answer.
        """
        if answer not in hooks.ANSWERS:
            raise InvalidParameterException(f"A hook cannot answer {answer}. Use {', '.join(hooks.ANSWERS)}.")
        self.hook_answers[function] = answer
        self.note("deployment.hook", function, f"the hook {function} answers {answer} from now on", state=answer)

    def describe_service_revisions(self, request: Request) -> tuple[list[ServiceRevision], list[Failure]]:
        """Service revisions with their containers' images; MISSING for those that are not there."""
        found, failures = [], []
        for arn in _arns(request, "serviceRevisionArns"):
            revision = self.store.history.revision(arn)
            if revision is None:
                failures.append(missing(arn))
            else:
                managed = self.managed_resources(revision.service_arn)
                images = self._images(revision)
                found.append(replace(revision, container_images=images, ecs_managed_resources=managed))
        return found, failures

    def _images(self, revision: ServiceRevision) -> tuple[dict[str, str], ...]:
        """Each container's image, with its digest where a task of the revision has pulled it."""
        deployment = f"ecs-svc/{last_part(revision.service_revision_arn)}"
        cluster, name = last_part(revision.cluster_arn), last_part(revision.service_arn)
        digests = {
            container.name: container.image_digest
            for task in self.store.tasks_of_service(cluster, name)
            if task.deployment_id == deployment
            for container in task.containers
            if container.image_digest
        }
        return tuple(
            {"containerName": c.name, "image": c.image}
            | ({"imageDigest": digests[c.name]} if c.name in digests else {})
            for c in self.store.definitions[revision.task_definition].containers
        )


def _arns(request: Request, key: str) -> list[str]:
    arns = list(request.get(key) or ())
    if not arns:
        raise InvalidParameterException(f"{key} cannot be empty. ListServiceDeployments says what there is.")
    at_most(arns, MOST, key)
    return arns


def _time(given: Any) -> float | None:
    return given.timestamp() if isinstance(given, datetime) else (None if given is None else float(given))
