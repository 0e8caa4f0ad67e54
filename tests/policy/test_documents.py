"""Claims about policy documents: well-formed ones are read whole, malformed ones are refused with what to try."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecslab.errors import MalformedPolicyDocument
from ecslab.policy import Effect, Kind, parse

GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUSTING = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}


def document(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def refused(text: str, kind: Kind = Kind.IDENTITY) -> str:
    with pytest.raises(MalformedPolicyDocument) as caught:
        parse(text, name="policy/x", kind=kind)
    assert caught.value.code == "MalformedPolicyDocument"
    assert "policy/x" in caught.value.message
    return caught.value.message


def test_one_statement_may_stand_without_a_list() -> None:
    found = parse(json.dumps({"Version": "2012-10-17", "Statement": GOOD | {"Sid": "Read"}}), name="p")
    (statement,) = found.statements
    assert (statement.sid, statement.effect, statement.actions) == ("Read", Effect.ALLOW, ("s3:GetObject",))
    assert statement.label == "statement Read"
    assert found.has_variables


def test_without_a_version_there_are_no_variables() -> None:
    assert not parse(json.dumps({"Statement": [GOOD]}), name="p").has_variables


def test_values_may_be_lists_numbers_and_truths() -> None:
    condition = {"NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": [True, "false"]}}
    (statement,) = parse(document(GOOD | {"Condition": condition}), name="p").statements
    assert [(c.key, c.values) for c in statement.conditions] == [
        ("s3:max-keys", ("10",)),
        ("aws:SecureTransport", ("true", "false")),
    ]


MALFORMED = [
    ("{not json", "not JSON"),
    ('{"Version": "2012-10-17",}', "line 1"),
    ("[]", "not a JSON object"),
    ("{}", "no Statement"),
    (document(), "no Statement"),
    (document(GOOD, Version="2012-10-18"), "2012-10-17"),
    (document(GOOD, Statements=[]), "Statements"),
    (document("s3:*"), "statement 1"),
    (document(GOOD | {"Effect": "allow"}), '"Allow" or "Deny"'),
    (document(GOOD, {"Effect": "Allow", "Resource": "*"}), "statement 2: it has no Action"),
    (document(GOOD | {"NotAction": "s3:*"}), "Action and NotAction"),
    (document(GOOD | {"Action": "s3.GetObject"}), "service:Action"),
    (document(GOOD | {"Action": []}), "a text or a list of texts"),
    (document({"Effect": "Allow", "Action": "s3:*"}), "no Resource"),
    (document(GOOD | {"Resource": "menu/*"}), "ARN format"),
    (document(GOOD | {"NotResource": "*"}), "Resource and NotResource"),
    (document(GOOD | {"Principal": "*"}), "whoever the policy is attached to"),
    (document(GOOD | {"Condition": {"StringEqual": {"a": "b"}}}), "StringEqual"),
    (document(GOOD | {"Condition": {"StringEquals": "b"}}), "StringEquals"),
    (document(GOOD | {"Condition": {"StringEquals": {"a": {"b": 1}}}}), "texts, numbers"),
    (document(GOOD | {"Sid": "a"}, GOOD | {"Sid": "a"}), "Sid 'a'"),
    (document(GOOD | {"Sid": "read it"}), "letters and digits"),
    (document(GOOD | {"Actions": "s3:*"}), "Actions"),
    ('{"Statement": [{"Effect": "Allow", "Effect": "Deny"}]}', "stands twice"),
]


@pytest.mark.parametrize(("text", "said"), MALFORMED)
def test_a_malformed_document_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    assert said in refused(text)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (TRUSTING | {"Resource": "*"}, "the role itself"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, "no Principal"),
        (TRUSTING | {"Principal": {"Service": "ecs-tasks"}}, "ecs-tasks.amazonaws.com"),
        (TRUSTING | {"Principal": {"AWS": "bob"}}, "Invalid principal"),
        (TRUSTING | {"Principal": {"Aws": "*"}}, "principal type"),
    ],
)
def test_a_malformed_trust_policy_is_refused(statement: dict[str, Any], said: str) -> None:
    assert said in refused(document(statement), Kind.TRUST)


def test_a_trust_policy_names_who_may_assume_the_role() -> None:
    (statement,) = parse(document(TRUSTING), name="trust policy", kind=Kind.TRUST).statements
    assert statement.principals == {"Service": ("ecs-tasks.amazonaws.com",)}
