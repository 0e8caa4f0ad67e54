"""Claims about what simulations tell: the statements that made the outcome, and the keys the request lacks."""

from __future__ import annotations

import json

from ecslab.policy import Position, condition_keys, decide, matched, missing_keys, parse
from tests.policy.written import allow, ask, asked_of, deny, policy

GET = ask("s3:GetObject", "arn:aws:s3:::menu/a")


def test_all_applying_allows_made_an_allow_and_all_denies_a_deny() -> None:
    allowed = matched(asked_of(GET, allow("ecs:*"), allow("s3:*"), allow("*")))
    assert [one.statement.index for one in allowed] == [1, 2]
    denied = matched(asked_of(GET, allow("*"), deny("s3:*"), deny("s3:Put*"), deny("*")))
    assert [one.statement.index for one in denied] == [1, 3]


def test_an_implicit_deny_has_no_statements() -> None:
    assert matched(asked_of(GET, allow("ecs:*"))) == ()
    assert matched(decide(GET, identity=[policy(allow("*"))], boundary=[])) == ()


def test_a_matched_statement_names_its_document_and_its_place() -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:*")]})
    (one,) = matched(decide(GET, identity=[parse(text, name="PolicyInputList.1")]))
    assert one.document.name == "PolicyInputList.1"
    assert one.statement.start == Position(line=1, column=text.index("[") + 2)
    assert one.statement.end == Position(line=1, column=text.index("]") + 1)


def test_the_keys_that_policies_ask_for_are_those_of_conditions_and_variables() -> None:
    held = policy(
        allow("s3:*", "arn:aws:s3:::home/${aws:username}/${s3:prefix, 'x'}", Condition={"Bool": {"aws:Via": "true"}}),
        allow("s3:*", Condition={"StringEquals": {"AWS:VIA": "${aws:PrincipalTag/team}"}}),
    )
    assert condition_keys([held]) == ("aws:Via", "aws:username", "aws:PrincipalTag/team")
    assert missing_keys(ask("s3:GetObject", aws_via="true"), [held]) == ("aws:username", "aws:PrincipalTag/team")
    old = parse({"Statement": allow("s3:*", "arn:aws:s3:::home/${aws:username}")}, name="p")
    assert condition_keys([old]) == ()
