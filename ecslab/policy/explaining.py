"""Decisions in words: AWS's one sentence for the caller, and some more for a learner. Pure.

It decides nothing. Invariant: what is said follows from the Decision alone. The wording of AWS's message is that of the
IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from ecslab.policy.deciding import Ask, Decision, Looked, Reason
from ecslab.policy.documents import Effect

_TYPES = {
    Reason.NO_IDENTITY_ALLOW: "identity-based policy",
    Reason.BOUNDARY: "permissions boundary",
    Reason.SESSION: "session policy",
    Reason.NO_RESOURCE_ALLOW: "resource-based policy",
}


def denial_message(decision: Decision, ask: Ask) -> str:
    """What AWS says to the caller that is denied."""
    text = f"User: {ask.principal} is not authorized to perform: {ask.action} on resource: {ask.resource}"
    if decision.reason is Reason.EXPLICIT_DENY:
        return f"{text} with an explicit deny in {_article(_type(decision))}"
    kind = _TYPES.get(decision.reason)
    return f"{text} because no {kind} allows the {ask.action} action" if kind else text


def _type(decision: Decision) -> str:
    """The type of the policy that denied, by what its statement has."""
    statement, document = decision.statement, decision.document
    if statement is not None and (statement.principals or statement.not_principals):
        return "resource-based policy"
    name = document.name if document is not None else ""
    if name.startswith("permissions boundary"):
        return "permissions boundary"
    return "session policy" if name.startswith("session policy") else "identity-based policy"


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def explain(decision: Decision, ask: Ask) -> tuple[str, ...]:
    """Who decided and why, for a learner: one sentence each."""
    if decision.statement is not None and decision.document is not None:
        verb = "allows" if decision.allowed else "denies"
        deciding = f"{_capital(decision.statement.label)} of {decision.document.name} {verb} {ask.action}."
        last = ("An explicit deny wins over every allow.",) if not decision.allowed else ()
        return (deciding, *last)
    if decision.allowed:
        return ("The account's root may do everything.",)
    return (_nothing(decision, ask), *_nearest(decision))


def _nothing(decision: Decision, ask: Ask) -> str:
    if decision.reason is Reason.TRUST:
        return f"No statement of the trust policy lets {ask.principal} do {ask.action}."
    kind = _TYPES.get(decision.reason, "policy")
    on = "" if ask.resource == "*" else f" on {ask.resource}"
    return f"No statement of a{'n' if kind[0] in 'aeiou' else ''} {kind} allows {ask.action}{on}."


def _nearest(decision: Decision) -> tuple[str, ...]:
    """The allow that came closest, and what it lacked; or that nothing was there to look at."""
    allows = [one for one in decision.considered if one.statement.effect is Effect.ALLOW and not one.applied]
    limiting = [one for one in allows if _belongs(one, decision.reason)]
    if not limiting:
        return ("There is no such policy with an Allow in it.",)
    best = max(limiting, key=lambda one: one.passed)
    if best.passed == 0:
        return (f"{len(limiting)} statement{'s' if len(limiting) > 1 else ''} allow other actions only.",)
    return (f"The nearest is {best.statement.label} of {best.document.name}, but {_small(best.why)}.",)


def _belongs(one: Looked, reason: Reason) -> bool:
    """Whether a statement is of the kind of policy that was lacking."""
    name = one.document.name
    if reason is Reason.BOUNDARY:
        return name.startswith("permissions boundary")
    if reason is Reason.SESSION:
        return name.startswith("session policy")
    return not name.startswith(("permissions boundary", "session policy"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return f"its {text}" if text.split(" ", 1)[0] in _ELEMENTS else text


_ELEMENTS = ("Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
