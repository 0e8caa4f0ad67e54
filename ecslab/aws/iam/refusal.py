"""A refusal in the service's own protocol: the status, the headers and the body that boto3 turns into the right code.

Source: each service's Common Errors; Smithy's AWS protocols for where the code stands. SNS says AuthorizationError
where others say AccessDenied, and EC2 has names of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from xml.sax.saxutils import escape

from ecslab.aws.iam.wire import Call

REQUEST_ID = "ecslab00-0000-0000-0000-000000000000"


class Why(StrEnum):
    """Why a call is refused."""

    DENIED = "denied"
    BAD_TOKEN = "bad token"
    EXPIRED = "expired"
    BAD_SIGNATURE = "bad signature"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What goes back to the caller."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


_JSON = {
    Why.DENIED: ("AccessDeniedException", 400),
    Why.BAD_TOKEN: ("UnrecognizedClientException", 400),
    Why.EXPIRED: ("ExpiredTokenException", 400),
    Why.BAD_SIGNATURE: ("InvalidSignatureException", 400),
    Why.UNSIGNED: ("MissingAuthenticationTokenException", 400),
}
_REST_JSON = {why: (code, 403) for why, (code, _) in _JSON.items()}
_QUERY = {
    Why.DENIED: ("AccessDenied", 403),
    Why.BAD_TOKEN: ("InvalidClientTokenId", 403),
    Why.EXPIRED: ("ExpiredToken", 403),
    Why.BAD_SIGNATURE: ("SignatureDoesNotMatch", 403),
    Why.UNSIGNED: ("MissingAuthenticationToken", 403),
}
_S3 = {
    **_QUERY,
    Why.BAD_TOKEN: ("InvalidToken", 400),
    Why.EXPIRED: ("ExpiredToken", 400),
    Why.UNSIGNED: ("AccessDenied", 403),
}
_EC2 = {
    Why.DENIED: ("UnauthorizedOperation", 403),
    Why.BAD_TOKEN: ("AuthFailure", 401),
    Why.EXPIRED: ("RequestExpired", 400),
    Why.BAD_SIGNATURE: ("AuthFailure", 401),
    Why.UNSIGNED: ("AuthFailure", 401),
}
_CODES = {"json": _JSON, "cbor": _JSON, "rest-json": _REST_JSON, "query": _QUERY, "rest-xml": _S3, "ec2": _EC2}
_OPENING = "You are not authorized to perform this operation. "


def refuse(call: Call, why: Why, message: str) -> Refusal:
    """The refusal of a call, with the code its service uses."""
    code, status = _CODES.get(call.protocol, _JSON)[why]
    if why is Why.DENIED and call.service == "sns":
        code = "AuthorizationError"
    if why is Why.DENIED and call.protocol == "ec2":
        message = _OPENING + message
    older = _QUERY[why][0] if call.query_compatible else ""
    return error(call, code=code, message=message, status=status, older=older)


def error(call: Call, *, code: str, message: str, status: int = 400, older: str = "") -> Refusal:
    """Any error in the protocol of the call; ``older`` is the code that a service which once spoke Query keeps."""
    headers = {"x-amzn-RequestId": REQUEST_ID}
    match call.protocol:
        case "json" | "rest-json":
            kind = "application/x-amz-json-1.1" if call.protocol == "json" else "application/json"
            headers |= {"Content-Type": kind, "x-amzn-errortype": code}
            body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        case "cbor":
            headers |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
            body = _cbor({"__type": code, "message": message})
        case "ec2":
            headers |= {"Content-Type": "text/xml"}
            body = _xml(f"<Response><Errors><Error>{_inside(code, message)}</Error></Errors>", "RequestID", "Response")
        case "rest-xml":
            headers |= {"Content-Type": "application/xml"}
            body = _xml(f"<Error>{_inside(code, message)}", "RequestId", "Error")
        case _:
            headers |= {"Content-Type": "text/xml"}
            inside = f"<Error><Type>Sender</Type>{_inside(code, message)}</Error>"
            body = _xml(f"<ErrorResponse>{inside}", "RequestId", "ErrorResponse")
    if older:
        headers["x-amzn-query-error"] = f"{older};Sender"
    return Refusal(status=status, headers=tuple(headers.items()), body=body)


def _inside(code: str, message: str) -> str:
    return f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"


def _xml(opening: str, request_id: str, last: str) -> bytes:
    text = f'<?xml version="1.0" encoding="UTF-8"?>{opening}<{request_id}>{REQUEST_ID}</{request_id}></{last}>'
    return text.encode()


def _cbor(fields: dict[str, str]) -> bytes:
    """A CBOR map of texts (RFC 8949: major type 5 for the map, 3 for a text)."""
    parts = [bytes([0xA0 | len(fields)])]
    for text in (part for pair in fields.items() for part in pair):
        raw = text.encode()
        parts.append(b"\x79" + len(raw).to_bytes(2, "big") + raw)
    return b"".join(parts)
