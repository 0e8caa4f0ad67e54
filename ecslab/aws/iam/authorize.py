"""Decisions: a caller's papers, laid before the evaluator. It reads moto's IAM and changes nothing.

Invariant: the account's root is always allowed, and every denial made on a role's behalf is in the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecslab.aws.context import LabContext
from ecslab.aws.iam import documents, keys, principals, seeds
from ecslab.aws.iam.principals import Caller, Kind
from ecslab.model.arn import Place
from ecslab.policy import Ask, Decision, Document, Reason, decide, denial_message, explain

_ROOT = Decision(allowed=True, reason=Reason.ALLOWED, statement=None, document=None, considered=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A decision and the question it answers."""

    ask: Ask
    decision: Decision

    @property
    def allowed(self) -> bool:
        """Whether the act may go on."""
        return self.decision.allowed

    @property
    def message(self) -> str:
        """AWS's message for the denial."""
        return denial_message(self.decision, self.ask)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same, told to a learner."""
        return explain(self.decision, self.ask)


def authorize(place: Place, caller: Caller, ask: Ask, resource: Sequence[Document] = ()) -> Decision:
    """Whether the caller may do what is asked; ``resource`` are the resource's own policies."""
    if caller.kind is Kind.ROOT:
        return _ROOT
    papers = documents.of(place, caller)
    return decide(
        ask,
        identity=papers.identity,
        boundary=papers.boundary,
        session=papers.session,
        resource=resource,
        same_account=caller.account == place.account,
    )


def permit(
    place: Place,
    context: LabContext,
    *,
    role_arn: str,
    action: str,
    resource: str,
    session_name: str,
    conditions: Mapping[str, tuple[str, ...]] | None = None,
) -> Verdict:
    """Whether a role may do something that the lab does for it (the execution role, the instance role).

    A denial is journaled as ``iam.denied``. ``verdict.message`` is AWS's sentence. A role that does not exist has no
    policy, and may do nothing.
    """
    seeds.ensure(place)
    caller = principals.of_role(place, role_arn, session_name) or _nobody(place, role_arn, session_name)
    found = {**keys.of_caller(caller, context.now()), "aws:RequestedRegion": (place.region,), **(conditions or {})}
    ask = Ask(principal=caller.arn, action=action, resource=resource, context=found)
    verdict = Verdict(ask=ask, decision=authorize(place, caller, ask))
    if not verdict.allowed:
        record(context, verdict, role_arn=role_arn)
    return verdict


def record(context: LabContext, verdict: Verdict, *, role_arn: str = "", message: str = "") -> None:
    """Write a denial into the journal."""
    ask, decision = verdict.ask, verdict.decision
    document, statement = decision.document, decision.statement
    context.journal.record(
        "iam.denied",
        ask.principal,
        message or verdict.message,
        action=ask.action,
        resource=ask.resource,
        principal=ask.principal,
        role=role_arn,
        reason=str(decision.reason),
        sentences=list(verdict.sentences),
        decided_by=document.name if document is not None else "",
        statement=(statement.sid or f"statement {statement.index + 1}") if statement is not None else "",
    )


def _nobody(place: Place, role_arn: str, session_name: str) -> Caller:
    name = role_arn.rsplit("/", 1)[-1]
    return Caller(
        arn=f"arn:aws:sts::{place.account}:assumed-role/{name}/{session_name}",
        kind=Kind.ROLE_SESSION,
        account=place.account,
        name=name,
        role_arn=role_arn,
        session_name=session_name,
    )
