"""Policy documents read: JSON to a Document, and every malformed one refused with what is wrong and where.

It reads the whole; ``grammar`` reads a statement. Invariant: parse() gives a well-formed Document or raises
MalformedPolicyDocument, never anything else. Source: IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecslab.policy.documents import OLD, VERSIONS, Document, Kind, Statement
from ecslab.policy.grammar import Reader, statement
from ecslab.policy.positions import spans

_VERSION = "The policy must contain a valid version string."
_UNIQUE = "Statement IDs (SID) in a single policy must be unique."
_JSON = "This policy contains invalid Json."


def parse(text: str | Mapping[str, Any], *, name: str, kind: Kind = Kind.IDENTITY, arn: str = "") -> Document:
    """Read a policy document. MalformedPolicyDocument says what is wrong, where, and what to try.

    ``name`` is what messages and explanations call it. Statements know their place in a text, not in a mapping.
    """
    reader = Reader(name=name, kind=kind)
    wire = _json(reader, text)
    unknown = sorted(str(key) for key in set(wire) - {"Version", "Id", "Statement"})
    if unknown:
        raise reader.fault("", f"it has an element {unknown[0]!r}.", "A policy has Version, Id and Statement.")
    version = wire.get("Version", OLD)
    if version not in VERSIONS:
        said = f"there is no policy version {version!r}."
        raise reader.fault("", said, 'Use "Version": "2012-10-17", with quotes.', aws=_VERSION)
    statements = _statements(reader, wire)
    if isinstance(text, str):
        placed = zip(statements, spans(text), strict=True)
        statements = tuple(replace(one, start=start, end=end) for one, (start, end) in placed)
    return Document(name=name, statements=statements, version=version, arn=arn)


def _statements(reader: Reader, wire: Mapping[str, Any]) -> tuple[Statement, ...]:
    given = wire.get("Statement")
    listed = [given] if isinstance(given, Mapping) else given
    if not isinstance(listed, list) or not listed:
        advice = 'Give "Statement": [{"Effect": …, "Action": …, …}].'
        raise reader.fault("", "it has no Statement.", advice, aws="Missing required field Statement.")
    found = tuple(statement(reader, one, index) for index, one in enumerate(listed))
    sids = [one.sid for one in found if one.sid]
    twice = next((sid for sid in sids if sids.count(sid) > 1), None)
    if twice:
        raise reader.fault("", f"two statements have the Sid {twice!r}.", "Give each its own, or none.", aws=_UNIQUE)
    return found


def _json(reader: Reader, text: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(text, Mapping):
        return text
    try:
        wire = json.loads(text, object_pairs_hook=lambda pairs: _unique(reader, pairs))
    except json.JSONDecodeError as problem:
        where = f"at line {problem.lineno}, column {problem.colno}"
        raise reader.fault(where, "it is not JSON.", _advice(text, problem), aws=_JSON) from None
    except (ValueError, TypeError, RecursionError):
        raise reader.fault("", "it is not JSON.", "Give the policy as JSON text.", aws=_JSON) from None
    if not isinstance(wire, dict):
        raise reader.fault("", "it is not a JSON object.", 'Begin with {"Version": "2012-10-17", "Statement": […]}.')
    return wire


def _advice(text: str, problem: json.JSONDecodeError) -> str:
    if not text.strip():
        return "It is empty."
    if text.strip()[:1] != "{":
        return 'Begin with {. A file is given to the AWS CLI as "file://policy.json".'
    if text[problem.pos : problem.pos + 1] == "'":
        return "JSON has double quotes only: \"Allow\", not 'Allow'."
    before = text[: problem.pos].rstrip()
    if before.endswith(","):
        return "There is a comma before a closing brace or bracket: take it away."
    return "Look for a missing comma, quote or brace there."


def _unique(reader: Reader, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        double = next(key for key in names if names.count(key) > 1)
        raise reader.fault("", f"the key {double!r} stands twice in one object.", "Put its values in one list.")
    return found
