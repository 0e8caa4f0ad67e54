"""Condition keys: what a policy's conditions are compared with. Pure values; it decides nothing.

Source: IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

from ecslab.aws.iam.principals import Caller, Kind
from ecslab.timeline import iso

Keys = dict[str, tuple[str, ...]]


def times(now: float) -> Keys:
    """The keys that tell the time (of the lab)."""
    return {"aws:CurrentTime": (iso(now),), "aws:EpochTime": (str(int(now)),)}


def of_caller(caller: Caller, now: float) -> Keys:
    """The keys that tell who calls, and when."""
    found: Keys = {
        **times(now),
        "aws:PrincipalArn": (caller.role_arn or caller.arn,),
        "aws:PrincipalAccount": (caller.account,),
        "aws:PrincipalType": (_principal_type(caller),),
        "aws:userid": (caller.user_id,),
        "aws:PrincipalIsAWSService": ("false",),
    }
    found |= {f"aws:PrincipalTag/{key}": (value,) for key, value in caller.tags.items()}
    if caller.kind is Kind.USER:
        found["aws:username"] = (caller.name,)
    if caller.issued_at is not None:
        found["aws:TokenIssueTime"] = (iso(caller.issued_at),)
    return found


def _principal_type(caller: Caller) -> str:
    names = {Kind.ROOT: "Account", Kind.USER: "User", Kind.ROLE_SESSION: "AssumedRole"}
    return names.get(caller.kind, "Anonymous")
