"""What every AWS account that uses ECS has in IAM: AWS's managed policies and the roles the console makes.

It is no fixture of a lab: learners make their own roles. Invariant: ``ensure`` seeds an account once between two
resets, so what a learner deletes stays deleted.

Source of the roles: Amazon ECS Developer Guide, "IAM roles for Amazon ECS" (facts §11).
"""

from __future__ import annotations

import json
from typing import Any

from ecslab.aws.iam import store
from ecslab.model.arn import Place

EXECUTION_ROLE = "ecsTaskExecutionRole"
INSTANCE_ROLE = "ecsInstanceRole"
SERVICE_LINKED_ROLE = "AWSServiceRoleForECS"
SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_ECSService"

_AWS_POLICY = "arn:aws:iam::aws:policy/"
_ROLES = (
    # name, path, trusted service, the AWS managed policy
    (EXECUTION_ROLE, "/", "ecs-tasks.amazonaws.com", "service-role/AmazonECSTaskExecutionRolePolicy"),
    (INSTANCE_ROLE, "/", "ec2.amazonaws.com", "service-role/AmazonEC2ContainerServiceforEC2Role"),
    (
        SERVICE_LINKED_ROLE,
        "/aws-service-role/ecs.amazonaws.com/",
        "ecs.amazonaws.com",
        "aws-service-role/AmazonECSServiceRolePolicy",
    ),
    (
        SCALING_ROLE,
        "/aws-service-role/ecs.application-autoscaling.amazonaws.com/",
        "ecs.application-autoscaling.amazonaws.com",
        "aws-service-role/AWSApplicationAutoscalingECSServicePolicy",
    ),
)
_SEEDED = "ecslab_seeded"


def ensure(place: Place) -> None:
    """Put the managed policies and the roles into the account, once; later calls cost a dictionary look-up."""
    iam = store.iam(place)
    if _SEEDED in iam.__dict__:
        return
    iam.__dict__[_SEEDED] = True
    _load_managed_policies(iam)
    for name, path, service, policy in _ROLES:
        if store.role(place, name) is None:
            _create(iam, name=name, path=path, trust=trust_of(service), policy=_AWS_POLICY + policy)
    if INSTANCE_ROLE not in iam.instance_profiles:
        iam.create_instance_profile(name=INSTANCE_ROLE, path="/", role_names=[INSTANCE_ROLE])


def trust_of(service: str) -> dict[str, Any]:
    """A trust policy that lets one AWS service assume the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _load_managed_policies(iam: Any) -> None:
    """AWS's own managed policies, which moto carries and leaves out unless asked for."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy

    for name, data in json.loads(aws_managed_policies_data).items():
        policy = AWSManagedPolicy.from_data(name, iam.account_id, iam.region_name, data)
        iam.managed_policies.setdefault(policy.arn, policy)


def _create(iam: Any, *, name: str, path: str, trust: dict[str, Any], policy: str) -> None:
    role = iam.create_role(
        role_name=name,
        assume_role_policy_document=json.dumps(trust),
        path=path,
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
        linked_service=None,
    )
    managed = iam.managed_policies.get(policy)
    if managed is not None:
        managed.attach_to(role)
