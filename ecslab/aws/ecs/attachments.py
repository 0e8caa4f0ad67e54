"""SubmitAttachmentStateChanges: an agent says that a network interface of a task is attached, or gone.

On AWS the agent acknowledges what ECS did; so here, where the control plane makes and deletes the interface: the report
is checked against the attachment that is there and changes nothing but what is written in the journal.
Source: Amazon ECS API Reference, SubmitAttachmentStateChanges; amazon-ecs-agent (ATTACHED is what it sends).
"""

from __future__ import annotations

from ecslab.aws.ecs.base import Request, Verbs
from ecslab.errors import InvalidParameterException
from ecslab.model.arn import last_part
from ecslab.model.task import Attachment, Task

KNOWN = ("PRECREATED", "CREATED", "ATTACHING", "ATTACHED", "DETACHING", "DETACHED", "DELETED", "FAILED")


class AttachmentVerbs(Verbs):
    """The verb about attachments."""

    def submit_attachment_state_changes(self, request: Request) -> str:
        """Acknowledge the reports, all of them or none. InvalidParameterException."""
        cluster = self.active_cluster(request.get("cluster"))
        known = {a.id: (a, task) for task in self.store.tasks(cluster) for a in task.attachments}
        reports = [(self._attached(report, known), report["status"]) for report in request["attachments"]]
        for (attachment, task), status in reports:
            text = f"the attachment {attachment.id} of task {task.task_id[:8]} is reported {status}"
            self.note("eni.reported", task.task_arn, text, status=status, attachment=attachment.id)
        return "ACK"

    def _attached(self, report: dict[str, str], known: dict[str, tuple[Attachment, Task]]) -> tuple[Attachment, Task]:
        if report["status"] not in KNOWN:
            raise InvalidParameterException(
                f"Invalid attachment status '{report['status']}'. It is one of: {', '.join(KNOWN)}."
            )
        found = known.get(last_part(report["attachmentArn"]))
        if found is None:
            raise InvalidParameterException(f"No task of the cluster has the attachment '{report['attachmentArn']}'.")
        return found
