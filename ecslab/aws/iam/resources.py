"""The resources a call is about, as ARNs, written from its own parameters.

A table of our own, honest about its limits: an operation it does not know is asked about as ``*``, which only a policy
with ``"Resource": "*"`` allows. See docs/adr/0009-enforcing-iam.md for why no package is used.

A pattern reads ``cluster/{cluster=default}``: parameters in braces, ``=`` gives the value of one that is missing, a
list gives one ARN for each member, and a value that is an ARN already stands for the whole. Patterns of a service are
tried in order; the first whose parameters are all there is taken.

Source: Service Authorization Reference, "Resource types defined by" each service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecslab.aws.iam.lookups import LOOKUPS
from ecslab.aws.iam.wire import Call
from ecslab.model.arn import Place, last_part

_NAME = re.compile(r"\{(\w+)(?:=([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row: the operations it is for ("" for all that reach it) and the resource after the ARN's account."""

    operations: str
    resource: str

    def suits(self, operation: str) -> bool:
        """Whether this row is about that operation."""
        return not self.operations or operation in self.operations.split()


_CLUSTER = "cluster/{cluster=default}"
_TASK_DEFINITIONS = "DeleteTaskDefinitions"
_ECS = (
    Pattern("RegisterTaskDefinition", "task-definition/{family}:*"),
    Pattern("RunTask StartTask", "lookup:task-definition"),
    Pattern(_TASK_DEFINITIONS, "task-definition/{taskDefinitions}"),
    Pattern("CreateService", "service/{cluster=default}/{serviceName}"),
    Pattern("CreateExpressGatewayService", "service/{cluster=default}/{serviceName=*}"),
    Pattern("UpdateExpressGatewayService DeleteExpressGatewayService DescribeExpressGatewayService", "{serviceArn}"),
    Pattern("CreateGateway", "gateway/{name}"),
    Pattern(
        "UpdateGateway DeleteGateway DescribeGateway DescribeGatewayResources AssociateGatewayWithCluster "
        "DisassociateGatewayFromCluster",
        "gateway/{gateway}",
    ),
    Pattern("DescribeGatewayRoute", "{gatewayRouteArn}"),
    Pattern("UpdateService DeleteService", "service/{cluster=default}/{service}"),
    Pattern("DescribeServices", "service/{cluster=default}/{services}"),
    Pattern("ListServiceDeployments UpdateServicePrimaryTaskSet", "service/{cluster=default}/{service}"),
    Pattern("DescribeServiceDeployments StopServiceDeployment", "{serviceDeploymentArns}"),
    Pattern("StopServiceDeployment", "{serviceDeploymentArn}"),
    Pattern("DescribeServiceRevisions", "{serviceRevisionArns}"),
    Pattern("DescribeTasks GetTaskProtection UpdateTaskProtection", "task/{cluster=default}/{tasks}"),
    Pattern("StopTask ExecuteCommand", "task/{cluster=default}/{task}"),
    Pattern(
        "DescribeContainerInstances UpdateContainerInstancesState",
        "container-instance/{cluster=default}/{containerInstances}",
    ),
    Pattern("UpdateContainerAgent ListTasks", "container-instance/{cluster=default}/{containerInstance}"),
    Pattern("DescribeClusters", "cluster/{clusters=default}"),
    Pattern("CreateCluster", "cluster/{clusterName=default}"),
    Pattern(
        "DeleteCluster UpdateCluster UpdateClusterSettings PutClusterCapacityProviders RegisterContainerInstance "
        "DeregisterContainerInstance ListContainerInstances ListAttributes SubmitTaskStateChange "
        "SubmitContainerStateChange SubmitAttachmentStateChanges",
        _CLUSTER,
    ),
    Pattern("TagResource UntagResource ListTagsForResource", "{resourceArn}"),
    Pattern("CreateCapacityProvider", "capacity-provider/{name}"),
    Pattern("DeleteCapacityProvider UpdateCapacityProvider", "capacity-provider/{capacityProvider}"),
    Pattern("DescribeCapacityProviders", "capacity-provider/{capacityProviders}"),
    Pattern("CreateTaskSet DescribeTaskSets", "task-set/{cluster=default}/{service}/*"),
    Pattern("DeleteTaskSet UpdateTaskSet", "task-set/{cluster=default}/{service}/{taskSet}"),
)
_LOGS = (
    Pattern(
        "CreateLogStream DeleteLogStream PutLogEvents GetLogEvents",
        "log-group:{logGroupName}:log-stream:{logStreamName}",
    ),
    Pattern("", "{resourceArn}"),
    Pattern("", "{logGroupIdentifier}"),
    Pattern("", "log-group:{logGroupName}:log-stream:"),
    Pattern("DescribeLogGroups", "log-group:{logGroupNamePrefix=}:log-stream:"),
)
_IAM = (
    Pattern("AddRoleToInstanceProfile RemoveRoleFromInstanceProfile", "instance-profile/{InstanceProfileName}"),
    Pattern("CreatePolicy", "policy{Path=/}{PolicyName}"),
    Pattern("CreateRole", "role{Path=/}{RoleName}"),
    Pattern("CreateUser", "user{Path=/}{UserName}"),
    Pattern("", "{PolicySourceArn}"),
    Pattern("", "lookup:role"),
    Pattern("AddUserToGroup RemoveUserFromGroup", "group/{GroupName}"),
    Pattern("", "lookup:user"),
    Pattern("", "group/{GroupName}"),
    Pattern("", "instance-profile/{InstanceProfileName}"),
    Pattern("", "{PolicyArn}"),
    Pattern("", "mfa/{VirtualMFADeviceName}"),
)
_S3 = (
    Pattern("DeleteObjects", "lookup:objects"),
    Pattern("", "{Bucket}/{Key}"),
    Pattern("", "{Bucket}"),
)
TABLE: Mapping[str, tuple[Pattern, ...]] = {
    "ecs": _ECS,
    "s3": _S3,
    "iam": _IAM,
    "logs": _LOGS,
    "sts": (Pattern("", "{RoleArn}"), Pattern("GetFederationToken", "federated-user/{Name}")),
    "ssm": (Pattern("", "lookup:parameter"), Pattern("DescribeParameters", "*")),
    "secretsmanager": (Pattern("CreateSecret", "secret:{Name}"), Pattern("", "lookup:secret")),
    "dynamodb": (
        Pattern("BatchGetItem BatchWriteItem TransactGetItems TransactWriteItems", "lookup:tables"),
        Pattern("Query Scan", "table/{TableName}/index/{IndexName}"),
        Pattern("", "table/{TableName}"),
        Pattern("", "{ResourceArn}"),
    ),
    "sqs": (Pattern("", "{QueueName}"), Pattern("", "lookup:queue")),
    "sns": (
        Pattern("", "{TopicArn}"),
        Pattern("", "{TargetArn}"),
        Pattern("", "{ResourceArn}"),
        Pattern("CreateTopic", "{Name}"),
        Pattern("", "lookup:subscription"),
    ),
    "cloudwatch": (
        Pattern("PutMetricAlarm PutCompositeAlarm SetAlarmState DescribeAlarmHistory", "alarm:{AlarmName}"),
        Pattern("DescribeAlarms DescribeAlarmHistory", "alarm:{AlarmNames=*}"),
        Pattern("DeleteAlarms EnableAlarmActions DisableAlarmActions", "alarm:{AlarmNames}"),
        Pattern("", "{ResourceARN}"),
    ),
    "ecr": (
        Pattern("", "repository/{repositoryName}"),
        Pattern("DescribeRepositories", "repository/{repositoryNames=*}"),
        Pattern("", "{resourceArn}"),
    ),
    "kms": (Pattern("", "lookup:key"),),
    "lambda": (Pattern("", "function:{FunctionName}"), Pattern("", "layer:{LayerName}"), Pattern("", "{Resource}")),
    "events": (
        Pattern("PutEvents", "event-bus/default"),
        Pattern("PutRule DeleteRule DescribeRule EnableRule DisableRule", "lookup:rule"),
        Pattern("PutTargets RemoveTargets ListTargetsByRule", "lookup:rule"),
        Pattern("CreateEventBus DeleteEventBus DescribeEventBus UpdateEventBus", "event-bus/{Name=default}"),
        Pattern("", "{ResourceARN}"),
    ),
    "scheduler": (
        Pattern("CreateSchedule DeleteSchedule GetSchedule UpdateSchedule", "schedule/{GroupName=default}/{Name}"),
        Pattern("CreateScheduleGroup DeleteScheduleGroup GetScheduleGroup", "schedule-group/{Name}"),
        Pattern("", "{ResourceArn}"),
    ),
    "application-autoscaling": (
        Pattern("TagResource UntagResource ListTagsForResource", "{ResourceARN}"),
        Pattern(
            "DeleteScalingPolicy DeleteScheduledAction DeregisterScalableTarget PutScalingPolicy PutScheduledAction "
            "RegisterScalableTarget",
            "scalable-target/*",
        ),
    ),
    "elasticloadbalancing": (
        Pattern("CreateListener", "{LoadBalancerArn}"),
        Pattern("CreateRule DeleteListener ModifyListener", "{ListenerArn}"),
        Pattern("DeleteRule ModifyRule", "{RuleArn}"),
        Pattern("RegisterTargets DeregisterTargets ModifyTargetGroup DeleteTargetGroup", "{TargetGroupArn}"),
        Pattern("DeleteLoadBalancer ModifyLoadBalancerAttributes SetSubnets SetSecurityGroups", "{LoadBalancerArn}"),
        Pattern("CreateTargetGroup", "targetgroup/{Name}/*"),
    ),
    "ec2": (
        Pattern("TerminateInstances StopInstances StartInstances RebootInstances", "instance/{InstanceIds}"),
        Pattern(
            "DeleteSecurityGroup AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress", "security-group/{GroupId}"
        ),
        Pattern("AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress", "security-group/{GroupId}"),
    ),
}


