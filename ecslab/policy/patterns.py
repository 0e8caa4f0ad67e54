"""Patterns of policies: actions and ARNs with ``*`` and ``?``, and policy variables. Pure text.

Invariant: a variable that the request gives no value for matches nothing. Sources: IAM User Guide, "Policy
variables", "Resource", "ARN condition operators".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

Context = Mapping[str, tuple[str, ...]]
_VARIABLE = re.compile(r"\$\{([^},]*)(?:,\s*'([^']*)')?\}")
_LITERAL = {"*": "*", "?": "?", "$": "$"}


def value_of(context: Context, key: str) -> tuple[str, ...] | None:
    """The values of a condition key, whatever its case; None where the request has none."""
    if key in context:
        return context[key]
    wanted = key.lower()
    return next((values for name, values in context.items() if name.lower() == wanted), None)


@lru_cache(maxsize=4096)
def _compiled(pattern: str, loose: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL | (re.IGNORECASE if loose else 0))


def _regex(pattern: str, context: Context | None) -> str | None:
    """A regular expression for a pattern; None where a variable has no value. ``context`` None: no variables."""
    parts, at = [], 0
    for found in _VARIABLE.finditer(pattern) if context is not None else ():
        value = _value(found[1].strip(), found[2], context or {})
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
    return "".join({"*": ".*", "?": "."}.get(c) or re.escape(c) for c in text)


def like(pattern: str, text: str, context: Context | None = None, *, loose: bool = False) -> bool:
    """Whether ``text`` is what the pattern describes; ``loose`` takes upper and lower case for the same."""
    regex = _regex(pattern, context)
    return regex is not None and _compiled(regex, loose).fullmatch(text) is not None


def equal(pattern: str, text: str, context: Context | None = None, *, loose: bool = False) -> bool:
    """Whether ``text`` is the pattern to the letter, its variables replaced; wildcards mean nothing."""
    filled = fill(pattern, context)
    if filled is None:
        return False
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


def arn_like(pattern: str, arn: str, context: Context | None = None) -> bool:
    """Each of the first five parts matched for itself, the rest as one: how ArnLike compares."""
    regexes = [_regex(part, context) for part in pattern.split(":", 5)]
    parts = arn.split(":", 5)
    if len(regexes) != len(parts) or len(parts) != 6:
        return False
    return all(r is not None and _compiled(r, False).fullmatch(p) for r, p in zip(regexes, parts, strict=True))


def covers(resource: str, arn: str, context: Context | None) -> bool:
    """Whether a Resource element covers an ARN. A request on no particular resource (``*``) needs a ``*``."""
    return resource == "*" or like(resource, arn, context)
