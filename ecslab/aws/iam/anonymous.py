"""Requests that nobody signed, while the gate enforces: only a bucket whose policy names everybody lets them in.

Source: IAM User Guide, "Policy evaluation logic" (anonymous requests); STS, AssumeRoleWithWebIdentity is not signed.
"""

from __future__ import annotations

from ecslab.aws.context import LabContext
from ecslab.aws.iam import principals
from ecslab.aws.iam.actions import action_of
from ecslab.aws.iam.asked import keys_of
from ecslab.aws.iam.bearing import policies_on
from ecslab.aws.iam.keys import of_caller
from ecslab.aws.iam.refusal import Refusal, Why, refuse
from ecslab.aws.iam.resources import resources_of
from ecslab.aws.iam.wire import Call, Environ, Signed, body_of, read
from ecslab.model.arn import Place
from ecslab.policy import Ask, decide

_UNSIGNED = ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
_NOT_AWS = ("/moto-api", "/latest/", "/favicon.ico")
_MISSING = "Missing Authentication Token: the request is not signed. Give the client an access key."


def refusal_of(environ: Environ, place: Place, context: LabContext) -> Refusal | None:
    """What an unsigned request is answered; None lets it go on."""
    if environ.get("PATH_INFO", "").startswith(_NOT_AWS):
        return None
    if environ.get("HTTP_X_AMZ_TARGET"):
        call = Call(service="", operation="", protocol="json", region=place.region)
        return refuse(call, Why.UNSIGNED, _MISSING)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        if any(name.encode() in body_of(environ) for name in _UNSIGNED):
            return None
        return refuse(Call(service="", operation="", protocol="query", region=place.region), Why.UNSIGNED, _MISSING)
    return _of_bucket(environ, place, context)


def _of_bucket(environ: Environ, place: Place, context: LabContext) -> Refusal | None:
    call = read(environ, Signed(key_id="", token="", region=place.region, signing_name="s3"))
    caller = principals.anonymous(place)
    keys = {**of_caller(caller, context.now()), **keys_of(call, place)}
    for resource in resources_of(call, place):
        ask = Ask(principal=caller.arn, action=action_of(call), resource=resource, context=keys)
        if not decide(ask, identity=(), resource=policies_on("s3", resource, place), same_account=True).allowed:
            return refuse(call, Why.DENIED, "Access Denied")
    return None
