"""Requests for the fuzz: valid ones made from botocore's shapes and from what is in the lab, and mutated ones.

Everything comes from one seeded ``Random``, so a number reproduces a request. The pool of names is read from the lab
itself, or nearly every request would end at the first "not found".
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
from botocore.model import OperationModel, Shape

from ecslab.aws.ecs.coverage_table import WORKS

MODEL = botocore.session.get_session().get_service_model("ecs")
OPERATIONS = tuple(MODEL.operation_names)
DEEPEST = 6
ODD_TEXT = (
    "",
    " ",
    "x" * 300,
    "ü\u0000\u2603",
    "../../etc",
    "arn:aws:ecs",
    "arn:aws:ecs:us-east-1:123456789012:x/y/z",
    "default",
    "a:b:c",
    "web:0",
    "web:99999999999",
    "1",
    "-1",
    "true",
    "null",
    "a==b",
    "attribute:x == 1",
    "/",
    ":",
)
ODD_NUMBERS = (0, -1, 1, 10, 100, 101, 2**31, 2**63, -(2**63), 10**30)
ODD_VALUES: tuple[Any, ...] = (None, "", 0, -1, 1.5, True, [], {}, [None], {"": None}, ["x"], {"x": 1}, "x", [[]], [{}])
COUNTED = (
    "CreateService",
    "UpdateService",
    "DeleteService",
    "RunTask",
    "StartTask",
    "StopTask",
    "RegisterTaskDefinition",
    "CreateExpressGatewayService",
)
"""Called more often: without them there would soon be nothing left to break."""
COMMON = ("cluster", "serviceName", "taskDefinition", "desiredCount", "launchType", "networkConfiguration", "count")


class Requests:
    """Makes requests. ``names``: what there is in the lab, by kind."""

    def __init__(self, seed: int, names: dict[str, list[str]]) -> None:
        self._random = random.Random(seed)
        self.names = names

    def operation(self, number: int) -> str:
        """Every operation in turn, and those that make things in between."""
        found = OPERATIONS[(number * 2 // 3) % len(OPERATIONS)]
        if number % 3 == 0 or (found not in WORKS and self._random.random() < 0.8):
            return self._random.choice(COUNTED)
        return found

    def sensible(self, operation: str) -> dict[str, Any]:
        """Parameters with which the operation works more often than not, here and there with more of the shape's."""
        recipe = _RECIPES.get(operation)
        if recipe is None or self._random.random() < 0.2:
            return self.valid(operation)
        found = recipe(self)
        if self._random.random() < 0.4:
            more = self.valid(operation)
            for name in self._random.sample(sorted(more), min(len(more), 2)):
                found.setdefault(name, more[name])
        return found

    def one(self, kind: str) -> str:
        """Some name of a kind."""
        return self._random.choice(self.names.get(kind) or ["a"])

    def count(self, most: int) -> int:
        """A number from 0."""
        return self._random.randint(0, most)

    def valid(self, operation: str) -> dict[str, Any]:
        """Parameters that fit the shape: all that is required, and some of the rest."""
        model: OperationModel = MODEL.operation_model(operation)
        if model.input_shape is None:
            return {}
        share = self._random.choice((0.0, 0.2, 0.5))
        return self._structure(model.input_shape, share, 0)

    def mutated(self, parameters: dict[str, Any]) -> Any:
        """The parameters with one to three of their parts changed, dropped or put in twice."""
        found: Any = copy.deepcopy(parameters)
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            found = self._change(found)
        return found

    def _structure(self, shape: Any, share: float, depth: int) -> dict[str, Any]:
        found = {}
        for name, member in shape.members.items():
            wanted = share + (0.4 if name in COMMON else 0.0)
            if name in shape.required_members or self._random.random() < wanted:
                found[name] = self._value(name, member, share, depth + 1)
        return found

    def _value(self, name: str, shape: Shape, share: float, depth: int) -> Any:
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape, share if depth < DEEPEST else 0.0, depth) if depth < 12 else {}
        if kind == "list":
            most = 2 if depth < DEEPEST else 1
            return [self._value(name, shape.member, share, depth + 1) for _ in range(self._random.randint(0, most))]
        if kind == "map":
            return {self._text(name, None): self._value(name, shape.value, share, depth + 1)}
        if kind == "boolean":
            return self._random.random() < 0.5
        if kind in ("integer", "long"):
            return self._number(name)
        if kind in ("double", "float"):
            return self._random.choice((0.0, 1.5, 50.0, -1.0))
        if kind == "timestamp":
            return self._random.choice((0, 1_700_000_000, 1_800_000_000.5))
        return self._text(name, getattr(shape, "enum", None))

    def _number(self, name: str) -> int:
        if self._random.random() < 0.15:
            return self._random.choice(ODD_NUMBERS)
        if "ort" in name:
            return self._random.choice((0, 80, 443, 8080, 65535))
        if name in ("memory", "memoryReservation"):
            return self._random.choice((64, 128, 512))
        return self._random.choice((0, 1, 2, 3, 5, 50, 100, 200))

    def _text(self, name: str, enum: Any) -> str:
        chance = self._random.random()
        if chance < 0.1:
            return self._random.choice(ODD_TEXT)
        if enum:
            return self._random.choice(list(enum))
        pool = self.names.get(name) or self.names.get(name.rstrip("s"))
        if pool:
            return self._random.choice(pool)
        return self._random.choice(("a", "b", "web", "512", "1024", "echo hello"))

    def _change(self, value: Any) -> Any:
        """One part of a value, at any depth, made into something else."""
        places = list(_places(value))
        if not places or self._random.random() < 0.02:
            return copy.deepcopy(self._random.choice(ODD_VALUES))
        leaves = [(h, k) for h, k in places if not isinstance(h[k], dict | list)]
        holder, key = self._random.choice(leaves if leaves and self._random.random() < 0.7 else places)
        how = self._random.randrange(10)
        if how == 0:
            del holder[key]
        elif how < 7 and isinstance(holder[key], str):
            holder[key] = self._random.choice(ODD_TEXT)
        elif how < 7 and isinstance(holder[key], int) and not isinstance(holder[key], bool):
            holder[key] = self._random.choice(ODD_NUMBERS)
        elif how < 9 and isinstance(holder, list):
            holder.extend(copy.deepcopy(holder[key]) for _ in range(self._random.choice((1, 10, 120))))
        else:
            holder[key] = copy.deepcopy(self._random.choice(ODD_VALUES))
        return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        for key in list(value):
            yield value, key
            yield from _places(value[key])
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield value, index
            yield from _places(part)


