"""One call of the AWS SDK by the program: the page, the command, and the same on the simulated runtime."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any

import boto3
import pytest

from ecslab.images import packages, sdk
from ecslab.images.behaviour import behaviour
from ecslab.images.website import Website
from ecslab.timeline import real_monotonic
from tests.images.test_app import get, run, serving

KEYS = {"AccessKeyId": "AKIDTASK", "SecretAccessKey": "s", "Token": "t", "Expiration": "2999-01-01T00:00:00Z"}
OBJECT = "soup of the day"
REFUSED = "<Error><Code>AccessDenied</Code><Message>no policy allows it</Message></Error>"


class Aws(BaseHTTPRequestHandler):
    """An agent that gives credentials, and an S3 with one object, which only their owner may read."""

    def do_GET(self) -> None:
        if self.path == "/v2/credentials/task":
            return self.give(200, json.dumps(KEYS))
        if "AKIDTASK" not in self.headers.get("Authorization", ""):
            return self.give(403, REFUSED)
        return self.give(200, OBJECT) if self.path.startswith("/menu/7") else self.give(403, REFUSED)

    def give(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Mon, 23 Nov 2026 10:00:00 GMT")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def aws_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with aws_server() as url:
        yield url


def environment(aws: str = "", *, task_role: bool = True) -> dict[str, str]:
    """Of a container of ecslab/sdk, as a bare process."""
    own = {"PYTHONPATH": sdk.FOLDER, "ECSLAB_SDK": os.pathsep.join(packages.folders()), "AWS_REGION": "us-east-1"}
    if aws:
        own["AWS_ENDPOINT_URL"] = aws
    if aws and task_role:
        own["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{aws}/v2/credentials/task"
    return own


class Signed:
    """An Outside whose SDK runs in this process, with the credentials that the container would find."""

    def fetch(self, url: str) -> tuple[int, str]:
        raise OSError("nobody")

    def aws(
        self, service: str, operation: str, parameters: Mapping[str, str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        session = boto3.session.Session("AKIDTASK", "s", "t", region_name="us-east-1")
        session.client = lambda name: boto3.session.Session.client(  # type: ignore[method-assign, assignment]
            session, name, endpoint_url=environment["AWS_ENDPOINT_URL"]
        )
        return sdk.call(session, service, operation, parameters)


ASKED = (
    "/aws/s3/get_object?Bucket=menu&Key=7",
    "/aws/s3/get_object?Bucket=menu&Key=secret",
    "/aws/s3/get_object?Bucket=menu",
    "/aws/s3/get_object?Bucket=menu&Key=7&PartNumber=one",
    "/aws/s3/eat_object",
    "/aws/teapot/brew",
    "/aws/s3",
    "/aws",
    "/env?name=AWS_REGION",
    "/env?name=NOTHING",
)


def test_the_simulated_site_answers_what_the_real_one_does(aws: str) -> None:
    own = environment(aws)
    site = Website(environment=own, outside=Signed())
    with serving(**own) as (url, _):
        for path in ASKED:
            assert get(url + path) == site.answer(path), path


def test_the_result_of_a_call_is_json_with_streams_as_text_and_times_as_iso(aws: str) -> None:
    with serving(**environment(aws)) as (url, _):
        status, body = get(f"{url}/aws/s3/get_object?Bucket=menu&Key=7")
        assert get(f"{url}/aws/s3/get_object?Bucket=menu&Key=secret")[0] == 403
    said: dict[str, Any] = json.loads(body)
    assert (status, said["Body"], said["LastModified"]) == (200, OBJECT, "2026-11-23T10:00:00+00:00")


def test_a_call_changes_nothing_of_what_the_container_says_of_its_environment(aws: str) -> None:
    with serving(**environment(aws)) as (url, _):
        before = json.loads(get(f"{url}/json")[1])["environment"]
        get(f"{url}/aws/s3/get_object?Bucket=menu&Key=7")
        assert json.loads(get(f"{url}/json")[1])["environment"] == before


def test_without_a_role_there_are_no_credentials_not_even_those_of_the_machine(aws: str) -> None:
    with serving(**environment(aws, task_role=False)) as (url, _):
        status, body = get(f"{url}/aws/s3/list_buckets")
    assert (status, json.loads(body)["error"]) == (401, "NoCredentials")


def test_credentials_that_cannot_be_fetched_are_given_up_in_time() -> None:
    own = environment() | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/v2/credentials/task"}
    with serving(**own) as (url, _):
        started = real_monotonic()
        status, body = get(f"{url}/aws/s3/list_buckets")
        assert real_monotonic() - started < 30
    assert (status, json.loads(body)["error"]) in ((401, "NoCredentials"), (504, "Timeout"))


def test_an_image_without_the_sdk_says_so_on_every_runtime() -> None:
    with serving() as (url, _):
        real = get(f"{url}/aws/s3/list_buckets")
    assert real == Website(environment={}).answer("/aws/s3/list_buckets")
    assert (real[0], json.loads(real[1])["error"]) == (501, "NoBoto3")
    words = ("aws", "s3", "list_buckets")
    ended, said = run(*words), behaviour(("app", *words), {}, {})
    assert (ended.code, ended.lines) == (said.exit_code, [text for _, text in said.lines])


def test_the_command_prints_the_answer_or_the_error(aws: str) -> None:
    good = run("aws", "s3", "get_object", "Bucket=menu", "Key=7", **environment(aws))
    assert (good.code, json.loads(good.lines[0])["Body"]) == (0, OBJECT)
    bad = run("aws", "s3", "get_object", "Bucket=menu", "Key=secret", **environment(aws))
    assert (bad.code, json.loads(bad.lines[0])["error"]) == (1, "AccessDenied")


@pytest.mark.parametrize("words", [("aws",), ("aws", "s3"), ("aws", "s3", "get_object", "menu")])
def test_a_command_that_cannot_be_read_ends_with_2_on_every_runtime(words: tuple[str, ...]) -> None:
    assert run(*words).code == behaviour(("app", *words), {}, {}).exit_code == 2


def test_the_simulated_command_is_a_call_for_whoever_plays_it() -> None:
    said = behaviour(("app", "aws", "s3", "get_object", "Bucket=menu"), {"PYTHONPATH": sdk.FOLDER}, {})
    assert said.call == ("s3", "get_object", "Bucket=menu")


def test_the_image_gets_code_and_the_services_it_needs_and_nothing_of_other_packages() -> None:
    names = [name for name, _ in packages.sdk()]
    assert {name.partition("/")[0] for name in names} >= {"boto3", "botocore", "s3transfer", "jmespath", "urllib3"}
    assert not any(PurePosixPath(name).is_absolute() or ".." in name for name in names)
    services = {name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2}
    assert services == packages.SERVICES
    assert [name for name in names if name.endswith(".so")] == []
