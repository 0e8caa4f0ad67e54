"""lab.iam, lab.client(as_user=, as_role=) and lab.why_denied, on a served lab."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from ecslab import Lab
from ecslab.client.transport import Transport
from ecslab.errors import EcslabError
from tests.server.conftest import Served
from tests.server.conftest import serve as serve_fixture

serve = serve_fixture
READ = {"Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*"}


@pytest.fixture
def learner(serve: Callable[..., Served], tmp_path: Path) -> Lab:
    """A lab with a user deployer and a role app, both allowed ecs:ListClusters only."""
    served = serve()
    lab = Lab(Transport(served.endpoint), served.api.status({}), tmp_path)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [READ]})
    trusted = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    iam = lab.client("iam")
    iam.create_user(UserName="deployer")
    iam.put_user_policy(UserName="deployer", PolicyName="read", PolicyDocument=policy)
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName="app", PolicyName="read", PolicyDocument=policy)
    return lab


def test_a_client_can_sign_as_a_user_or_a_role(learner: Lab) -> None:
    user = learner.client("sts", as_user="deployer").get_caller_identity()["Arn"]
    role = learner.client("sts", as_role="app").get_caller_identity()["Arn"]
    assert user == f"arn:aws:iam::{learner.account}:user/deployer"
    assert role == f"arn:aws:sts::{learner.account}:assumed-role/app/ecslab"


def test_policies_bind_a_user_while_they_are_enforced(learner: Lab) -> None:
    ecs = learner.client("ecs", as_user="deployer")
    assert learner.iam() is False
    ecs.describe_clusters()
    assert learner.iam(enforce=True) is True
    assert ecs.list_clusters()["clusterArns"]
    with pytest.raises(ClientError, match="not authorized to perform: ecs:DescribeClusters"):
        ecs.describe_clusters()
    learner.client("ecs").describe_clusters()


def test_why_denied_names_who_asked_for_what(learner: Lab) -> None:
    assert repr(learner.why_denied()) == "(nothing was denied)"
    learner.iam(enforce=True)
    for client in (learner.client("ecs", as_role="app"), learner.client("ecs", as_user="deployer")):
        with pytest.raises(ClientError):
            client.describe_clusters()
    newest, before = learner.why_denied()
    assert newest.principal.endswith("user/deployer")
    assert before.principal.endswith("assumed-role/app/ecslab")
    assert learner.why_denied("app")[0].action == "ecs:DescribeClusters"
    text, html = repr(learner.why_denied("deployer")), learner.why_denied("deployer")._repr_html_()
    for words in (newest.action, newest.resource, newest.principal, "no statement", newest.sentences[0]):
        assert words in text
    assert "ecs:DescribeClusters" in html
    assert "denied" in html


def test_a_user_that_does_not_exist_has_no_client(learner: Lab) -> None:
    with pytest.raises(EcslabError, match=r"There is no IAM user 'nobody'\. Users: deployer"):
        learner.client("ecs", as_user="nobody")
    with pytest.raises(EcslabError, match="There is no IAM role 'nobody'"):
        learner.client("ecs", as_role="nobody")