def _network(requests: Requests) -> dict[str, Any]:
    return {"awsvpcConfiguration": {"subnets": [requests.one("subnet")]}}


def _run(requests: Requests) -> dict[str, Any]:
    if requests.count(2):
        return {"taskDefinition": requests.one("taskDefinition"), "count": requests.count(3)}
    return {"taskDefinition": "far", "launchType": "FARGATE", "networkConfiguration": _network(requests)}


def _create(requests: Requests) -> dict[str, Any]:
    name = {"serviceName": requests.one("serviceName"), "desiredCount": requests.count(4)}
    if requests.count(2):
        return {**name, "taskDefinition": requests.one("taskDefinition")}
    far = {"taskDefinition": "far", "launchType": "FARGATE", "networkConfiguration": _network(requests)}
    return {**name, **far} | ({"gatewayConnectors": [{"portName": "http"}]} if requests.count(1) else {})


def _update(requests: Requests) -> dict[str, Any]:
    found: dict[str, Any] = {"service": requests.one("serviceName")}
    more: dict[str, Any] = {"gatewayConnectors": [{"portName": "http"}][: requests.count(1)]}
    more |= {"desiredCount": requests.count(5), "taskDefinition": requests.one("family"), "forceNewDeployment": True}
    return found | {name: more[name] for name in sorted(more) if requests.count(1)}


