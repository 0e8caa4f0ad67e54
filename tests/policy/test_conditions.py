"""Claims about condition operators: each one met, not met, and with its key missing."""

from __future__ import annotations

import pytest

from ecslab.policy.conditions import Condition, holds, known_operator, told

# operator, the policy's values, a value that meets it, one that does not
OPERATORS = [
    ("StringEquals", ("a", "b"), "b", "B"),
    ("StringEqualsIgnoreCase", ("a",), "A", "b"),
    ("StringLike", ("orders/*", "x?z"), "xyz", "menu/1"),
    ("ArnLike", ("arn:aws:ecs:*:123456789012:*",), "arn:aws:ecs:us-east-1:123456789012:task/a/b", "arn:aws:ecs:x:1:y"),
    ("ArnEquals", ("arn:aws:iam::1:role/*",), "arn:aws:iam::1:role/r", "arn:aws:iam::2:role/r"),
    ("NumericEquals", ("10",), "10.0", "11"),
    ("NumericLessThan", ("10",), "9", "10"),
    ("NumericLessThanEquals", ("10",), "10", "10.5"),
    ("NumericGreaterThan", ("10",), "11", "10"),
    ("NumericGreaterThanEquals", ("10",), "10", "9"),
    ("DateEquals", ("2026-11-23T00:00:00Z",), "1795392000", "2026-11-24"),
    ("DateLessThan", ("2026-11-23",), "2026-11-22T23:59:59Z", "2026-11-23"),
    ("DateLessThanEquals", ("2026-11-23",), "2026-11-23", "2026-11-24"),
    ("DateGreaterThan", ("2026-11-23",), "2026-11-23T00:00:01Z", "2026-11-23"),
    ("DateGreaterThanEquals", ("2026-11-23",), "2026-11-23", "2026-11-22"),
    ("Bool", ("true",), "True", "false"),
    ("BinaryEquals", ("QmluYXJ5",), "QmluYXJ5", "qmluYXJ5"),
    ("IpAddress", ("10.0.0.0/8", "2001:db8::/32"), "2001:db8::1", "192.168.0.1"),
]
NEGATED = [
    ("StringNotEquals", ("a", "b"), "c", "b"),
    ("StringNotEqualsIgnoreCase", ("a",), "b", "A"),
    ("StringNotLike", ("orders/*",), "menu/1", "orders/1"),
    ("ArnNotLike", ("arn:aws:iam::1:*",), "arn:aws:iam::2:x", "arn:aws:iam::1:x"),
    ("ArnNotEquals", ("arn:aws:iam::1:x",), "arn:aws:iam::1:y", "arn:aws:iam::1:x"),
    ("NumericNotEquals", ("1", "2"), "3", "2"),
    ("DateNotEquals", ("2026-11-23",), "2026-11-24", "2026-11-23"),
    ("NotIpAddress", ("10.0.0.0/8",), "192.168.0.1", "10.1.2.3"),
]


def met(operator: str, values: tuple[str, ...], *given: str, key: str = "k") -> bool:
    return holds(Condition(operator=operator, key="k", values=values), {key: given})


@pytest.mark.parametrize(("operator", "values", "good", "bad"), OPERATORS + NEGATED)
def test_an_operator_is_met_by_what_it_names_and_by_nothing_else(
    operator: str, values: tuple[str, ...], good: str, bad: str
) -> None:
    assert met(operator, values, good)
    assert not met(operator, values, bad)


@pytest.mark.parametrize(("operator", "values", "good", "bad"), OPERATORS)
def test_a_missing_key_fails_unless_it_need_not_exist(
    operator: str, values: tuple[str, ...], good: str, bad: str
) -> None:
    assert not met(operator, values, good, key="other")
    assert met(f"{operator}IfExists", values, bad, key="other")
    assert not met(f"{operator}IfExists", values, bad)


@pytest.mark.parametrize(("operator", "values", "good", "bad"), NEGATED)
def test_a_negated_operator_is_met_by_a_missing_key(
    operator: str, values: tuple[str, ...], good: str, bad: str
) -> None:
    assert met(operator, values, bad, key="other")


def test_keys_have_no_case() -> None:
    assert met("StringEquals", ("a",), "a", key="K")


def test_for_all_values_wants_every_value_and_takes_none_for_all() -> None:
    assert met("ForAllValues:StringEquals", ("a", "b"), "a", "b")
    assert not met("ForAllValues:StringEquals", ("a", "b"), "a", "c")
    assert met("ForAllValues:StringEquals", ("a",))
    assert met("ForAllValues:StringEquals", ("a",), "z", key="other")


def test_for_any_value_wants_one_and_takes_none_for_nothing() -> None:
    assert met("ForAnyValue:StringLike", ("a*",), "z", "ab")
    assert not met("ForAnyValue:StringLike", ("a*",), "z")
    assert not met("ForAnyValue:StringEquals", ("a",))
    assert not met("ForAnyValue:StringNotEquals", ("a",), "z", key="other")
    assert met("ForAnyValue:StringNotEquals", ("a",), "a", "z")


