"""A served lab (simulated, virtual time) with IAM: users, roles, and boto3 that signs as them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.server.conftest import Served
from tests.server.conftest import serve as serve_fixture

serve = serve_fixture
ACCOUNT = "123456789012"
CONFIG = Config(retries={"total_max_attempts": 1}, proxies={})


def document(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """An Allow statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """A Deny statement."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(principal: Any, **more: Any) -> str:
    """A trust policy."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


def code_of(call: Callable[[], Any]) -> str:
    """The error code boto3 reads from the answer; "" when the call succeeds."""
    try:
        call()
    except ClientError as problem:
        return str(problem.response["Error"]["Code"])
    return ""


def message_of(call: Callable[[], Any]) -> str:
    """The message of the error that the call must end with."""
    with pytest.raises(ClientError) as problem:
        call()
    return str(problem.value.response["Error"]["Message"])


@dataclass
class Account:
    """The account of a served lab, as its root."""

    served: Served

    @property
    def iam(self) -> Any:
        return self.served.client("iam")

    def client(self, service: str, keys: dict[str, Any]) -> Any:
        """boto3's client that signs with these credentials (as AWS's answers spell them)."""
        return boto3.client(
            service,
            endpoint_url=self.served.endpoint,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=CONFIG,
        )

    def user(self, name: str, *statements: dict[str, Any], **more: Any) -> Callable[[str], Any]:
        """A user with one inline policy; gives its boto3 clients."""
        self.iam.create_user(UserName=name, **more)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document(*statements))
        keys = self.iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: self.client(service, keys)

    def role(self, name: str, trusted: str, *statements: dict[str, Any]) -> str:
        """A role with one inline policy; its ARN."""
        arn: str = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(*statements))
        return arn

    def enforce(self, on: bool = True) -> None:
        self.served.api.handle("POST", "iam", {"enforce": on})

    def denied(self, principal: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.served.api.handle("GET", "iam/denied", {"principal": principal})["denied"]
        return found


@pytest.fixture
def account(serve: Callable[..., Served]) -> Account:
    """The account of a fresh lab."""
    return Account(serve())
