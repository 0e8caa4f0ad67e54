"""One call of the AWS SDK, as a web page or a command: what a container of the lab asks of AWS, and how it is answered.

It is carried into the images beside ``app.py``, where it needs boto3 and finds credentials as boto3 does, from the
environment; the library imports it, so that the simulated runtime answers in the same words. It knows no account and
no address. Invariant: every outcome is (HTTP status, JSON text): the result, or ``{"error": Code, "message": …}``.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

Answer = tuple[int, str]
FOLDER = "/usr/local/lib/ecslab-sdk"
"""Where the images with an SDK have it; their PYTHONPATH names it."""
PATIENCE = 5.5
"""Real seconds after which a call is given up: a page answers within six."""
NO_BOTO3 = "There is no boto3 in this image. Use ecslab/sdk:1."
NO_CREDENTIALS = "Unable to locate credentials"
USAGE = "Say which service and operation: /aws/s3/list_buckets, or /aws/s3/get_object?Bucket=menu&Key=today"
LATE = f"no answer in {PATIENCE:g} seconds"
SETTINGS = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "2", "AWS_RETRY_MODE": "standard"}
"""Where the container does not say otherwise: the credentials of the machine below are not the task's."""


def failure(status: int, code: str, message: str) -> Answer:
    """An answer that says what went wrong."""
    return status, json.dumps({"error": code, "message": message}) + "\n"


def has_sdk(environment: Mapping[str, str]) -> bool:
    """Whether the image that gave this environment has boto3 in it."""
    return FOLDER in environment.get("PYTHONPATH", "").split(":")


def call(session: Any, service: str, operation: str, given: Mapping[str, str]) -> Answer:
    """The answer to ``service.operation(**given)`` by a boto3 session; ``given`` are texts, read as the API's types."""
    from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, NoCredentialsError

    try:
        return 200, _text(_made(session, service, operation, given))
    except ClientError as refused:
        error, told = refused.response.get("Error", {}), refused.response.get("ResponseMetadata", {})
        status = int(told.get("HTTPStatusCode") or 400)
        return failure(status if status >= 400 else 400, error.get("Code", ""), error.get("Message", ""))
    except NoCredentialsError:
        return failure(401, "NoCredentials", NO_CREDENTIALS)
    except CredentialRetrievalError as problem:
        return failure(401, "NoCredentials", str(problem))
    except (BotoCoreError, ValueError) as problem:
        name = type(problem).__name__
        return failure(502 if "Connect" in name or "Timeout" in name else 400, name.removesuffix("Error"), str(problem))


def _made(session: Any, service: str, operation: str, given: Mapping[str, str]) -> Mapping[str, Any]:
    client = session.client(service)
    name = client.meta.method_to_api_mapping.get(operation)
    if name is None:
        raise ValueError(f"{service} has no operation {operation}; they are written as in boto3, such as get_object")
    shape = client.meta.service_model.operation_model(name).input_shape
    members = shape.members if shape is not None else {}
    result: Mapping[str, Any] = getattr(client, operation)(
        **{key: _value(members.get(key), text) for key, text in given.items()}
    )
    return {key: value for key, value in result.items() if key != "ResponseMetadata"}


def _value(shape: Any, text: str) -> Any:
    """``text`` as the API wants it: names stay texts also where they look like numbers."""
    if shape is None or shape.type_name in ("string", "timestamp", "blob", "char"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a {shape.type_name} in JSON") from None


def _text(result: Mapping[str, Any]) -> str:
    return json.dumps(result, default=_plain) + "\n"


def _plain(value: Any) -> str:
    """Streams and bytes as text, times in ISO 8601."""
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


# Inside a container


def answer(service: str, operation: str, given: Mapping[str, str]) -> Answer:
    """The same with what the container's own environment gives, in time. Real I/O."""
    boto3 = _boto3()
    if boto3 is None:
        return failure(501, "NoBoto3", NO_BOTO3)
    outcome: list[Answer] = []
    session = boto3.session.Session()

    def ask() -> None:
        outcome.append(call(session, service, operation, given))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return outcome[0] if outcome else failure(504, "Timeout", LATE)


def wanted(path: str) -> tuple[str, str] | None:
    """(service, operation) of a page's path; None where it says something else."""
    words = path.strip("/").split("/")[1:]
    return (words[0], words[1]) if len(words) == 2 and all(words) else None


def page(path: str, given: Mapping[str, str]) -> Answer:
    """The page ``/aws/<service>/<operation>?Name=value``."""
    asked = wanted(path)
    return answer(*asked, given) if asked else failure(400, "Usage", USAGE)


def command(words: Sequence[str]) -> tuple[int, str]:
    """``app aws s3 get_object Bucket=menu Key=today``: (exit code, text). ValueError."""
    if len(words) < 2:
        raise ValueError("aws: which service and operation?")
    service, operation, *pairs = words
    given = dict(pair.partition("=")[::2] for pair in pairs)
    if "" in given or any("=" not in pair for pair in pairs):
        raise ValueError("aws: parameters are written Name=value")
    status, text = answer(service, operation, given)
    return (0 if status == 200 else 1), text.rstrip("\n")


def _boto3() -> Any:
    """The SDK, unmodified; None where there is none. A bare process is told by ECSLAB_SDK where it is."""
    if not has_sdk(os.environ):
        return None
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    arn = os.environ.get("ECSLAB_TASK_ARN", "").split(":")
    region = os.environ.get("AWS_REGION") or (arn[3] if len(arn) > 3 else "us-east-1")
    os.environ.setdefault("AWS_DEFAULT_REGION", region)
    for folder in os.environ.get("ECSLAB_SDK", FOLDER).split(os.pathsep):
        if folder not in sys.path:
            sys.path.append(folder)
    try:
        import boto3
    except ModuleNotFoundError as missing:
        if missing.name != "boto3":
            raise
        return None
    return boto3