def test_null_asks_whether_the_key_is_there() -> None:
    assert met("Null", ("true",), "x", key="other")
    assert not met("Null", ("true",), "x")
    assert met("Null", ("false",), "x")


@pytest.mark.parametrize("wrong", ["StringEqual", "NullIfExists", "ForEachValue:StringEquals", "", "ForAllValues:Null"])
def test_what_is_no_operator_is_not_taken_for_one(wrong: str) -> None:
    assert not known_operator(wrong)


def test_operators_have_no_case_either() -> None:
    assert known_operator("stringequals")
    assert met("foranyvalue:STRINGLIKEIFEXISTS", ("a*",), "ab")


def test_what_cannot_be_read_as_a_number_a_date_or_an_address_meets_nothing() -> None:
    for operator in ("NumericLessThan", "DateLessThan", "IpAddress"):
        assert not met(operator, ("10",), "soon")


def test_a_missed_condition_says_both_sides() -> None:
    condition = Condition(operator="StringEquals", key="aws:SourceAccount", values=("123",))
    assert told(condition, {"aws:sourceaccount": ("111",)}) == (
        "Condition StringEquals aws:SourceAccount: the request has 111, the policy wants 123"
    )
    assert "does not have that key" in told(condition, {})


@pytest.mark.parametrize(("operator", "values", "good", "bad"), OPERATORS)
def test_set_operators_take_any_or_all_of_an_operator(
    operator: str, values: tuple[str, ...], good: str, bad: str
) -> None:
    assert met(f"ForAnyValue:{operator}", values, bad, good)
    assert not met(f"ForAnyValue:{operator}", values, bad)
    assert met(f"ForAllValues:{operator}", values, good, good)
    assert not met(f"ForAllValues:{operator}", values, good, bad)
    assert met(f"ForAllValues:{operator}", values, key="other")
    assert not met(f"ForAnyValue:{operator}", values, good, key="other")
    assert met(f"ForAnyValue:{operator}IfExists", values, bad, key="other")


@pytest.mark.parametrize(("operator", "values", "good", "bad"), NEGATED)
def test_set_operators_take_any_or_all_of_a_negated_operator(
    operator: str, values: tuple[str, ...], good: str, bad: str
) -> None:
    assert met(f"ForAnyValue:{operator}", values, bad, good)
    assert not met(f"ForAnyValue:{operator}", values, bad)
    assert met(f"ForAllValues:{operator}", values, good)
    assert not met(f"ForAllValues:{operator}", values, good, bad)
    assert not met(f"ForAnyValue:{operator}", values, bad, key="other")
    assert not met(operator, values, good, bad)


def test_nothing_but_empty_texts_is_no_value_for_a_set_operator() -> None:
    assert met("ForAllValues:StringEquals", ("a",), "")
    assert not met("ForAnyValue:StringEquals", ("",), "")
    assert met("StringEquals", ("",), "")


def test_a_key_without_values_is_a_missing_key() -> None:
    assert not met("StringEquals", ("a",))
    assert met("StringNotEquals", ("a",))
    assert met("StringEqualsIfExists", ("a",))
    assert met("Null", ("true",))


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ArnNotLike"])
def test_a_variable_without_value_meets_nothing_negated_or_not(operator: str) -> None:
    assert not met(operator, ("arn:aws:iam::1:user/${aws:username}",), "arn:aws:iam::1:user/ann")


def test_a_value_may_be_a_variable_only_where_there_are_variables() -> None:
    condition = Condition(operator="StringEquals", key="k", values=("${aws:username}",))
    assert holds(condition, {"k": ("ann",), "aws:username": ("ann",)})
    assert not holds(condition, {"k": ("ann",), "aws:username": ("ann",)}, variables=False)
    assert holds(condition, {"k": ("${aws:username}",)}, variables=False)


@pytest.mark.parametrize("operator", ["NumericNotEquals", "DateNotEquals", "NotIpAddress"])
def test_what_cannot_be_compared_is_not_taken_for_different(operator: str) -> None:
    assert not met(operator, ("10",), "soon")


@pytest.mark.parametrize(
    ("operator", "values", "said"),
    [
        ("StringNotEquals", ("a", "b"), "the request has a, the policy wants anything but a or b"),
        ("Null", ("true",), "the request has a, the policy wants the key to be missing"),
        ("Null", ("false",), "the policy wants the key to be there"),
        ("ForAllValues:StringEquals", ("b",), "the policy wants nothing but b"),
        ("ForAnyValue:StringLike", ("b*",), "the policy wants at least one that is b*"),
        ("StringEquals", ("${aws:username}",), "(the request has no value for ${aws:username})"),
        ("StringEquals", tuple("bcdefg"), "b or c or d or e or 2 more"),
    ],
)
def test_each_kind_of_operator_is_told_in_its_own_words(operator: str, values: tuple[str, ...], said: str) -> None:
    assert said in told(Condition(operator=operator, key="k", values=values), {"k": ("a",)})
