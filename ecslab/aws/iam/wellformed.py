"""Policy documents are read before moto keeps them, so that a malformed one is answered with a sentence that helps.

It runs at the gate, for every caller. moto's own check comes after it and stays. Invariant: what passes here is what
the evaluator can read.
"""

from __future__ import annotations

from collections.abc import Mapping

from ecslab.aws.iam.wire import Call
from ecslab.policy import Kind, parse

_DOCUMENTS: Mapping[str, tuple[str, Kind]] = {
    "iam:CreateRole": ("AssumeRolePolicyDocument", Kind.TRUST),
    "iam:UpdateAssumeRolePolicy": ("PolicyDocument", Kind.TRUST),
    "iam:PutRolePolicy": ("PolicyDocument", Kind.IDENTITY),
    "iam:PutUserPolicy": ("PolicyDocument", Kind.IDENTITY),
    "iam:PutGroupPolicy": ("PolicyDocument", Kind.IDENTITY),
    "iam:CreatePolicy": ("PolicyDocument", Kind.IDENTITY),
    "iam:CreatePolicyVersion": ("PolicyDocument", Kind.IDENTITY),
    "sts:AssumeRole": ("Policy", Kind.IDENTITY),
}
_TITLES = {Kind.TRUST: "the trust policy", Kind.IDENTITY: "the policy"}


def check(call: Call) -> None:
    """Read the document that a call carries. MalformedPolicyDocument."""
    found = _DOCUMENTS.get(f"{call.service}:{call.operation}")
    if found is None:
        return
    parameter, kind = found
    text = call.params.get(parameter)
    if text is None or (call.service == "sts" and not text):
        return
    name = str(call.params.get("PolicyName") or call.params.get("RoleName") or "")
    parse(str(text), name=f"{_TITLES[kind]} {name}".rstrip(), kind=kind)
