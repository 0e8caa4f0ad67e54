"""What a piece of code looks like when names, order, layout and constants are taken away: a set of fingerprints.

Not a comparison (``similarity``). Statements are read one by one from the syntax tree; within one, variables are
numbered as they come, keyword arguments and dictionary keys are sorted, texts and numbers are only "a text" and "a
number"; names of the API (attributes, keywords, keys) stay. Runs of such words are hashed and a few of them chosen by
winnowing (Schleimer, Wilkerson, Aiken 2003). Invariants: renaming variables and functions, moving statements, other
constants, comments and formatting leave the fingerprints as they are; hostile code costs little and raises nothing.
"""

from __future__ import annotations

import ast
import builtins
import functools
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RUN, WINDOW = 6, 4
"""Words in a hashed run, and hashes of which one is chosen: what is alike over 9 words is always seen."""
MOST_CODE = 60_000
MOST_STATEMENTS = 1500
SHORT = 4
"""Statements of fewer words say nothing."""
MARK_LETTERS = 12
"""Comments and texts shorter than this are no evidence."""
_BUILTINS = frozenset(dir(builtins))
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w., ]+=\s*[%!].*|\??[\w.]+\?{1,2}\s*)$", re.MULTILINE)
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement (or the head of a block): its lines from 1, the hash of all of it, and its fingerprints."""

    first: int
    last: int
    whole: int
    prints: frozenset[int]


@dataclass(frozen=True, slots=True)
class Shape:
    """A cell's statements in their order, and its marks: comments and texts long enough to be somebody's own."""

    statements: tuple[Statement, ...]
    marks: frozenset[str]

    @property
    def prints(self) -> frozenset[int]:
        """All fingerprints."""
        return frozenset().union(*(statement.prints for statement in self.statements))


@functools.lru_cache(4096)
def code(source: str) -> Shape:
    """The shape of a code cell; of one that is no Python, by its lines. Never raises."""
    text = source[:MOST_CODE].replace("\0", "")
    try:
        tree = _parsed(text)
        bound, texts = _seen(tree)
        statements = tuple(_statement(node, bound) for node in _limited(_flat(tree.body)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        statements, texts = tuple(_lines(text)), set()
    return Shape(tuple(one for one in statements if one.prints), _marks(text, texts))


def prose(source: str) -> Shape:
    """The shape of a written answer: its runs of words, paragraph by paragraph."""
    found = []
    for number, line in enumerate(source[:MOST_CODE].splitlines()[:MOST_STATEMENTS], 1):
        found.append(_hashed(number, number, re.findall(r"\w+", line.casefold())))
    return Shape(tuple(one for one in found if one.prints), frozenset())


# ── statements ────────────────────────────────────────────────────────────────────────────────────────────────


def _flat(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Every statement, those in blocks after the head of their block."""
    waiting = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        inner = [child for name in _BLOCKS for child in getattr(node, name, ()) if isinstance(child, ast.AST)]
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            waiting += reversed(inner)


def _limited(nodes: Iterator[ast.AST]) -> Iterator[ast.AST]:
    for _, node in zip(range(MOST_STATEMENTS), nodes, strict=False):
        yield node


def _statement(node: ast.AST, bound: frozenset[str]) -> Statement:
    words = [] if _says_nothing(node) else _Words(bound).of(node)
    first = _line(node)
    inner = [_line(child) for name in _BLOCKS for child in getattr(node, name, ())]
    last = max(first, min(inner) - 1) if inner else int(getattr(node, "end_lineno", None) or first)
    return _hashed(first, last, words)


def _line(node: ast.AST) -> int:
    place = node.pattern if isinstance(node, ast.match_case) else node
    return int(getattr(place, "lineno", 1))


def _says_nothing(node: ast.AST) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _seen(tree: ast.AST) -> tuple[frozenset[str], set[str]]:
    """Names that this code gives itself (variables even where Python has them built in), and its texts."""
    names: set[str] = set()
    texts: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                names.add(node.id)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                texts.add(node.value)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
    return frozenset(names), texts


