"""Whether a request was signed with the caller's secret, recomputed by botocore's own signer.

Only Signature Version 4 is known. It does not look at the clock: a lab's time may be years from the signer's.
Invariant: a request whose signature cannot be recomputed (SigV2, streamed chunks) is taken as it is, so a correct
caller is never turned away.
"""

from __future__ import annotations

import hmac
import re
from typing import Any
from urllib.parse import parse_qsl, quote

from ecslab.aws.iam.wire import Environ, Signed, body_of

_SIGNED_HEADERS = re.compile(r"SignedHeaders=([^,\s]+)")
_SIGNATURE = re.compile(r"Signature=([0-9a-f]{64})")
_NEVER_SIGNED = frozenset({"expect", "user-agent", "x-amzn-trace-id", "transfer-encoding"})
"""Headers that proxies change and botocore never signs; a signature over them is not recomputed."""


def is_right(environ: Environ, who: Signed, secret: str) -> bool:
    """Whether the signature is the one this secret makes; True where that cannot be told."""
    names, given = _presigned(environ) if who.presigned else _in_header(environ)
    if not given or _NEVER_SIGNED.intersection(names):
        return True
    headers = {name: _header(environ, name) for name in names}
    if any(value is None for value in headers.values()):
        return False
    return hmac.compare_digest(_signature(environ, who, secret, headers), given)


def _in_header(environ: Environ) -> tuple[list[str], str]:
    header = environ.get("HTTP_AUTHORIZATION", "")
    names, given = _SIGNED_HEADERS.search(header), _SIGNATURE.search(header)
    if names is None or given is None or not header.startswith("AWS4-HMAC-SHA256"):
        return [], ""
    return names.group(1).split(";"), given.group(1)


def _presigned(environ: Environ) -> tuple[list[str], str]:
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    return query.get("X-Amz-SignedHeaders", "host").split(";"), query.get("X-Amz-Signature", "")


def _signature(environ: Environ, who: Signed, secret: str, headers: dict[str, str | None]) -> str:
    from botocore.awsrequest import AWSRequest

    signer = _signer(who, secret)
    request = AWSRequest(method=environ["REQUEST_METHOD"], url=_url(environ), data=body_of(environ), headers=headers)
    request.context["timestamp"] = _timestamp(environ)
    found: str = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return found


def _signer(who: Signed, secret: str) -> Any:
    from botocore import auth
    from botocore.credentials import Credentials

    s3 = who.signing_name == "s3"
    if who.presigned:
        kind = auth.S3SigV4QueryAuth if s3 else auth.SigV4QueryAuth
    else:
        kind = auth.S3SigV4Auth if s3 else auth.SigV4Auth
    return kind(Credentials(who.key_id, secret, who.token or None), who.signing_name, who.region)


def _url(environ: Environ) -> str:
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not raw:
        query = environ.get("QUERY_STRING", "")
        raw = quote(environ.get("PATH_INFO", "/")) + (f"?{query}" if query else "")
    path, mark, query = str(raw).partition("?")
    kept = "&".join(part for part in query.split("&") if not part.startswith("X-Amz-Signature="))
    return f"http://{environ.get('HTTP_HOST', 'localhost')}{path}{mark if kept else ''}{kept}"


def _timestamp(environ: Environ) -> str:
    query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    return str(environ.get("HTTP_X_AMZ_DATE") or query.get("X-Amz-Date", ""))


def _header(environ: Environ, name: str) -> str | None:
    key = name.upper().replace("-", "_")
    if key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        return environ.get(key)
    return environ.get(f"HTTP_{key}")
