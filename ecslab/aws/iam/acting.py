"""Acting for a role: what the lab itself does with a role's permissions, as an agent does with the execution role.

Invariant: nothing is done that ``denial`` has not been asked about, and each denial is in the journal.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecslab.aws.context import LabContext
from ecslab.aws.iam import authorize
from ecslab.model.arn import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """One role's session, by name."""

    place: Place
    context: LabContext
    role_arn: str
    session_name: str

    def denial(self, action: str, resource: str, **conditions: str) -> str:
        """AWS's sentence why the role may not, empty when it may. ``conditions`` have ``_`` for the colon."""
        verdict = authorize.permit(
            self.place,
            self.context,
            role_arn=self.role_arn,
            action=action,
            resource=resource,
            session_name=self.session_name,
            conditions={key.replace("_", ":", 1): (value,) for key, value in conditions.items()},
        )
        return "" if verdict.allowed else verdict.message