def resources_of(call: Call, place: Place) -> tuple[str, ...]:
    """The ARNs the call is about; ``("*",)`` where it has none or the table does not know."""
    for pattern in TABLE.get(call.service, ()):
        if not pattern.suits(call.operation):
            continue
        found = _expand(pattern.resource, call, place)
        if found:
            return found
    return ("*",)


def prefix_of(service: str, place: Place, region: str) -> str:
    """What an ARN of the service begins with, up to the resource."""
    if service == "s3":
        return "arn:aws:s3:::"
    if service == "iam":
        return f"arn:aws:iam::{place.account}:"
    if service == "sts":
        return f"arn:aws:sts::{place.account}:"
    return f"arn:aws:{service}:{region}:{place.account}:"


def _expand(pattern: str, call: Call, place: Place) -> tuple[str, ...]:
    prefix = prefix_of(call.service, place, call.region)
    if pattern.startswith("lookup:"):
        return tuple(_full(name, prefix) for name in LOOKUPS[pattern.removeprefix("lookup:")](call, place))
    if pattern == "*":
        return ("*",)
    names = _NAME.findall(pattern)
    if not names:
        return (prefix + pattern,)
    values = [_values(call.params.get(name), default, given="=" in pattern) for name, default in names]
    if any(not found for found in values):
        return ()
    return tuple(_full(text, prefix) for text in _written(pattern, names, values))


def _values(value: Any, default: str, *, given: bool) -> list[str]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        found = [str(v) for v in value]
    else:
        found = [] if value is None or value == "" else [str(value)]
    return found or ([default] if default or (given and value == "") else [])


def _written(pattern: str, names: list[tuple[str, str]], values: list[list[str]]) -> list[str]:
    *before, last = values
    filled = pattern
    for (name, default), found in zip(names[:-1], before, strict=True):
        filled = filled.replace(_slot(name, default), _short(found[0]))
    slot = _slot(*names[-1])
    if slot not in filled:
        slot = "{" + names[-1][0] + "=}"
    return [value if value.startswith("arn:") else filled.replace(slot, value) for value in last]


def _slot(name: str, default: str) -> str:
    return "{" + name + (f"={default}" if default else "") + "}"


def _short(value: str) -> str:
    """A value inside an ARN: the name at the end of one that is an ARN itself."""
    return last_part(value) if value.startswith("arn:") else value


def _full(text: str, prefix: str) -> str:
    return text if text.startswith("arn:") or text == "*" else prefix + text
