"""Decisions in words: AWS's one sentence for the caller, and some more for a learner. Pure.

It decides nothing. Invariant: what is said follows from the Decision alone. The wording of AWS's message is that of the
IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import commonprefix

from ecslab.policy.deciding import Decision, Reason
from ecslab.policy.documents import Effect
from ecslab.policy.looking import Ask, Looked, Part

_LACKING = {
    Reason.NO_IDENTITY_ALLOW: Part.IDENTITY,
    Reason.BOUNDARY: Part.BOUNDARY,
    Reason.SESSION: Part.SESSION,
    Reason.NO_RESOURCE_ALLOW: Part.RESOURCE,
    Reason.TRUST: Part.TRUST,
}
_ELEMENTS = ("Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
_SHOWN = 3


def denial_message(decision: Decision, ask: Ask) -> str:
    """What AWS says to the caller that is denied. A trust policy that does not allow is not named, as in STS."""
    text = f"User: {ask.principal} is not authorized to perform: {ask.action} on resource: {ask.resource}"
    if decision.reason is Reason.EXPLICIT_DENY:
        part = decision.part or Part.IDENTITY
        return f"{text} with an explicit deny in {'the' if part is Part.TRUST else _article(part)} {part}"
    lacking = _LACKING.get(decision.reason)
    if lacking is None or lacking is Part.TRUST:
        return text
    return f"{text} because no {lacking} allows the {ask.action} action"


def explain(decision: Decision, ask: Ask) -> tuple[str, ...]:
    """Who decided and why, for a learner: one sentence each."""
    if decision.statement is not None and decision.document is not None:
        who = f"{_capital(decision.statement.label)} of {decision.document.name}"
        if decision.allowed:
            return (f"{who} allows {ask.action}{_on(ask)}.",)
        return (f"{who} denies {ask.action}.", "An explicit deny wins over every allow.")
    if decision.allowed:
        return ("The account's root may do everything.",)
    return (_nothing(decision, ask), *_nearest(decision, ask), *_elsewhere(decision))


def _nothing(decision: Decision, ask: Ask) -> str:
    if decision.reason is Reason.TRUST:
        return f"No statement of the trust policy lets {ask.principal} do {ask.action}."
    part = _LACKING.get(decision.reason, Part.IDENTITY)
    return f"No statement of {_article(part)} {part} allows {ask.action}{_on(ask)}."


def _nearest(decision: Decision, ask: Ask) -> tuple[str, ...]:
    """The allow that came closest, and what it lacked; or that nothing was there to look at."""
    part = _LACKING.get(decision.reason, Part.IDENTITY)
    missed = [one for one in decision.considered if _is_missed(one, part)]
    if not missed and decision.reason is Reason.NO_IDENTITY_ALLOW:
        missed = [one for one in decision.considered if _is_missed(one, Part.RESOURCE)]
    if not missed:
        return ("There is no such policy with an Allow in it.",)
    best = max(missed, key=lambda one: (one.passed, bool(one.statement.not_actions), _likeness(one, ask)))
    if best.passed == 0 and not best.statement.not_actions:
        return (_other_actions(missed, ask),)
    return (f"The nearest is {best.statement.label} of {best.document.name}, but {_small(best.why)}.",)


def _is_missed(one: Looked, part: Part) -> bool:
    return one.part is part and one.statement.effect is Effect.ALLOW and not one.applied


def _likeness(one: Looked, ask: Ask) -> int:
    """How many characters the resource has in common with what a statement names: the tie between equal misses."""
    return max((len(commonprefix([named, ask.resource])) for named in one.statement.resources), default=0)


def _other_actions(missed: Sequence[Looked], ask: Ask) -> str:
    """No action fits: how many statements there are, and what they allow in the same service."""
    service = ask.action.split(":")[0].lower()
    actions = dict.fromkeys(action for one in missed for action in one.statement.actions)
    same = [action for action in actions if action.lower().startswith(f"{service}:")]
    count = "The one statement allows" if len(missed) == 1 else f"The {len(missed)} statements allow"
    more = f" and {len(same) - _SHOWN} more" if len(same) > _SHOWN else ""
    about = f"; in {service} that is {', '.join(same[:_SHOWN])}{more}" if same else f", nothing in {service}"
    return f"{count} other actions only{about}."


def _elsewhere(decision: Decision) -> tuple[str, ...]:
    """What allows it and is not enough: own policies without their limit, a resource policy naming the account."""
    allows = [one for one in decision.considered if one.applied and one.statement.effect is Effect.ALLOW]
    if decision.reason in (Reason.BOUNDARY, Reason.SESSION, Reason.NO_RESOURCE_ALLOW):
        own = next((one for one in allows if one.part in (Part.IDENTITY, Part.RESOURCE)), None)
        return (f"{_who(own)} allows it, but that is not enough: both must.",) if own else ()
    granted = next((one for one in allows if one.part is Part.RESOURCE), None)
    if granted is None:
        return ()
    return (f"{_who(granted)} names the account only, which leaves it to the identity-based policies.",)


def _who(one: Looked) -> str:
    return f"{_capital(one.statement.label)} of {one.document.name}"


def _on(ask: Ask) -> str:
    return "" if ask.resource == "*" else f" on {ask.resource}"


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return f"its {text}" if text.split(" ", 1)[0] in _ELEMENTS else text
