"""The cluster query language: expressions that pick container instances (memberOf, ListContainerInstances' filter).

    expression := and-chain {("or" | "||") and-chain}        and-chain := factor {("and" | "&&") factor}
    factor     := {"not" | "!"} ("(" expression ")" | subject operator [argument])

Pure: text becomes an ``Expression``, which says of a Room whether it matches and, in words, why not. Invariant: what
does not parse is refused with the place where it stops making sense, never taken for true.
Sources: Amazon ECS Developer Guide, "Cluster query language" (subjects, operators, word forms; facts: placement.cql).
Not documented, and this lab's choice: "and" binds closer than "or"; an attribute that is not there equals nothing, so
``!=``, ``!in`` and ``!~`` hold for it and all else does not. Java's regular expressions are taken as Python's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from ecslab.model.instance import Room

MOST_CHARACTERS = 2000
OPERATORS = {
    "==": "==", "equals": "==", "!=": "!=", "not_equals": "!=", ">": ">", "greater_than": ">", ">=": ">=",
    "greater_than_equal": ">=", "<": "<", "less_than": "<", "<=": "<=", "less_than_equal": "<=", "exists": "exists",
    "!exists": "!exists", "not_exists": "!exists", "in": "in", "!in": "!in", "not_in": "!in", "=~": "=~",
    "matches": "=~", "!~": "!~", "not_matches": "!~",
}  # fmt: skip
"""Every spelling of an operator, and the one that is used here."""
NEGATED = {"!=": "==", "!in": "in", "!~": "=~", "!exists": "exists"}
WITHOUT_ARGUMENT = ("exists", "!exists")
PLAIN = ("agentConnected", "agentVersion", "ec2InstanceId", "registeredAt", "runningTasksCount", "task:group")
TOKEN = re.compile(
    r"""\s*(?: (?P<list>\[[^\]]*\]) | (?P<sign>\(|\)|&&|\|\||==|!=|>=|<=|=~|!~|>|<|!(?=exists\b|in\b)(?:exists|in)|!)
        | "(?P<double>[^"]*)" | '(?P<single>[^']*)' | (?P<word>[^\s()\[\]"'<>=&|!~,]+) )""",
    re.VERBOSE,
)
WORDS = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,]*))\s*(?:,|$)""")


class QueryError(ValueError):
    """An expression that makes no sense. Its text says where and what to try."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression and where it begins (1 for its first character). ``quoted`` words are never keywords."""

    text: str
    at: int
    kind: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``subject operator arguments``; the operator in its short spelling."""

    subject: str
    operator: str
    arguments: tuple[str, ...] = ()

    def holds(self, room: Room) -> bool:
        """Whether the instance is as it says."""
        if self.operator in NEGATED:
            return not Comparison(self.subject, NEGATED[self.operator], self.arguments).holds(room)
        values = _values(self.subject, room)
        if self.operator == "exists":
            return bool(values)
        return any(_holds(self.operator, value, argument) for value in values for argument in self.arguments)

    def why_not(self, room: Room) -> str:
        """The comparison and what the instance has instead; empty where it holds."""
        if self.holds(room):
            return ""
        has = ", ".join(_values(self.subject, room))
        return f"{self} does not hold: it has {has}" if has else f"{self} does not hold: it has no {self.subject}"

    def __str__(self) -> str:
        many = self.operator in ("in", "!in")
        shown = f"[{', '.join(self.arguments)}]" if many else "".join(self.arguments)
        return f"{self.subject} {self.operator} {shown}".rstrip()


@dataclass(frozen=True, slots=True)
class Not:
    """``not (…)``."""

    inner: Expression

    def holds(self, room: Room) -> bool:
        """Whether the inner one does not."""
        return not self.inner.holds(room)

    def why_not(self, room: Room) -> str:
        """That the inner one holds."""
        return f"{self.inner} holds, and must not" if self.inner.holds(room) else ""

    def __str__(self) -> str:
        return f"not ({self.inner})"


@dataclass(frozen=True, slots=True)
class Chain:
    """Expressions joined by ``and`` or by ``or``."""

    word: str
    parts: tuple[Expression, ...]

    def holds(self, room: Room) -> bool:
        """All of them, or any."""
        join = all if self.word == "and" else any
        return join(part.holds(room) for part in self.parts)

    def why_not(self, room: Room) -> str:
        """The parts that fail."""
        if self.holds(room):
            return ""
        found = [why for part in self.parts if (why := part.why_not(room))]
        return "; ".join(found[:1] if self.word == "and" else found)

    def __str__(self) -> str:
        return f" {self.word} ".join(f"({part})" if isinstance(part, Chain) else str(part) for part in self.parts)


Expression = Comparison | Not | Chain


@lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """An expression. QueryError."""
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"an expression has at most {MOST_CHARACTERS} characters; it has {len(text)}")
    reader = _Reader(tuple(_tokens(text)), len(text))
    found = reader.chain("or")
    if reader.here is not None:
        raise QueryError(f"'{reader.here.text}' at character {reader.here.at} is too much; join with and, or")
    return found


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            wrong = len(text) - len(text[at:].lstrip())
            raise QueryError(f"'{text[wrong]}' at character {wrong + 1} is not understood")
        kind = match.lastgroup or ""
        yield Token(match[kind], match.start(kind) + 1, kind)
        at = match.end()


class _Reader:
    """A recursive descent over the tokens."""

    def __init__(self, tokens: Sequence[Token], length: int) -> None:
        self._tokens = tokens
        self._next = 0
        self._length = length

    @property
    def here(self) -> Token | None:
        """The next token."""
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, what: str) -> Token:
        token = self.here
        if token is None:
            raise QueryError(f"the expression ends at character {self._length} where {what} is expected")
        self._next += 1
        return token

    def _is(self, *spellings: str) -> bool:
        token = self.here
        return token is not None and token.kind in ("word", "sign") and token.text.lower() in spellings

    def chain(self, word: str) -> Expression:
        """What ``or`` joins, each of it what ``and`` joins."""
        spellings = ("or", "||") if word == "or" else ("and", "&&")
        parts = [self.chain("and") if word == "or" else self._factor()]
        while self._is(*spellings):
            self._next += 1
            parts.append(self.chain("and") if word == "or" else self._factor())
        return parts[0] if len(parts) == 1 else Chain(word, tuple(parts))

    def _factor(self) -> Expression:
        if self._is("not", "!"):
            self._next += 1
            return Not(self._factor())
        if not self._is("("):
            return self._comparison()
        opened = self._take("an expression")
        found = self.chain("or")
        if not self._is(")"):
            raise QueryError(f"the parenthesis at character {opened.at} is not closed")
        self._next += 1
        return found

    def _comparison(self) -> Comparison:
        subject = self._take("a subject, such as attribute:ecs.instance-type")
        if subject.text not in PLAIN and not re.fullmatch(r"attribute:[\w./\\-]+", subject.text):
            known = ", ".join(("attribute:NAME", *PLAIN))
            raise QueryError(f"'{subject.text}' at character {subject.at} is no subject. There are: {known}")
        sign = self._take("an operator, such as ==")
        operator = OPERATORS.get(sign.text.lower(), "")
        if not operator or sign.kind not in ("word", "sign"):
            raise QueryError(f"'{sign.text}' at character {sign.at} is no operator. There are: {', '.join(OPERATORS)}")
        if operator in WITHOUT_ARGUMENT:
            return Comparison(subject.text, operator)
        argument = self._take(f"something to compare {subject.text} with")
        return Comparison(subject.text, operator, _arguments(operator, argument))


def _arguments(operator: str, token: Token) -> tuple[str, ...]:
    if operator in ("in", "!in"):
        if token.kind != "list":
            raise QueryError(f"'{operator}' at character {token.at} wants a list, such as [t3.small, t3.medium]")
        return tuple("".join(m.groups("")).strip() for m in WORDS.finditer(token.text[1:-1]) if m[0].strip(", "))
    if token.kind in ("list", "sign"):
        raise QueryError(f"'{token.text}' at character {token.at} is no value for '{operator}'")
    if operator in ("=~", "!~"):
        try:
            re.compile(token.text)
        except re.error as wrong:
            raise QueryError(f"'{token.text}' at character {token.at} is no regular expression: {wrong}") from None
    return (token.text,)


def _values(subject: str, room: Room) -> tuple[str, ...]:
    """What an instance has under a subject; more than one for the groups of its tasks."""
    instance = room.instance
    if subject == "task:group":
        return tuple(group for group, count in room.groups.items() if count)
    if subject.startswith("attribute:"):
        name = subject.removeprefix("attribute:")
        value = instance.attributes.get(name)
        if name == "ecs.availability-zone":
            value = value or instance.availability_zone
        return (value,) if value is not None else ()
    facts = {
        "agentConnected": str(instance.agent_connected).lower(),
        "agentVersion": instance.agent_version,
        "ec2InstanceId": instance.ec2_instance_id,
        "registeredAt": datetime.fromtimestamp(instance.registered_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "runningTasksCount": str(room.tasks),
    }
    return (facts[subject],) if facts[subject] else ()


def _holds(operator: str, value: str, argument: str) -> bool:
    if operator in ("==", "in"):
        return value == argument
    if operator == "=~":
        return re.fullmatch(argument, value) is not None
    left, right = _ordered(value), _ordered(argument)
    if type(left) is not type(right):
        left, right = (0.0, value), (0.0, argument)
    return _COMPARE[operator](left, right)


_COMPARE: dict[str, Callable[[object, object], bool]] = {
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
}


def _ordered(text: str) -> object:
    """Numbers and versions in their own order, anything else (dates among it) as text."""
    if re.fullmatch(r"\d+(\.\d+)*", text):
        return tuple(int(part) for part in text.split("."))
    return text
