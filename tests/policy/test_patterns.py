"""Claims about patterns: wildcards in actions and ARNs, and variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.policy.patterns import arn_like, covers, fill, like, variables_of, without_value

S3 = "arn:aws:s3:::"
ANN = {"aws:username": ("ann",), "aws:PrincipalTag/team": ("kitchen",), "many": ("a", "b")}


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        ("s3:*", "s3:GetObject", True),
        ("S3:GET*", "s3:getobject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:*Object*", "s3:GetObjectAcl", True),
        ("s3:GetObject", "s3:GetObjectAcl", False),
        ("ecs:*", "s3:GetObject", False),
        ("s3:Get+", "s3:Gett", False),
    ],
)
def test_an_action_has_wildcards_and_no_case(pattern: str, text: str, answer: bool) -> None:
    assert like(pattern, text, loose=True) is answer


@pytest.mark.parametrize(
    ("resource", "arn", "answer"),
    [
        ("*", "*", True),
        ("**", S3 + "menu", True),
        (S3 + "menu/*", S3 + "menu/2026/11/today.txt", True),
        (S3 + "menu/*/today.txt", S3 + "menu/2026/11/today.txt", True),
        (S3 + "menu/*/today.txt", S3 + "menu/today.txt", False),
        (S3 + "menu*", S3 + "menu-of-another-shop/x", True),
        (S3 + "menu", S3 + "menu/today.txt", False),
        (S3 + "*", "*", False),
        ("arn:aws:ecs:*:123456789012:task/*", "arn:aws:ecs:eu-west-1:123456789012:task/c/1", True),
        ("arn:aws:ecs:*:task/c/1", "arn:aws:ecs:eu-west-1:123456789012:task/c/1", False),
        ("arn:aws:logs:*:*:log-group:/ecs/*:*", "arn:aws:logs:us-east-1:1:log-group:/ecs/web:log-stream:x", True),
        ("arn:aws:sqs", "arn:aws:sqs:us-east-1:123456789012:orders", True),
        ("arn:aws:sqs", "arn:aws:sns:us-east-1:123456789012:orders", False),
        ("arn:*", S3 + "menu", True),
        (S3 + "Menu/*", S3 + "menu/x", False),
    ],
)
def test_a_resource_covers_what_its_wildcards_reach(resource: str, arn: str, answer: bool) -> None:
    assert covers(resource, arn, {}) is answer


def test_an_arn_operator_compares_part_by_part() -> None:
    arn = "arn:aws:ecs:us-east-1:123456789012:task/c/1"
    assert arn_like("arn:aws:ecs:*:123456789012:*", arn)
    assert not arn_like("arn:aws:ecs:*:task/c/1", arn)
    assert not arn_like("arn:aws:ecs*", arn)
    assert not arn_like("arn:*:*:*:*:*", "not an arn")


def test_a_variable_stands_for_its_value_to_the_letter() -> None:
    assert covers(S3 + "home/${aws:username}/*", S3 + "home/ann/x", ANN)
    assert covers(S3 + "${AWS:principaltag/TEAM}/x", S3 + "kitchen/x", ANN)
    assert covers("arn:aws:iam::${aws:account}:user/x", "arn:aws:iam::42:user/x", {"aws:account": ("42",)})
    assert not covers(S3 + "home/${aws:username}", S3 + "home/bob", {"aws:username": ("*",)})


@pytest.mark.parametrize("lacking", ["${aws:userid}", "${many}"])
def test_a_variable_without_one_value_matches_nothing_and_is_named(lacking: str) -> None:
    assert covers(S3 + lacking, S3 + "a", ANN) is None
    assert fill(lacking, ANN) is None
    assert without_value(f"x/{lacking}", ANN) == (lacking,)


def test_a_variable_may_have_a_default() -> None:
    assert fill("home/${aws:team, 'guests'}", ANN) == "home/guests"
    assert fill("home/${aws:username, 'guest'}", ANN) == "home/ann"
    assert variables_of("${aws:team, 'x'}/${aws:username}/${*}") == ("aws:username",)


def test_wildcards_can_be_written_as_themselves() -> None:
    assert fill("${*}${?}${$}", {}) == "*?$"
    assert like("a${*}", "a*", {})
    assert not like("a${*}", "ab", {})


def test_a_document_without_variables_reads_them_as_text() -> None:
    assert covers(S3 + "home/${aws:username}", S3 + "home/${aws:username}", None)
    assert not covers(S3 + "home/${aws:username}", S3 + "home/ann", None)


@given(st.text())
def test_a_star_matches_everything_and_a_text_without_wildcards_itself(text: str) -> None:
    assert like("*", text)
    assert covers("*", text, {})
    if not set(text) & set("*?"):
        assert like(text, text)
