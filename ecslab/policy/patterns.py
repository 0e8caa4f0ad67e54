"""Patterns of policies: actions and ARNs with ``*`` and ``?``, and policy variables. Pure text.

It knows nothing of statements. Invariant: a variable that the request gives no value for (or several) matches nothing,
which is told apart from a plain mismatch: None, not False. Sources: IAM User Guide, "IAM policy elements: Variables
and tags", "IAM JSON policy elements: Resource", "ARN condition operators".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

Context = Mapping[str, tuple[str, ...]]
_VARIABLE = re.compile(r"\$\{([^},]*)(?:,\s*'([^']*)'\s*)?\}")
_TOKEN = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
_LITERAL = {"*": "*", "?": "?", "$": "$"}
_WILD = {"*": ".*", "?": "."}
_PARTS = 6


def value_of(context: Context, key: str) -> tuple[str, ...] | None:
    """The values of a condition key, whatever its case; None where the request has none."""
    if key in context:
        return context[key]
    wanted = key.lower()
    return next((values for name, values in context.items() if name.lower() == wanted), None)


def like(pattern: str, text: str, context: Context | None = None, *, loose: bool = False) -> bool | None:
    """Whether ``text`` is what the pattern describes; ``loose`` takes upper and lower case for the same.

    ``context`` None: the pattern has no variables. The answer is None where a variable has no value.
    """
    regex = _regex(pattern, context)
    return None if regex is None else _compiled(regex, loose).fullmatch(text) is not None


def equal(pattern: str, text: str, context: Context | None = None, *, loose: bool = False) -> bool | None:
    """Whether ``text`` is the pattern to the letter, its variables replaced; wildcards mean nothing."""
    filled = fill(pattern, context)
    if filled is None:
        return None
    return filled.lower() == text.lower() if loose else filled == text


def fill(text: str, context: Context | None) -> str | None:
    """The text with its variables replaced; None where one has no value."""
    if context is None:
        return text
    filled, at = "", 0
    for found in _VARIABLE.finditer(text):
        value = _value(found[1].strip(), found[2], context)
        if value is None:
            return None
        filled += text[at : found.start()] + value
        at = found.end()
    return filled + text[at:]


def without_value(text: str, context: Context | None) -> tuple[str, ...]:
    """The variables in ``text`` that the request gives no single value for, as they are written."""
    if context is None:
        return ()
    found = _VARIABLE.finditer(text)
    return tuple(one[0] for one in found if _value(one[1].strip(), one[2], context) is None)


def variables_of(text: str) -> tuple[str, ...]:
    """The condition keys that ``text`` names as variables and gives no default for."""
    found = [(one[1].strip(), one[2]) for one in _VARIABLE.finditer(text)]
    return tuple(name for name, default in found if name not in _LITERAL and default is None)


def arn_like(pattern: str, arn: str, context: Context | None = None) -> bool | None:
    """Each of the six parts matched for itself, so that ``*`` does not reach across a colon: how ArnLike compares.

    The last part is the rest of the ARN, colons and all.
    """
    wanted = _parts(pattern)
    return _parts_alike(wanted, arn, context) if len(wanted) == _PARTS else False


def covers(resource: str, arn: str, context: Context | None) -> bool | None:
    """Whether a Resource element covers an ARN.

    A request on no particular resource (``*``) needs a ``*``. An ARN of fewer than six parts is completed with ``*``,
    so that ``arn:aws:sqs`` is every queue.
    """
    if resource and not resource.strip("*"):
        return True
    wanted = _parts(resource)
    return _parts_alike((*wanted, *("*",) * (_PARTS - len(wanted))), arn, context)


def _parts_alike(wanted: tuple[str, ...], arn: str, context: Context | None) -> bool | None:
    parts = arn.split(":", _PARTS - 1)
    if len(parts) != _PARTS:
        return False
    answers = [like(pattern, part, context) for pattern, part in zip(wanted, parts, strict=True)]
    return None if None in answers else all(answers)


@lru_cache(maxsize=4096)
def _parts(pattern: str) -> tuple[str, ...]:
    """A pattern cut at its first five colons; those inside ``${…}`` do not cut."""
    parts = [""]
    for token in _TOKEN.findall(pattern):
        if token == ":" and len(parts) < _PARTS:
            parts.append("")
        else:
            parts[-1] += token
    return tuple(parts)


@lru_cache(maxsize=4096)
def _compiled(regex: str, loose: bool) -> re.Pattern[str]:
    return re.compile(regex, re.DOTALL | (re.IGNORECASE if loose else 0))


def _regex(pattern: str, context: Context | None) -> str | None:
    """A regular expression for a pattern; what a variable is replaced with has no wildcards."""
    if context is None:
        return _wild(pattern)
    parts, at = [], 0
    for found in _VARIABLE.finditer(pattern):
        value = _value(found[1].strip(), found[2], context)
        if value is None:
            return None
        parts += [_wild(pattern[at : found.start()]), re.escape(value)]
        at = found.end()
    return "".join([*parts, _wild(pattern[at:])])


def _value(name: str, default: str | None, context: Context) -> str | None:
    if name in _LITERAL:
        return _LITERAL[name]
    found = value_of(context, name)
    return found[0] if found is not None and len(found) == 1 else default


def _wild(text: str) -> str:
    return "".join(_WILD.get(c) or re.escape(c) for c in re.sub(r"\*{2,}", "*", text))
