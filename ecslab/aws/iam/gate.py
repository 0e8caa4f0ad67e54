"""The gate: every AWS request passes here before moto sees it. It asks who calls and whether they may.

A task's calls are decided always; those of other users and roles when ``enforce`` is on; the account's root (the lab's
own key) never. moto's own enforcement stays off. Invariant: a request that the gate lets go on is unchanged, but for
moto's header that would put a caller into another account.

Source of the order of checks: IAM User Guide, "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.aws.context import ACCOUNT, REGION, LabContext
from ecslab.aws.iam import principals
from ecslab.aws.iam.principals import Caller, ExpiredToken, InvalidToken, Kind
from ecslab.aws.iam.refusal import Refusal, Why, error, refuse
from ecslab.aws.iam.wire import Call, Environ, Signed, read, signed
from ecslab.errors import ApiError
from ecslab.model.arn import Place

_OWN = f"Credential={principals.OWN_KEY}/"
_ABOUT_IAM = ("/iam/aws4_request", "/sts/aws4_request")
_BAD_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method."
)


class Gate:
    """Decides about each request of one open lab."""

    def __init__(self, context: LabContext) -> None:
        self._context = context
        self.enforce = False
        """Whether the calls of users and roles that are not tasks are decided too."""
        self.allowed = 0
        """How many calls were decided and allowed."""

    def check(self, environ: Environ) -> Refusal | None:
        """None to let the request go on, else what to answer. Call it under the timeline's lock."""
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        if _OWN in authorization and not any(scope in authorization for scope in _ABOUT_IAM):
            return None
        who = signed(environ)
        if who is not None:
            return self._signed(environ, who, about_iam=who.signing_name in ("iam", "sts"))
        return self._unsigned(environ) if self.enforce else None

    def _signed(self, environ: Environ, who: Signed, *, about_iam: bool) -> Refusal | None:
        place = Place(account=ACCOUNT, region=who.region or REGION)
        try:
            caller = principals.of_access_key(place, who.key_id, who.token, self._context.now())
        except InvalidToken as problem:
            return refuse(read(environ, who), Why.BAD_TOKEN, problem.message)
        except ExpiredToken as problem:
            return refuse(read(environ, who), Why.EXPIRED, problem.message)
        if caller.kind is Kind.ROOT:
            return self._of_root(environ, who, place) if about_iam else None
        return self._of_principal(environ, who, caller)

    def _of_root(self, environ: Environ, who: Signed, place: Place) -> Refusal | None:
        self._prepare(place)
        return _malformed(read(environ, who))

    def _of_principal(self, environ: Environ, who: Signed, caller: Caller) -> Refusal | None:
        from ecslab.aws.iam.decisions import Decisions
        from ecslab.aws.iam.signature import is_right

        environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        place = Place(account=ACCOUNT, region=who.region or REGION)
        self._prepare(place)
        call = read(environ, who)
        if caller.secret and not is_right(environ, who, caller.secret):
            return refuse(call, Why.BAD_SIGNATURE, _BAD_SIGNATURE)
        if caller.is_task or self.enforce:
            denied = Decisions(place, self._context).first_denial(call, caller, environ)
            if denied is not None:
                return refuse(call, Why.DENIED, denied)
            self.allowed += 1
        return _malformed(call)

    def _unsigned(self, environ: Environ) -> Refusal | None:
        from ecslab.aws.iam.anonymous import refusal_of

        return refusal_of(environ, Place(account=ACCOUNT, region=REGION), self._context)

    def _prepare(self, place: Place) -> None:
        from ecslab.aws.iam import seam, seeds

        seam.install(self._context)
        seeds.ensure(place)


def _malformed(call: Call) -> Refusal | None:
    from ecslab.aws.iam.wellformed import check

    try:
        check(call)
    except ApiError as problem:
        return error(call, code=problem.code, message=problem.message)
    return None


def start(refusal: Refusal) -> tuple[str, list[tuple[str, str]], Iterable[bytes]]:
    """A refusal as WSGI wants it: the status line, the headers, the body."""
    reasons = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden"}
    headers = [*refusal.headers, ("Content-Length", str(len(refusal.body)))]
    return f"{refusal.status} {reasons.get(refusal.status, 'Error')}", headers, [refusal.body]
