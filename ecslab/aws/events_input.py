"""What a target gets: the event, a part of it, a text of its own, or a template filled from it. Pure.

Invariants: a template that is JSON gives JSON, whatever is filled in; a path that leads nowhere fills in nothing.
Sources: EventBridge User Guide, "Amazon EventBridge input transformation"; EventBridge Scheduler User Guide, "Adding
context attributes".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]")
_HOLE = re.compile(r"<([^<>]+)>")
_NOTHING = object()


def of_target(target: Mapping[str, Any], event: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """The text that a target gets of an event. ``about`` are the reserved variables, such as aws.events.rule-name."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        part = look(event, str(target["InputPath"]))
        return json.dumps(None if part is _NOTHING else part)
    transformer = target.get("InputTransformer")
    if transformer:
        found = {name: look(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
        return fill(str(transformer.get("InputTemplate") or ""), {**about, **found})
    return json.dumps(event)


def wrong_with(target: Mapping[str, Any]) -> str:
    """What is wrong with the input or the template of a target; empty where nothing is."""
    if target.get("Input") and not _is_json(str(target["Input"])):
        return "JSON syntax error in input"
    template = str((target.get("InputTransformer") or {}).get("InputTemplate") or "")
    tried = _HOLE.sub("0", template)
    if template and not _is_json(tried) and not all(_is_json(line) for line in tried.splitlines() if line.strip()):
        return 'Invalid InputTemplate: write a JSON object, or text in quotes such as "<name> has stopped",'
    return ""


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def look(event: Any, path: str) -> Any:
    """What a JSONPath such as ``$.detail.containers[0].name`` leads to; a value of its own where it leads nowhere."""
    found, rest = event, path.strip().removeprefix("$")
    while rest:
        step = _STEP.match(rest)
        if step is None:
            return _NOTHING
        found = _go(found, step[1] or step[3], step[2])
        rest = rest[step.end() :]
    return found


def _go(found: Any, name: str | None, number: str | None) -> Any:
    if name is not None:
        return found.get(name, _NOTHING) if isinstance(found, Mapping) else _NOTHING
    if isinstance(found, list) and number is not None and int(number) < len(found):
        return found[int(number)]
    return _NOTHING


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A template with ``<name>`` filled in: as text within quotes, as JSON outside them.

    A name that stands for nothing is left out; one that is not known stays as it is.
    """
    is_json = template.lstrip()[:1] in ("{", "[", '"')
    parts: list[str] = []
    end, quoted = 0, False
    for hole in _HOLE.finditer(template):
        before = template[end : hole.start()]
        quoted ^= _quotes(before) % 2 == 1
        parts.append(before)
        parts.append(_filled(values[hole[1]], quoted or not is_json, is_json) if hole[1] in values else hole[0])
        end = hole.end()
    return "".join(parts) + template[end:]


def _quotes(text: str) -> int:
    return len(re.findall(r'(?<!\\)"', text))


def _filled(value: Any, as_text: bool, is_json: bool) -> str:
    if value is _NOTHING:
        return "" if as_text else "null"
    if not as_text:
        return json.dumps(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1] if is_json else text
