"""Everything one call must be allowed: its actions on its resources, the roles it passes, the role it assumes.

It decides and journals; the gate answers. Invariant: a call goes on only when every question was answered yes.

Source: IAM User Guide, "Policy evaluation logic"; STS API Reference, AssumeRole (the role's trust policy and, within
one account, the caller's policy or the trust policy naming the caller itself).
"""

from __future__ import annotations

from collections.abc import Sequence

from ecslab.aws.context import LabContext
from ecslab.aws.iam import store
from ecslab.aws.iam.actions import action_of, always_allowed, more_of
from ecslab.aws.iam.asked import keys_of
from ecslab.aws.iam.authorize import Verdict, authorize, record
from ecslab.aws.iam.bearing import policies_on
from ecslab.aws.iam.keys import Keys, of_caller
from ecslab.aws.iam.passing import roles_of
from ecslab.aws.iam.principals import Caller
from ecslab.aws.iam.resources import resources_of
from ecslab.aws.iam.sessions import trust_policy
from ecslab.aws.iam.wire import Call, Environ
from ecslab.model.arn import Place
from ecslab.policy import Ask, Decision, Document, Principal, Reason, decide_trust

_ASSUMING = "sts:AssumeRole"


class Decisions:
    """The questions of one call, asked one after the other."""

    def __init__(self, place: Place, context: LabContext) -> None:
        self._place = place
        self._context = context

    def first_denial(self, call: Call, caller: Caller, environ: Environ) -> str | None:
        """AWS's message of the first denial, which is journaled; None when all is allowed."""
        if always_allowed(call):
            return None
        keys = {**of_caller(caller, self._context.now()), **_of_wire(environ), **keys_of(call, self._place)}
        denied = self._main(call, caller, keys) or self._passing(call, caller, keys)
        if denied is None:
            return None
        record(self._context, denied, role_arn=caller.role_arn)
        return denied.message

    def _main(self, call: Call, caller: Caller, keys: Keys) -> Verdict | None:
        action = action_of(call)
        own = [(action, resource) for resource in resources_of(call, self._place)] if action else []
        questions = own + more_of(call, self._place)
        for asked, resource in questions:
            ask = Ask(principal=caller.arn, action=asked, resource=resource, context=keys)
            decision = self._decide(call, caller, ask)
            if not decision.allowed:
                return Verdict(ask=ask, decision=decision)
        return None

    def _decide(self, call: Call, caller: Caller, ask: Ask) -> Decision:
        if ask.action == _ASSUMING:
            return self._assume(caller, ask)
        bearing: Sequence[Document] = policies_on(call.service, ask.resource, self._place)
        return authorize(self._place, caller, ask, bearing)

    def _assume(self, caller: Caller, ask: Ask) -> Decision:
        own = authorize(self._place, caller, ask)
        role = store.role(self._place, ask.resource)
        if role is None:
            return _nowhere(caller, ask) if own.allowed else own
        trusted = decide_trust(ask, trust_policy(role), Principal(kind="AWS", name=caller.arn))
        if own.allowed or (own.reason is Reason.NO_IDENTITY_ALLOW and _names_itself(trusted, caller)):
            return trusted
        return own

    def _passing(self, call: Call, caller: Caller, keys: Keys) -> Verdict | None:
        for role, service in roles_of(call, self._place):
            context = {**keys, "iam:PassedToService": (service,)}
            ask = Ask(principal=caller.arn, action="iam:PassRole", resource=role, context=context)
            decision = authorize(self._place, caller, ask)
            if not decision.allowed:
                return Verdict(ask=ask, decision=decision)
        return None


def _names_itself(trusted: Decision, caller: Caller) -> bool:
    """Whether the trust policy lets in this very principal, not only its account."""
    if not trusted.allowed or trusted.statement is None:
        return False
    return bool({caller.arn, caller.role_arn, "*"}.intersection(trusted.statement.principals.get("AWS", ())))


def _nowhere(caller: Caller, ask: Ask) -> Decision:
    """The decision about a role that does not exist: nothing trusts anybody."""
    empty = Document(name=f"trust policy of {ask.resource}, which does not exist", statements=(), version="2012-10-17")
    return decide_trust(ask, empty, Principal(kind="AWS", name=caller.arn))


def _of_wire(environ: Environ) -> Keys:
    return {
        "aws:SourceIp": (environ.get("REMOTE_ADDR", "127.0.0.1"),),
        "aws:SecureTransport": ("true" if environ.get("wsgi.url_scheme") == "https" else "false",),
        "aws:UserAgent": (environ.get("HTTP_USER_AGENT", ""),),
    }
