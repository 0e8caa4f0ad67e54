"""Where each statement stands in the text of its policy, as SimulatePrincipalPolicy answers it. Pure text.

It reads JSON that ``parsing`` has found to be well-formed, and nothing else. Invariant: one span for each statement,
in the order of the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ecslab.policy.documents import Position

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
Span = tuple[Position, Position]


def spans(text: str) -> tuple[Span, ...]:
    """(first character, place after the last) of each statement of a policy's JSON text."""
    value = next((at for key, at in _members(text, _skip(text, 0)) if key == "Statement"), None)
    if value is None:
        return ()
    if text[value] != "[":
        return (_span(text, value),)
    return tuple(_span(text, at) for at in _elements(text, value))


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """(key, where its value begins) of the object that begins at ``at``."""
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        value = _skip(text, _skip(text, end) + 1)
        yield str(key), value
        at = _after(text, value)


def _elements(text: str, at: int) -> Iterator[int]:
    """Where each element of the list begins that begins at ``at``."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        yield at
        at = _after(text, at)


def _after(text: str, value: int) -> int:
    """The next token after a value, and after the comma that may follow it."""
    at = _skip(text, _DECODER.raw_decode(text, value)[1])
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _span(text: str, start: int) -> Span:
    return _position(text, start), _position(text, _DECODER.raw_decode(text, start)[1])


def _position(text: str, at: int) -> Position:
    return Position(line=text.count("\n", 0, at) + 1, column=at - text.rfind("\n", 0, at))
