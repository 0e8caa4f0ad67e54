"""A request off the wire: who signed it, for which service, and what it asks, by AWS's own API models.

moto's routers and parsers (over botocore's models) read it; here is only what lies between WSGI and them. Invariant:
the body can be read again by whoever comes after.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

Environ = dict[str, Any]

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]*)/([^/]*)/aws4_request")
_MODELS = {
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "elasticfilesystem": "efs",
    "tagging": "resourcegroupstaggingapi",
}
_OLD_LOAD_BALANCERS = "2012-06-01"
_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What the signature says: the key, its token ("" for none), the region and the service it is for."""

    key_id: str
    token: str
    region: str
    signing_name: str
    presigned: bool = False

    @property
    def prefix(self) -> str:
        """The service's prefix in IAM actions."""
        return _PREFIXES.get(self.signing_name, self.signing_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One API call. ``protocol`` is the one the caller speaks; ``params`` is {} where it could not be read."""

    service: str
    operation: str
    protocol: str
    region: str
    query_compatible: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)


def signed(environ: Environ) -> Signed | None:
    """The credential scope of a request, from its header or its presigned query; None for an unsigned one."""
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if found is not None:
        return _signed(found, environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""), presigned=False)
    query = environ.get("QUERY_STRING", "")
    if "X-Amz-Credential=" not in query:
        return _older(query) if "AWSAccessKeyId=" in query else None
    values = parse_qs(query)
    found = _CREDENTIAL.search("Credential=" + values["X-Amz-Credential"][0])
    if found is None:
        return None
    return _signed(found, values.get("X-Amz-Security-Token", [""])[0], presigned=True)


def _older(query: str) -> Signed:
    """S3's presigned URLs of Signature Version 2, which boto3 still makes for an endpoint of one's own."""
    values = parse_qs(query)
    token = values.get("x-amz-security-token", [""])[0]
    return Signed(
        key_id=values["AWSAccessKeyId"][0], token=token, region="us-east-1", signing_name="s3", presigned=True
    )


def _signed(found: re.Match[str], token: str, *, presigned: bool) -> Signed:
    key_id, _, region, service = found.groups()
    return Signed(key_id=unquote(key_id), token=token, region=region, signing_name=service.lower(), presigned=presigned)


def body_of(environ: Environ) -> bytes:
    """The whole body; the environ is left so that it can be read again."""
    stream = environ["wsgi.input"]
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        body: bytes = stream.read()
        del environ["HTTP_TRANSFER_ENCODING"]
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def read(environ: Environ, who: Signed) -> Call:
    """What the request asks. An operation that no model knows is named as well as the request allows."""
    from moto.core.request import Request

    body = body_of(environ)
    copy = {**environ, "wsgi.input": io.BytesIO(body)}
    request = Request(copy)
    model = _model(who, request)
    if model is None:
        return Call(
            service=who.prefix, operation=_named(environ, request), protocol=_protocol(None, environ), region=who.region
        )
    protocol = _protocol(model, environ)
    operation, params = _match(model, request, protocol)
    return Call(
        service=who.prefix,
        operation=operation or _named(environ, request),
        protocol=protocol,
        region=who.region,
        query_compatible=model.is_query_compatible,
        params=params,
    )


def _model(who: Signed, request: Any) -> Any | None:
    from botocore.exceptions import UnknownServiceError
    from moto.core.utils import get_service_model

    name = _MODELS.get(who.signing_name, who.signing_name)
    if name == "elasticloadbalancing":
        name = "elb" if request.values.get("Version") == _OLD_LOAD_BALANCERS else "elbv2"
    if name == "dynamodb" and request.headers.get("X-Amz-Target", "").startswith("DynamoDBStreams"):
        name = "dynamodbstreams"
    try:
        return get_service_model(name)
    except UnknownServiceError:
        return None


def _protocol(model: Any | None, environ: Environ) -> str:
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return "cbor"
    if model is None:
        return "json" if "HTTP_X_AMZ_TARGET" in environ else "query"
    from moto.core.request import determine_request_protocol

    try:
        return str(determine_request_protocol(model, environ.get("CONTENT_TYPE", "").split(";")[0]))
    except NotImplementedError:
        return str(model.protocol)


def _match(model: Any, request: Any, protocol: str) -> tuple[str, Mapping[str, Any]]:
    from moto.core.parse import PROTOCOL_PARSERS
    from moto.core.routing import get_service_router
    from werkzeug.exceptions import NotFound

    try:
        operation, uri = get_service_router(model.service_name).match(request)
    except (NotFound, NotImplementedError):
        return "", {}
    asked = {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": request.data,
        "url_path": request.path,
        "url_params": uri,
    }
    try:
        return operation.name, PROTOCOL_PARSERS[protocol](operation).parse(asked) or {}
    except Exception:  # a body that does not parse is refused by the service; the gate asks about "*"
        return operation.name, {}


def _named(environ: Environ, request: Any) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    action = str(request.values.get("Action", ""))
    return target.rsplit(".", 1)[-1] or action or environ.get("PATH_INFO", "").rstrip("/").rsplit("/", 1)[-1]
