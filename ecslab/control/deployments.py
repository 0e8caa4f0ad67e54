"""What the journal is told of service deployments: each change of status, stage, traffic and hooks.

It decides nothing; it compares the record that is about to be written down with the one before.
"""

from __future__ import annotations

from typing import Any

from ecslab.model.arn import last_part
from ecslab.model.deployments import ServiceDeployment
from ecslab.model.service import Service


def note_progress(backend: Any, service: Service) -> None:
    """Journal how the newest service deployment of ``service`` differs from what is written down."""
    known = backend.store.service(service.cluster_name, service.service_name)
    before, after = known.rollout if known else None, service.rollout
    if after is None or after is before:
        return
    if before is not None and before.service_deployment_arn != after.service_deployment_arn:
        before = None
    name, word = service.service_name, last_part(after.service_deployment_arn)
    data = {"service": name, "deployment": after.target_service_revision.deployment_id, "arn": word}
    if before is None or before.status is not after.status:
        why = f": {after.status_reason}" if after.status_reason else ""
        text = f"service deployment {word} of {name} is {after.status}{why}"
        backend.note("deployment.state", service.service_arn, text, **data, state=after.status.value)
    if after.lifecycle_stage is not None and (before is None or before.lifecycle_stage is not after.lifecycle_stage):
        text = f"service deployment {word} of {name} is at {after.lifecycle_stage}"
        backend.note("deployment.stage", service.service_arn, text, **data, stage=after.lifecycle_stage.value)
    if before is None or weights(before) != weights(after):
        _note_weights(backend, service, after, data)
    _note_hooks(backend, service, before, data)


def weights(record: ServiceDeployment) -> dict[str, tuple[float | None, float | None]]:
    """Production and test traffic of each revision, in percent, by the digits of its deployment."""
    return {
        last_part(r.arn): (r.requested_production_traffic_weight, r.requested_test_traffic_weight)
        for r in record.revisions
    }


def _note_weights(backend: Any, service: Service, record: ServiceDeployment, data: dict[str, str]) -> None:
    if record.target_service_revision.requested_production_traffic_weight is None:
        return
    green = record.target_service_revision
    text = (
        f"the new revision of {service.service_name} gets {green.requested_production_traffic_weight:g} % of the "
        f"production and {green.requested_test_traffic_weight or 0:g} % of the test traffic"
    )
    shares = {digits: production for digits, (production, _) in weights(record).items()}
    backend.note("deployment.traffic", service.service_arn, text, **data, production=shares)


def _note_hooks(backend: Any, service: Service, before: ServiceDeployment | None, data: dict[str, str]) -> None:
    known = {d.hook_id: d.status for d in before.lifecycle_hook_details} if before else {}
    details = service.rollout.lifecycle_hook_details if service.rollout else ()
    for detail in details:
        if known.get(detail.hook_id) == detail.status:
            continue
        what = "pause" if detail.target_type == "PAUSE" else f"hook {detail.target_arn} (its answer is simulated)"
        text = f"{what} at {detail.stage} of {service.service_name} is {detail.status}"
        backend.note("deployment.hook", service.service_arn, text, **data, hook=detail.hook_id, state=detail.status)
