"""The control plane's own steps in a task's life: its network interface, and letting go of it.

PROVISIONING → PENDING, RUNNING → DEACTIVATING → STOPPING and DEPROVISIONING → STOPPED happen here; all in
between is the agent's. Level-triggered: ``step`` looks at one task and moves it at most one state.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecslab.aws import interfaces
from ecslab.control.capacity import place_waiting
from ecslab.errors import TaskError
from ecslab.model.network import Eni
from ecslab.model.status import DesiredStatus, StopCode, TaskStatus
from ecslab.model.task import Attachment, NetworkInterface, Task

KEPT_STOPPED = 3600.0
"""Lab seconds for which a STOPPED task can be described (facts: lifecycle.stopped_visible)."""


def step(backend: Any, task: Task) -> None:
    """Move one task by the one state that is the control plane's to move, if any."""
    stopping = task.desired_status is DesiredStatus.STOPPED
    status = task.last_status
    if status is TaskStatus.PROVISIONING and stopping:
        backend.waiting.pop(task.task_arn, None)
        backend.move_task(task, TaskStatus.DEPROVISIONING if task.eni else TaskStatus.STOPPED)
    elif task.task_arn in backend.waiting:
        place_waiting(backend, task)
    elif status is TaskStatus.PROVISIONING:
        _provision(backend, task)
    elif stopping and status is TaskStatus.RUNNING:
        backend.move_task(task, TaskStatus.DEACTIVATING)
    elif status is TaskStatus.DEACTIVATING and backend.context.now() < backend.deregistering.get(task.task_arn, 0.0):
        return  # its connections drain
    elif stopping and status in (TaskStatus.PENDING, TaskStatus.ACTIVATING, TaskStatus.DEACTIVATING):
        backend.move_task(task, TaskStatus.STOPPING)
    elif status is TaskStatus.DEPROVISIONING:
        _deprovision(backend, task)


def has_step(task: Task) -> bool:
    """Whether the control plane has a step to take for this task."""
    if task.last_status in (TaskStatus.PROVISIONING, TaskStatus.DEPROVISIONING):
        return True
    return task.desired_status is DesiredStatus.STOPPED and task.last_status not in (
        TaskStatus.STOPPING,
        TaskStatus.STOPPED,
    )


def _provision(backend: Any, task: Task) -> None:
    attachment_id = backend.context.uuid()
    try:
        eni = interfaces.create_eni(
            backend.place,
            interfaces.Order(
                network=backend.task_networks[task.task_arn],
                attachment_id=attachment_id,
                zone=task.availability_zone or "",
                instance=_instance_of(backend, task),
                now=backend.context.now(),
            ),
        )
    except TaskError as failed:
        stopped = backend.wish_stopped(task, StopCode.TASK_FAILED_TO_START, str(failed))
        backend.move_task(stopped, TaskStatus.STOPPED)
        return
    backend.note("eni.attached", task.task_arn, f"network interface {eni.eni_id} has the address {eni.private_ip}")
    backend.move_task(_with_eni(task, eni), TaskStatus.PENDING)


def _instance_of(backend: Any, task: Task) -> str:
    """The EC2 id of the task's container instance; empty on Fargate."""
    instance = backend.store.instance(task.container_instance_arn or "")
    return str(instance.ec2_instance_id) if instance is not None else ""


def _with_eni(task: Task, eni: Eni) -> Task:
    shown = NetworkInterface(attachment_id=eni.attachment_id, private_ipv4_address=eni.private_ip)
    details = (
        {"name": "subnetId", "value": eni.subnet_id},
        {"name": "networkInterfaceId", "value": eni.eni_id},
        {"name": "macAddress", "value": eni.mac_address},
        {"name": "privateIPv4Address", "value": eni.private_ip},
    )
    attached = Attachment(id=eni.attachment_id, type="ElasticNetworkInterface", status="ATTACHED", details=details)
    return replace(
        task,
        eni=eni,
        attachments=(attached,),
        containers=tuple(replace(c, network_interfaces=(shown,)) for c in task.containers),
    )


def _deprovision(backend: Any, task: Task) -> None:
    if task.eni is not None:
        interfaces.delete_eni(backend.place, task.eni.eni_id)
        backend.note("eni.deleted", task.task_arn, f"network interface {task.eni.eni_id} is gone")
    gone = tuple(replace(a, status="DELETED") for a in task.attachments)
    backend.move_task(replace(task, attachments=gone), TaskStatus.STOPPED)
