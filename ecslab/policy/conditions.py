"""Conditions: every operator of IAM, with IfExists and the two set operators. Pure.

Values are alternatives; a negated operator wants none of them. Invariants: a key that the request lacks fails a
condition, unless the operator is negated, ends in IfExists, is Null, or asks ForAllValues; what cannot be compared (a
variable without a value, a text where a number is wanted) meets nothing, negated or not. Source: IAM User Guide,
"IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ecslab.policy.comparing import NEGATED, TESTS, Test
from ecslab.policy.patterns import Context, fill, value_of, without_value

_QUANTIFIERS = ("ForAllValues", "ForAnyValue")
_NULL = "Null"
_BY_LOWER = {name.lower(): name for name in (*TESTS, *NEGATED, _NULL)}
_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """``operator`` as written (``ForAnyValue:StringLikeIfExists``), one key, the values it may have."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operator:
    test: Test
    null: bool = False
    negated: bool = False
    quantifier: str = ""
    if_exists: bool = False

    @property
    def met_without(self) -> bool:
        """Whether a request that lacks the key meets it."""
        if self.if_exists or self.quantifier == "ForAllValues":
            return True
        return self.negated and self.quantifier != "ForAnyValue"

    def met(self, wanted: tuple[str, ...], given: str, context: Context | None) -> bool:
        """Whether one value of the request meets it."""
        answers = [self.test(one, given, context) for one in wanted]
        if self.negated:
            return all(answer is False for answer in answers)
        return any(answers)


def known_operator(written: str) -> bool:
    """Whether there is such an operator."""
    return _read(written) is not None


@lru_cache(maxsize=512)
def _read(written: str) -> _Operator | None:
    quantifier, colon, rest = written.partition(":")
    if not colon:
        quantifier, rest = "", written
    found = next((q for q in _QUANTIFIERS if q.lower() == quantifier.lower()), "")
    if colon and not found:
        return None
    if_exists = rest.lower().endswith("ifexists")
    name = _BY_LOWER.get(rest.lower().removesuffix("ifexists"))
    if name is None or (name == _NULL and (if_exists or found)):
        return None
    if name == _NULL:
        return _Operator(test=TESTS["Bool"], null=True)
    test = TESTS[NEGATED.get(name, name)]
    return _Operator(test=test, negated=name in NEGATED, quantifier=found, if_exists=if_exists)


def holds(condition: Condition, context: Context, *, variables: bool = True) -> bool:
    """Whether a request with this context meets the condition. ``variables``: whether the document has them."""
    operator = _read(condition.operator)
    if operator is None:
        return False
    given = value_of(context, condition.key)
    if operator.null:
        return operator.met(condition.values, "false" if given else "true", None)
    if given is None or _is_empty(given, operator):
        return operator.met_without
    filled = context if variables else None
    met = [operator.met(condition.values, value, filled) for value in given]
    every = operator.quantifier == "ForAllValues" or (operator.negated and not operator.quantifier)
    return all(met) if every else any(met)


def _is_empty(given: tuple[str, ...], operator: _Operator) -> bool:
    """No values; for a set operator also nothing but empty texts."""
    return not given or (bool(operator.quantifier) and not any(given))


def told(condition: Condition, context: Context, *, variables: bool = True) -> str:
    """What the condition wants and what the request has, for a learner."""
    given = value_of(context, condition.key)
    has = "the request does not have that key" if given is None else f"the request has {_shown(given) or 'no value'}"
    return f"Condition {condition.operator} {condition.key}: {has}, the policy wants {_wanted(condition, context)}" + (
        _unfilled(condition, context) if variables else ""
    )


def _wanted(condition: Condition, context: Context) -> str:
    operator = _read(condition.operator)
    if operator is not None and operator.null:
        return "the key to be missing" if condition.values[0].lower() == "true" else "the key to be there"
    values = _shown([fill(one, context) or one for one in condition.values], " or ")
    if operator is None:
        return values
    only = {"ForAllValues": "nothing but ", "ForAnyValue": "at least one that is "}.get(operator.quantifier, "")
    if operator.negated:
        only = {"ForAllValues": "none that is ", "ForAnyValue": "at least one other than "}.get(
            operator.quantifier, "anything but "
        )
    return f"{only}{values}"


def _unfilled(condition: Condition, context: Context) -> str:
    lacking = [one for value in condition.values for one in without_value(value, context)]
    return f" (the request has no value for {', '.join(dict.fromkeys(lacking))})" if lacking else ""


def _shown(values: tuple[str, ...] | list[str], between: str = ", ") -> str:
    more = f"{between}{len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return between.join(values[:_SHOWN]) + more
