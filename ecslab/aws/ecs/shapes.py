"""Whether a request has the shape that the ECS API gives it, judged before any verb sees it.

It knows types, required members and enumerations, all from botocore's model, and no meaning. Invariant: what passes
can be parsed, so a verb is never handed a list where it expects a name. Enumerations of task definitions and of account
settings are left to the verbs, which know more of them. Sources: AWS JSON 1.1 protocol (``SerializationException`` and
its words for values of another type); null means "not given".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import Shape

from ecslab.errors import ApiError, InvalidParameterException

OWN_ENUMERATIONS = frozenset(
    (
        "RegisterTaskDefinition",
        "PutAccountSetting",
        "PutAccountSettingDefault",
        "DeleteAccountSetting",
        "ListAccountSettings",
    )
)
MOST_DEPTH = 30
BOUNDS = {"integer": 2**31, "long": 2**63}
LATEST = 253402300799
"""The last second of the year 9999: times beyond it are no times."""


class SerializationException(ApiError):
    """The request cannot be read as what the operation takes."""


class UnknownOperationException(ApiError):
    """No such operation in this version of the ECS API."""


@cache
def model() -> Any:
    """botocore's model of ECS."""
    return botocore.session.get_session().get_service_model("ecs")


def check(operation: str, body: bytes | str) -> None:
    """SerializationException, InvalidParameterException or UnknownOperationException for what no verb could read."""
    if operation not in model().operation_names:
        raise UnknownOperationException(f"ECS has no operation '{operation}' in the version of its API that is here.")
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise SerializationException("The request's body is not JSON.") from None
    if not isinstance(given, dict):
        raise SerializationException("The request's body must be a JSON object.")
    shape = model().operation_model(operation).input_shape
    if shape is not None:
        for problem in _structure(shape, given, "", operation):
            raise problem


def _structure(shape: Any, given: Any, path: str, operation: str) -> Iterator[ApiError]:
    if not isinstance(given, dict):
        yield _unreadable(given, "structure", path)
        return
    for name, member in shape.members.items():
        value, where = given.get(name), f"{path}.{name}".lstrip(".")
        if value is None:
            if name in shape.required_members:
                yield InvalidParameterException(f"{where} is required. Give it a value.")
        else:
            yield from _value(member, value, where, operation)


def _value(shape: Shape, given: Any, path: str, operation: str) -> Iterator[ApiError]:
    if path.count(".") + path.count("[") > MOST_DEPTH:
        yield SerializationException(f"{path} is nested too deeply.")
        return
    yield from _READERS.get(shape.type_name, _text)(shape, given, path, operation)


def _list(shape: Any, given: Any, path: str, operation: str) -> Iterator[ApiError]:
    if not isinstance(given, list):
        yield _unreadable(given, "list", path)
        return
    for index, value in enumerate(given):
        yield from _value(shape.member, value, f"{path}[{index}]", operation)


def _map(shape: Any, given: Any, path: str, operation: str) -> Iterator[ApiError]:
    if not isinstance(given, dict):
        yield _unreadable(given, "map", path)
        return
    for name, value in given.items():
        yield from _value(shape.value, value, f"{path}.{name}", operation)


def _text(shape: Any, given: Any, path: str, operation: str) -> Iterator[ApiError]:
    if not isinstance(given, str):
        yield _unreadable(given, "String", path)
        return
    choices = getattr(shape, "enum", None)
    if given and choices and given not in choices and operation not in OWN_ENUMERATIONS:
        yield InvalidParameterException(f"Invalid value '{given}' for {path}. It is one of: {', '.join(choices)}.")


def _number(shape: Any, given: Any, path: str, operation: str) -> Iterator[ApiError]:
    most = BOUNDS[shape.type_name]
    if isinstance(given, bool) or not isinstance(given, int):
        yield _unreadable(given, "Integer" if shape.type_name == "integer" else "Long", path)
    elif not -most <= given < most:
        yield SerializationException(f"NUMBER_VALUE {given} of {path} does not fit into {shape.type_name}.")


def _fraction(shape: Any, given: Any, path: str, operation: str) -> Iterator[ApiError]:
    if isinstance(given, bool) or not isinstance(given, int | float):
        yield _unreadable(given, "Double", path)
    elif not abs(given) < 1e300:
        yield SerializationException(f"NUMBER_VALUE of {path} is no number.")


def _time(shape: Any, given: Any, path: str, operation: str) -> Iterator[ApiError]:
    if isinstance(given, bool) or not isinstance(given, int | float):
        yield _unreadable(given, "Timestamp", path)
    elif not 0 <= given <= LATEST:
        yield SerializationException(f"NUMBER_VALUE {given} of {path} is no time: seconds since 1970, as a number.")


def _boolean(shape: Any, given: Any, path: str, operation: str) -> Iterator[ApiError]:
    if not isinstance(given, bool):
        yield _unreadable(given, "Boolean", path)


def _unreadable(given: Any, wanted: str, path: str) -> SerializationException:
    """In the words of AWS's own JSON reader, with the place in the request."""
    names: Mapping[type, str] = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE", type(None): "NULL"}
    if isinstance(given, bool):
        found = "TRUE_VALUE" if given else "FALSE_VALUE"
    elif isinstance(given, list | dict):
        found = "Start of list" if isinstance(given, list) else "Start of structure or map"
    else:
        found = names.get(type(given), "VALUE")
    return SerializationException(f"{found} can not be converted to {_article(wanted)} {wanted} ({path}).")


def _article(word: str) -> str:
    return "an" if word[0] in "AEIOU" else "a"


_READERS: dict[str, Callable[[Any, Any, str, str], Iterator[ApiError]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _text,
    "integer": _number,
    "long": _number,
    "double": _fraction,
    "float": _fraction,
    "boolean": _boolean,
    "timestamp": _time,
}