class _Words:
    """The words of one statement."""

    def __init__(self, bound: frozenset[str]) -> None:
        self._bound = bound
        self._numbers: dict[str, str] = {}
        self._words: list[str] = []

    def of(self, node: ast.AST) -> list[str]:
        self._take(node)
        return self._words

    def _variable(self, name: str) -> None:
        own = name in self._bound or name not in _BUILTINS
        self._words.append(self._numbers.setdefault(name, f"v{len(self._numbers)}") if own else name)

    def _take(self, node: ast.AST) -> None:
        special = getattr(self, f"_{type(node).__name__.lower()}", None)
        if special is not None:
            special(node)
            return
        self._words.append(type(node).__name__)
        for name, value in ast.iter_fields(node):
            if name not in _BLOCKS or isinstance(node, ast.expr):
                self._field(name, value)

    def _field(self, name: str, value: object) -> None:
        if isinstance(value, ast.expr_context):
            return
        if isinstance(value, ast.AST):
            self._take(value)
        elif isinstance(value, list):
            for one in value:
                self._field(name, one)
        elif isinstance(value, str) and name in ("name", "names", "asname", "rest", "id"):
            self._variable(value)

    def _name(self, node: ast.Name) -> None:
        self._variable(node.id)

    def _arg(self, node: ast.arg) -> None:
        self._variable(node.arg)

    def _constant(self, node: ast.Constant) -> None:
        value = node.value
        known = value is None or isinstance(value, bool)
        self._words.append(repr(value) if known else "S" if isinstance(value, str | bytes) else "N")

    def _attribute(self, node: ast.Attribute) -> None:
        self._take(node.value)
        self._words.append(f".{node.attr}")

    def _call(self, node: ast.Call) -> None:
        """Keywords sorted, where the API has named them; those of the learner's own functions are variables."""
        own = isinstance(node.func, ast.Name) and node.func.id in self._bound
        self._take(node.func)
        self._words.append("(")
        for argument in node.args:
            self._take(argument)
        for keyword in node.keywords if own else sorted(node.keywords, key=lambda one: one.arg or ""):
            self._words.append("=" if own else f"{keyword.arg}=")
            self._take(keyword.value)
        self._words.append(")")

    def _dict(self, node: ast.Dict) -> None:
        self._words.append("{")
        pairs = list(zip(node.keys, node.values, strict=True))
        for key, value in sorted(pairs, key=_key):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                self._words.append(f"{key.value[:40]}:")
            elif key is not None:
                self._take(key)
            self._take(value)
        self._words.append("}")

    def _joinedstr(self, node: ast.JoinedStr) -> None:
        self._words.append("F")
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self._take(value.value)

    def _alias(self, node: ast.alias) -> None:
        self._words.append(f"import {node.name}")


def _key(pair: tuple[ast.expr | None, ast.expr]) -> str:
    key = pair[0]
    return str(key.value) if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""


# ── hashing ───────────────────────────────────────────────────────────────────────────────────────────────────


def _hashed(first: int, last: int, words: Sequence[str]) -> Statement:
    """A hash of integers is the same in every Python process, one of texts is not."""
    numbers = [zlib.crc32(word.encode("utf-8", "replace")) for word in words[:5000]]
    whole = hash((len(numbers), *numbers))
    if len(numbers) < SHORT:
        return Statement(first, last, whole, frozenset())
    runs = [hash(tuple(numbers[at : at + RUN])) for at in range(len(numbers) - RUN + 1)]
    chosen = {min(runs[at : at + WINDOW]) for at in range(max(1, len(runs) - WINDOW + 1))} if runs else set()
    return Statement(first, last, whole, frozenset({whole, *chosen}))


def _lines(text: str) -> Iterator[Statement]:
    """What is no Python, line by line: names after a dot or before a sign of equality are the API's."""
    for number, line in enumerate(text.splitlines()[:MOST_STATEMENTS], 1):
        numbers: dict[str, str] = {}
        found = _WORD.findall(line.partition("#")[0][:2000])
        words = []
        for before, word, after in zip(["", *found], found, [*found[1:], ""], strict=False):
            known = not word.isidentifier() or before == "." or after == "=" or word in _BUILTINS
            plain = "N" if word.isdigit() else word
            words.append(plain if known else numbers.setdefault(word, f"v{len(numbers)}"))
        yield _hashed(number, number, words)


def _parsed(text: str) -> ast.Module:
    """The syntax tree; IPython's own lines (``%time``, ``!ls``, ``thing?``) are as good as empty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except SyntaxError:
            plain = text.replace("%%", "# ", 1) if text.lstrip().startswith("%%") else text
            return ast.parse(_MAGIC.sub(r"\1pass", plain))


def _marks(text: str, texts: set[str]) -> frozenset[str]:
    comments = {line.partition("#")[2] for line in text.splitlines() if "#" in line and _outside(line)}
    clean = {" ".join(one.split()).casefold()[:200] for one in comments | texts}
    return frozenset(one for one in clean if len(one) >= MARK_LETTERS)


def _outside(line: str) -> bool:
    """Whether the first # of a line is no part of a text, as far as the line tells."""
    before = line.partition("#")[0]
    return before.count('"') % 2 == 0 and before.count("'") % 2 == 0
