"""SimulatePrincipalPolicy and SimulateCustomPolicy: the same evaluator, asked about calls that nobody makes.

Each action is asked about each resource, one result for each pair, as AWS answers. Nothing is journaled. Positions of
statements in their document are not given.

Source: IAM API Reference, SimulatePrincipalPolicy (EvaluationResult; ``*`` where no resource is given; MaxItems 100).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecslab.aws.iam import documents, store
from ecslab.aws.iam.keys import Keys
from ecslab.errors import ApiError
from ecslab.model.arn import Place
from ecslab.policy import Ask, Decision, Document, Kind, Reason, decide, parse

PAGE = 100
_AUTOMATIC = (
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:username",
    "aws:userid",
)
Params = Mapping[str, Any]
Json = dict[str, Any]


class NoSuchEntity(ApiError):
    """The principal whose policies are to be simulated does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """Whose call is simulated, by which documents."""

    principal: str
    identity: tuple[Document, ...]
    boundary: tuple[Document, ...] | None
    resource: tuple[Document, ...]
    context: Keys


def of_principal(place: Place, params: Params) -> Json:
    """The answer to SimulatePrincipalPolicy. NoSuchEntity, MalformedPolicyDocument."""
    arn = str(params["PolicySourceArn"])
    holder, kind = _holder(place, arn)
    papers = documents.of_holder(place, holder, kind)
    limits = _given(params, "PermissionsBoundaryPolicyInputList", Kind.BOUNDARY)
    return _page(
        params,
        _Case(
            principal=str(params.get("CallerArn") or arn),
            identity=(*papers.identity, *_given(params, "PolicyInputList")),
            boundary=limits or papers.boundary,
            resource=_resource_policy(params),
            context=_context(place, params, holder if kind != "group" else None, kind),
        ),
    )


def of_documents(place: Place, params: Params) -> Json:
    """The answer to SimulateCustomPolicy. MalformedPolicyDocument."""
    return _page(
        params,
        _Case(
            principal=str(params.get("CallerArn") or f"arn:aws:iam::{place.account}:user/simulated"),
            identity=_given(params, "PolicyInputList"),
            boundary=_given(params, "PermissionsBoundaryPolicyInputList", Kind.BOUNDARY) or None,
            resource=_resource_policy(params),
            context=_context(place, params, None, ""),
        ),
    )


def keys_of_principal(place: Place, params: Params) -> Json:
    """The answer to GetContextKeysForPrincipalPolicy."""
    papers = documents.of_holder(place, *_holder(place, str(params["PolicySourceArn"])))
    return {"ContextKeyNames": _keys((*papers.identity, *_given(params, "PolicyInputList")))}


def keys_of_documents(params: Params) -> Json:
    """The answer to GetContextKeysForCustomPolicy."""
    return {"ContextKeyNames": _keys(_given(params, "PolicyInputList"))}


def _holder(place: Place, arn: str) -> tuple[Any, str]:
    for kind, found in (("user", store.user(place, arn)), ("role", store.role(place, arn))):
        if found is not None and arn.startswith("arn:"):
            return found, kind
    for group in store.iam(place).groups.values():
        if group.arn == arn:
            return group, "group"
    raise NoSuchEntity(f"There is no user, group or role {arn}. Give the full ARN (`aws iam get-role --role-name …`).")


def _given(params: Params, name: str, kind: Kind = Kind.IDENTITY) -> tuple[Document, ...]:
    texts: Iterable[str] = params.get(name) or ()
    return tuple(parse(text, name=f"{name}.{number}", kind=kind) for number, text in enumerate(texts, 1))


def _resource_policy(params: Params) -> tuple[Document, ...]:
    text = params.get("ResourcePolicy")
    return (parse(str(text), name="ResourcePolicy", kind=Kind.RESOURCE),) if text else ()


def _context(place: Place, params: Params, holder: Any, kind: str) -> Keys:
    found: Keys = {"aws:PrincipalAccount": (place.account,)}
    if holder is not None:
        found["aws:PrincipalArn"] = (holder.arn,)
        found |= {f"aws:PrincipalTag/{tag['Key']}": (tag["Value"],) for tag in holder.tags or ()}
        if kind == "user":
            found |= {"aws:username": (holder.name,), "aws:userid": (holder.id,)}
    for entry in params.get("ContextEntries") or ():
        found[str(entry["ContextKeyName"])] = tuple(str(v) for v in entry.get("ContextKeyValues") or ())
    return found


def _page(params: Params, case: _Case) -> Json:
    pairs = [(action, arn) for action in params["ActionNames"] for arn in params.get("ResourceArns") or ["*"]]
    first, most = int(params.get("Marker") or 0), int(params.get("MaxItems") or PAGE)
    chosen = pairs[first : first + most]
    answer: Json = {"EvaluationResults": [_result(case, action, arn) for action, arn in chosen], "IsTruncated": False}
    if first + most < len(pairs):
        answer |= {"IsTruncated": True, "Marker": str(first + most)}
    return answer


def _result(case: _Case, action: str, resource: str) -> Json:
    ask = Ask(principal=case.principal, action=action, resource=resource, context=case.context)
    decision = decide(ask, identity=case.identity, boundary=case.boundary, resource=case.resource)
    result: Json = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": _word(decision),
        "MatchedStatements": [{"SourcePolicyId": d, "SourcePolicyType": "IAM Policy"} for d in _matched(decision)],
        "MissingContextValues": _missing(case),
    }
    if case.boundary is not None:
        within = decide(ask, identity=case.boundary).allowed
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
    return result


def _word(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    return "explicitDeny" if decision.reason is Reason.EXPLICIT_DENY else "implicitDeny"


def _matched(decision: Decision) -> Sequence[str]:
    """The documents whose statement decided, each once."""
    if decision.statement is None:
        return []
    effect = decision.statement.effect
    applied = [one.document.name for one in decision.considered if one.applied and one.statement.effect == effect]
    last = [decision.document.name] if decision.document is not None else []
    return [_short(name) for name in dict.fromkeys([*last, *applied])]


def _short(name: str) -> str:
    """AWS names the policy alone: "orders" for "inline policy orders", "Read" for "policy/Read"."""
    return name.removeprefix("inline policy ").removeprefix("policy/").split(" of group ")[0]


def _missing(case: _Case) -> list[str]:
    known = {key.lower() for key in case.context}
    wanted = _keys((*case.identity, *(case.boundary or ()), *case.resource))
    return [key for key in wanted if key.lower() not in known and key.lower() not in _AUTOMATIC]


def _keys(papers: Sequence[Document]) -> list[str]:
    found = [c.key for document in papers for statement in document.statements for c in statement.conditions]
    return list(dict.fromkeys(found))
