"""Daemon task definitions: registered, described, listed and deleted. Their containers are validated as any others.

A daemon's containers are in the network of their instance (host mode) and have no ports of their own. Invariant: what
is registered can be run. A definition that is to be deleted is DELETE_IN_PROGRESS while a daemon uses it, then DELETED.
Sources: Amazon ECS API Reference, RegisterDaemonTaskDefinition and its neighbours; Developer Guide, "Daemon task
definitions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecslab.aws.ecs.base import Request, Verbs, page
from ecslab.aws.ecs.validation import validate
from ecslab.errors import ClientException, InvalidParameterException
from ecslab.model.arn import family_and_revision
from ecslab.model.daemons import DaemonTaskDefinition
from ecslab.model.definition import parse

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
NOT_FOUND = "The specified daemon task definition was not found. Give its family, family:revision or full ARN."
SHOWN = ("taskRoleArn", "executionRoleArn", "containerDefinitions", "volumes", "cpu", "memory", "pidMode", "ipcMode")


class DaemonDefinitionVerbs(Verbs):
    """The verbs about daemon task definitions."""

    daemon_definitions: dict[str, dict[int, DaemonTaskDefinition]]

    def register_daemon_definition(self, request: Request) -> DaemonTaskDefinition:
        """The next revision of a family. ClientException, InvalidParameterException."""
        family = request["family"]
        if not NAME.fullmatch(family):
            raise InvalidParameterException("Invalid family. Use up to 255 letters, digits, hyphens and underscores.")
        wire = _as_definition(request)
        validate(wire)
        revisions = self.daemon_definitions.setdefault(family, {})
        revision = len(revisions) + 1
        made = DaemonTaskDefinition(
            arn=self.place.daemon_task_definition(family, revision),
            family=family,
            revision=revision,
            wire={key: request[key] for key in SHOWN if request.get(key) is not None},
            registered_at=self.context.now(),
            registered_by=f"arn:aws:iam::{self.place.account}:root",
            tags=tuple(request.get("tags") or ()),
        )
        self.store.definitions[made.arn] = parse(wire, arn=made.arn, revision=revision)
        revisions[revision] = made
        self.store.revision += 1
        self.note("daemon.definition", made.arn, f"daemon task definition {family}:{revision} was registered")
        return made

    def daemon_definition(self, name: str) -> DaemonTaskDefinition:
        """A definition by family (its newest ACTIVE revision), family:revision or ARN. ClientException."""
        try:
            family, revision = family_and_revision(name)
        except ValueError:
            raise InvalidParameterException(f"Invalid revision number. Number: {name.rsplit(':', 1)[-1]}") from None
        revisions = self.daemon_definitions.get(family, {})
        if revision is None:
            revision = max((n for n, d in revisions.items() if d.delete_requested_at is None), default=0)
        found = revisions.get(revision)
        if found is None:
            raise ClientException(NOT_FOUND)
        return found

    def usable_daemon_definition(self, name: str) -> DaemonTaskDefinition:
        """One that a daemon may be created from: ACTIVE. ClientException."""
        found = self.daemon_definition(name)
        if found.delete_requested_at is not None:
            raise ClientException("The daemon task definition is deleted. Register a new revision and use that.")
        return found

    def uses_daemon_definition(self, arn: str) -> bool:
        """Whether a daemon runs from it; the family that has daemons overrides it."""
        raise NotImplementedError

    def shown_daemon_definition(self, found: DaemonTaskDefinition) -> Mapping[str, Any]:
        """As the API shows it."""
        return {
            **self._definition_summary(found),
            **found.wire,
            "daemonTaskDefinitionArn": found.arn,
            "family": found.family,
        }

    def _definition_summary(self, found: DaemonTaskDefinition) -> dict[str, Any]:
        deleted = "DELETE_IN_PROGRESS" if self.uses_daemon_definition(found.arn) else "DELETED"
        return {
            "arn": found.arn,
            "revision": found.revision,
            "status": "ACTIVE" if found.delete_requested_at is None else deleted,
            "registeredAt": found.registered_at,
            "registeredBy": found.registered_by,
            "deleteRequestedAt": found.delete_requested_at,
        }

    def list_daemon_definitions(self, request: Request) -> tuple[list[Any], str | None]:
        """Summaries by family and revision, of one status. InvalidParameterException."""
        status, prefix, family = request.get("status") or "ACTIVE", request.get("familyPrefix"), request.get("family")
        found = []
        for name, revisions in sorted(self.daemon_definitions.items()):
            if not name.startswith(prefix or "") or family not in (None, "", name):
                continue
            last = request.get("revision") == "LAST_REGISTERED"
            found += [
                self._definition_summary(revisions[n]) for n in (sorted(revisions)[-1:] if last else sorted(revisions))
            ]
        wanted = [d for d in found if status in ("ALL", d["status"])]
        return page(wanted[::-1] if request.get("sort") == "DESC" else wanted, request, 100)

    def delete_daemon_definition(self, request: Request) -> DaemonTaskDefinition:
        """Begin to delete a revision: no daemon is created from it any more. ClientException."""
        if ":" not in request["daemonTaskDefinition"].rsplit("/", 1)[-1]:
            raise ClientException("Revision is missing. Give family:revision or the full ARN.")
        found = self.usable_daemon_definition(request["daemonTaskDefinition"])
        gone = replace(found, delete_requested_at=self.context.now())
        self.daemon_definitions[found.family][found.revision] = gone
        self.store.revision += 1
        self.note("daemon.definition", gone.arn, f"daemon task definition {gone.family}:{gone.revision} is deleted")
        return gone


def _as_definition(request: Request) -> dict[str, Any]:
    """The request as a task definition's: what the agents run."""
    given = {k: v for k, v in request.items() if k not in ("tags", "pidMode", "ipcMode", "volumes")}
    volumes = [{k: v for k, v in volume.items() if k in ("name", "host")} for volume in request.get("volumes") or ()]
    return {**given, "volumes": volumes, "networkMode": "host", "requiresCompatibilities": ["MANAGED_INSTANCES"]}