def _register(requests: Requests) -> dict[str, Any]:
    container = {"name": "web", "image": requests.one("image"), "memory": 64, "essential": True}
    if requests.count(1):
        container |= {"command": ["sh", "-c", f"sleep {requests.count(9)}; exit {requests.count(1)}"]}
    if requests.count(1):
        container |= {"portMappings": [{"containerPort": 80, "hostPort": requests.count(1) * 8080}]}
    return {"family": requests.one("family"), "containerDefinitions": [container]}


_RECIPES: dict[str, Callable[[Requests], dict[str, Any]]] = {
    "RunTask": _run,
    "CreateService": _create,
    "UpdateService": _update,
    "RegisterTaskDefinition": _register,
    "DeleteService": lambda r: {"service": r.one("serviceName"), "force": bool(r.count(1))},
    "StartTask": lambda r: {
        "taskDefinition": r.one("taskDefinition"),
        "containerInstances": [r.one("containerInstance")],
    },
    "StopTask": lambda r: {"task": r.one("task")},
    "CreateCluster": lambda r: {"clusterName": r.one("clusterName")},
    "DeleteCluster": lambda r: {"cluster": r.one("clusterName")},
    "SubmitTaskStateChange": lambda r: {"task": r.one("task"), "status": r.one("status")},
    "TagResource": lambda r: {"resourceArn": r.one("resourceArn"), "tags": [{"key": "k", "value": "v"}]},
    "PutAccountSetting": lambda r: {"name": "containerInsights", "value": "enabled"},
    "PutAccountSettingDefault": lambda r: {"name": "awsvpcTrunking", "value": "enabled"},
    "UpdateCapacityProvider": lambda r: {"name": r.one("capacityProvider"), "autoScalingGroupProvider": {}},
    "DeleteCapacityProvider": lambda r: {"capacityProvider": r.one("capacityProvider")},
    "ExecuteCommand": lambda r: {"task": r.one("task"), "command": "echo hello", "interactive": True},
    "CreateCapacityProvider": lambda r: {
        "name": r.one("capacityProvider"),
        "autoScalingGroupProvider": {"autoScalingGroupArn": r.one("autoScalingGroupArn")},
    },
    "CreateExpressGatewayService": lambda r: {
        "serviceName": r.one("serviceName"),
        "infrastructureRoleArn": r.one("infrastructureRoleArn"),
        "executionRoleArn": r.one("executionRoleArn"),
        "primaryContainer": {"image": r.one("image")},
    },
    "UpdateExpressGatewayService": lambda r: {
        "serviceArn": r.one("serviceArn"),
        "primaryContainer": {"image": r.one("image"), "containerPort": 80 + r.count(1)},
    },
    "DeleteExpressGatewayService": lambda r: {"serviceArn": r.one("serviceArn")},
    "DescribeExpressGatewayService": lambda r: {"serviceArn": r.one("serviceArn")},
    "CreateGateway": lambda r: {
        "name": r.one("gateway"),
        "infrastructureRoleArn": r.one("infrastructureRoleArn"),
        "configuration": {"hostSharedAlb": {}},
        "deletionProtection": bool(r.count(1)),
    },
    "UpdateGateway": lambda r: {"gateway": r.one("gateway"), "deletionProtection": False},
    "DeleteGateway": lambda r: {"gateway": r.one("gateway")},
    "AssociateGatewayWithCluster": lambda r: {"gateway": r.one("gateway"), "cluster": "default"},
    "DisassociateGatewayFromCluster": lambda r: {"gateway": r.one("gateway"), "cluster": "default"},
    "UpdateContainerInstancesState": lambda r: {
        "containerInstances": [r.one("containerInstance")],
        "status": ("ACTIVE", "DRAINING")[r.count(1)],
    },
}
