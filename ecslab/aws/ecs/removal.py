"""DeleteTaskDefinitions: INACTIVE revisions are deleted for good, once nothing uses them.

Invariant: a revision that tasks or services still use is DELETE_IN_PROGRESS and can be described; nothing new starts
from it. Source: Amazon ECS API Reference, DeleteTaskDefinitions; how often AWS looks whether it may go is not
documented (``LOOK``).
"""

from __future__ import annotations

from typing import Any

from ecslab.aws.ecs.base import Failure, Verbs, at_most
from ecslab.errors import InvalidParameterException
from ecslab.model.arn import last_part
from ecslab.model.status import ServiceStatus, TaskStatus

LOOK = 60.0
"""Lab seconds between two looks whether a revision is still used."""
INVALID = "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."
MISSING = "The specified task definition does not exist. Specify a valid account, family, revision and try again."
ACTIVE = "The specified task definition is still in ACTIVE status. Please deregister the target and try again."


class RemovalVerbs(Verbs):
    """The verb, and what follows it."""

    def delete_task_definitions(self, task_definitions: list[str]) -> tuple[list[Any], list[Failure]]:
        """Begin to delete up to ten revisions; those that cannot be are failures. InvalidParameterException."""
        if not task_definitions:
            raise InvalidParameterException("taskDefinitions cannot be empty. Name revisions as family:revision.")
        at_most(task_definitions, 10, "taskDefinitions")
        found: list[Any] = []
        failures: list[Failure] = []
        for name in task_definitions:
            record, reason = self._deletable(name)
            if record is None:
                failures.append({"arn": name, "reason": reason})
                continue
            record.status = "DELETE_IN_PROGRESS"
            record.delete_requested_at = self.context.now()
            self.store.revision += 1
            self.note("definition.deleted", record.arn, f"{record.family}:{record.revision} is to be deleted")
            self._forget_later(record)
            found.append(record)
        return found, failures

    def _deletable(self, name: str) -> tuple[Any, str]:
        family, _, revision = last_part(name).rpartition(":")
        if not family or not revision.isdecimal():
            return None, INVALID
        record = self.task_definitions.get(family, {}).get(int(revision))
        if record is None:
            return None, MISSING
        return (None, ACTIVE) if record.status == "ACTIVE" else (record, "")

    def _forget_later(self, record: Any) -> None:
        self.context.timeline.call_later(LOOK, lambda: self._forget_definition(record))

    def _forget_definition(self, record: Any) -> None:
        """Drop a revision that nothing uses; look again later where something does."""
        if self._in_use(record.arn):
            self._forget_later(record)
        elif self.task_definitions.get(record.family, {}).pop(record.revision, None) is not None:
            self.store.revision += 1

    def _in_use(self, arn: str) -> bool:
        tasks = (t for t in self.store.all_tasks() if t.last_status is not TaskStatus.STOPPED)
        services = (s for s in self.store.services() if s.status is not ServiceStatus.INACTIVE)
        deployed = (d.task_definition for s in services for d in s.works)
        return any(t.task_definition_arn == arn for t in tasks) or arn in deployed
