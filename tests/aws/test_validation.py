"""Validation of RegisterTaskDefinition: each rule names its one fault and accepts the definition mended."""

from __future__ import annotations

import ast
import json
import string
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecslab.aws.ecs.validation import RULES, Severity, faults, validate
from ecslab.aws.ecs.validation.places import Shape, request_shape
from ecslab.aws.ecs.validation.size import FARGATE_SIZES
from ecslab.errors import ApiError, ClientException, InvalidParameterException
from ecslab.model.definition import parse

Json = dict[str, Any]
REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = sorted((REPOSITORY.parent / "shared/corpus/task-definitions").glob("*.json"))

ROLE = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole"
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1"
AWSLOGS = {"awslogs-group": "/ecs/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
CHECK = {"command": ["CMD-SHELL", "true"]}
SECRET = {"name": "TOKEN", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/token"}
EFS = {"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}


def box(**more: Any) -> Json:
    """The container 'web'."""
    return {"name": "web", "image": "ecslab/web:1", "memory": 64, **more}


def side(**more: Any) -> Json:
    """A second container, not essential."""
    return box(name="side", essential=False, **more)


def ec2(*containers: Json, **more: Any) -> Json:
    """A definition that EC2 takes."""
    return {"family": "web", "containerDefinitions": list(containers or (box(),)), **more}


def fargate(*containers: Json, **more: Any) -> Json:
    """A definition that Fargate takes."""
    given = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    return ec2(*containers, **{**given, **more})


def port(container: int, host: int | None = None, **more: Any) -> Json:
    return {"containerPort": container, **({} if host is None else {"hostPort": host}), **more}


def awslogs(**options: Any) -> Json:
    given = {k: v for k, v in {**AWSLOGS, **options}.items() if v is not None}
    return {"logConfiguration": {"logDriver": "awslogs", "options": given}}


def driver(name: str, **options: str) -> Json:
    return {"logConfiguration": {"logDriver": name, "options": options}}


def router(**options: str) -> Json:
    return box(name="router", firelensConfiguration={"type": "fluentbit", "options": options})


def after(condition: str, name: str = "side") -> Json:
    return {"dependsOn": [{"containerName": name, "condition": condition}]}


def mounted(volume: Json, name: str = "data") -> Json:
    return ec2(box(mountPoints=[{"sourceVolume": name, "containerPath": "/data"}]), volumes=[{"name": name, **volume}])


def linux(**parameters: Any) -> Json:
    return box(linuxParameters=parameters)


WINDOWS = {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "X86_64"}}
WINDOWS_ARM = {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "ARM64"}}

ERRORS: list[tuple[str, Json, Json]] = [
    ("member-type", ec2(box(portMappings={"containerPort": 80})), ec2(box(portMappings=[port(80)]))),
    ("member-type", ec2(cpu=256), ec2(cpu="256")),
    ("member-type", ec2(box(memory="64"), memory="128"), ec2(box(memory=64), memory="128")),
    ("member-type", ec2(box(command=["sh", None])), ec2(box(command=["sh"]))),
    ("member-missing", ec2(box(secrets=[{"name": "TOKEN"}]), executionRoleArn=ROLE), ec2()),
    ("member-missing", ec2(box(ulimits=[{"name": "core", "softLimit": 1}])), ec2()),
    ("member-exported", ec2(revision=3), ec2()),
    ("member-exported", ec2(requiresAttributes=[]), ec2()),
    ("member-value", ec2(networkMode="default"), ec2(networkMode="")),
    ("member-value", ec2(requiresCompatibilities=["FARGATE_SPOT"]), ec2(requiresCompatibilities=["EC2"])),
    ("member-value", ec2(box(portMappings=[port(80, protocol="http")])), ec2(box(portMappings=[port(80)]))),
    ("member-value", ec2(box(**after("")), side()), ec2(box(**after("START")), side())),
    ("family", ec2(family="my app"), ec2(family="my_app-1")),
    ("family", ec2(family="a" * 256), ec2(family="a" * 255)),
    ("containers-present", ec2() | {"containerDefinitions": []}, ec2()),
    ("container-count", ec2(*(box(name=f"c{n}") for n in range(11))), ec2(*(box(name=f"c{n}") for n in range(10)))),
    ("container-name", ec2(box(name="my.web")), ec2(box(name="my_web"))),
    ("container-name", ec2(box(name=None)), ec2()),
    ("container-name-unique", ec2(box(), box()), ec2(box(), box(name="two"))),
    ("image", ec2(box(image="")), ec2()),
    ("image", ec2(box(image="${IMAGE}:latest")), ec2(box(image="registry:5000/a/b@sha256:" + "0" * 64))),
    ("definition-size", ec2(box(dockerLabels={"x": "y" * 65536})), ec2(box(dockerLabels={"x": "y" * 65000}))),
    ("tags", ec2(tags=[{"key": f"k{n}"} for n in range(51)]), ec2(tags=[{"key": f"k{n}"} for n in range(50)])),
    ("tags", ec2(tags=[{"key": "aws:x", "value": ""}]), ec2(tags=[{"key": "x", "value": ""}])),
    ("tags", ec2(tags=[{"key": "x"}, {"key": "x"}]), ec2(tags=[{"key": "x"}, {"key": "X"}])),
    (
        "placement-constraints",
        ec2(placementConstraints=[{"type": "memberOf"}]),
        ec2(placementConstraints=[{"type": "memberOf", "expression": "task:group == web"}]),
    ),
    (
        "placement-constraints",
        ec2(placementConstraints=[{"type": "memberOf", "expression": "group == web"}]),
        ec2(placementConstraints=[{"type": "memberOf", "expression": "task:group in [web, api]"}]),
    ),
    (
        "environment-files",
        ec2(box(environmentFiles=[{"type": "s3", "value": "s3://b/x.env"}])),
        ec2(box(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::b/x.env"}])),
    ),
    (
        "environment-files",
        ec2(box(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::b/x.env"}] * 11)),
        ec2(box(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::b/x.env"}] * 10)),
    ),
    ("task-cpu", ec2(cpu="a quarter"), ec2(cpu=".25 vCPU")),
    ("task-cpu", ec2(cpu="64"), ec2(cpu="128")),
    ("task-memory", ec2(memory="half"), ec2(memory="0.5 GB")),
    ("fargate-network-mode", fargate(networkMode="bridge"), fargate()),
    ("fargate-network-mode", fargate(networkMode=None), fargate()),
    ("fargate-cpu", fargate(cpu=None), fargate(cpu="256")),
    ("fargate-memory", fargate(memory=None), fargate(memory="512")),
    ("fargate-size", fargate(memory="4096"), fargate(memory="2048")),
    ("fargate-size", fargate(cpu="300"), fargate(cpu="512", memory="1 GB")),
    ("fargate-size", fargate(cpu="8192", memory="17408"), fargate(cpu="8192", memory="20480")),
    ("fargate-size", fargate(cpu="16384", memory="36864"), fargate(cpu="16384", memory="40960")),
    ("fargate-size", fargate(cpu="512", memory="1024", **WINDOWS), fargate(cpu="1024", memory="2048", **WINDOWS)),
    ("container-memory", ec2(box(memory=None)), ec2(box(memory=None), memory="512")),
    ("container-memory-floor", ec2(box(memory=5)), ec2(box(memory=6))),
    ("container-memory-order", ec2(box(memoryReservation=65)), ec2(box(memoryReservation=32))),
    ("container-memory-over-task", ec2(box(memory=513), memory="512"), ec2(box(memory=512), memory="512")),
    ("container-cpu", ec2(box(cpu=-1)), ec2(box(cpu=0))),
    ("total-cpu", fargate(box(cpu=256), side(cpu=1)), fargate(box(cpu=255), side(cpu=1))),
    (
        "total-memory",
        fargate(box(memory=None, memoryReservation=500), side(memory=None, memoryReservation=13)),
        fargate(box(memory=None, memoryReservation=500), side(memory=None, memoryReservation=12)),
    ),
    ("fargate-privileged", fargate(box(privileged=True)), fargate(box(privileged=False))),
    ("fargate-security-options", fargate(box(dockerSecurityOptions=["no-new-privileges"])), fargate()),
    ("fargate-linux-parameters", fargate(linux(sharedMemorySize=64)), fargate(linux(initProcessEnabled=True))),
    ("fargate-linux-parameters", fargate(linux(swappiness=0)), fargate(linux(devices=[]))),
    (
        "fargate-capabilities",
        fargate(linux(capabilities={"add": ["NET_ADMIN"]})),
        fargate(linux(capabilities={"add": ["SYS_PTRACE"], "drop": ["ALL"]})),
    ),
    ("fargate-gpu", fargate(box(resourceRequirements=[{"type": "GPU", "value": "1"}])), fargate()),
    ("fargate-ipc-mode", fargate(ipcMode="task"), ec2(ipcMode="task")),
    ("fargate-pid-mode", fargate(pidMode="host"), fargate(pidMode="task")),
    (
        "fargate-placement",
        fargate(placementConstraints=[{"type": "memberOf", "expression": "attribute:a exists"}]),
        fargate(placementConstraints=[]),
    ),
    (
        "windows-arm",
        fargate(cpu="1024", memory="2048", **WINDOWS_ARM),
        fargate(cpu="1024", memory="2048", **WINDOWS),
    ),
    (
        "external-network-mode",
        ec2(networkMode="awsvpc", requiresCompatibilities=["EXTERNAL"]),
        ec2(networkMode="bridge", requiresCompatibilities=["EXTERNAL"]),
    ),
    (
        "managed-network-mode",
        ec2(networkMode="bridge", requiresCompatibilities=["MANAGED_INSTANCES"]),
        ec2(networkMode="host", requiresCompatibilities=["MANAGED_INSTANCES"]),
    ),
    ("awsvpc-forbids", ec2(box(links=["side"]), side(), networkMode="awsvpc"), ec2(box(links=["side"]), side())),
    ("awsvpc-forbids", fargate(box(dnsServers=["10.0.0.2"])), ec2(box(dnsServers=["10.0.0.2"]))),
    ("awsvpc-forbids", fargate(box(dnsSearchDomains=["a"])), fargate(box(dnsSearchDomains=[]))),
    ("awsvpc-forbids", fargate(box(extraHosts=[{"hostname": "a", "ipAddress": "10.0.0.1"}])), fargate()),
    ("awsvpc-forbids", fargate(box(hostname="web")), ec2(box(hostname="web"))),
    ("awsvpc-forbids", fargate(box(disableNetworking=True)), fargate(box(disableNetworking=False))),
    ("links", ec2(box(links=["side"]), side(), networkMode="host"), ec2(box(links=["side"]), side())),
    ("links", ec2(box(links=["cache:db"])), ec2(box(links=["side:db"]), side())),
    ("port-value", ec2(box(portMappings=[port(70000)])), ec2(box(portMappings=[port(65535)]))),
    ("port-value", ec2(box(portMappings=[port(80, -1)])), ec2(box(portMappings=[port(80, 0)]))),
    ("port-value", ec2(box(portMappings=[{"hostPort": 80}])), ec2(box(portMappings=[port(80, 80)]))),
    ("port-match", fargate(box(portMappings=[port(80, 8080)])), fargate(box(portMappings=[port(80, 80)]))),
    (
        "port-match",
        ec2(box(portMappings=[port(80, 8080)]), networkMode="host"),
        ec2(box(portMappings=[port(80, 8080)]), networkMode="bridge"),
    ),
    ("port-none", ec2(box(portMappings=[port(80)]), networkMode="none"), ec2(box(portMappings=[]), networkMode="none")),
    (
        "port-taken",
        ec2(box(portMappings=[port(80, 80)]), side(portMappings=[port(90, 80)])),
        ec2(box(portMappings=[port(80, 80)]), side(portMappings=[port(80, 0)])),
    ),
    (
        "port-taken",
        fargate(box(portMappings=[port(80)]), side(portMappings=[port(80)])),
        fargate(box(portMappings=[port(80)]), side(portMappings=[port(81)])),
    ),
    ("port-name", ec2(box(portMappings=[port(80, name="Web")])), ec2(box(portMappings=[port(80, name="web")]))),
    (
        "port-name",
        ec2(box(portMappings=[port(80, name="a"), port(81, name="a")])),
        ec2(box(portMappings=[port(80, name="a"), port(81, name="b")])),
    ),
    (
        "port-range",
        ec2(box(portMappings=[{"containerPortRange": "90-80"}])),
        ec2(box(portMappings=[{"containerPortRange": "80-90"}])),
    ),
    ("port-range", ec2(box(portMappings=[port(80, containerPortRange="80-90")])), ec2(box(portMappings=[port(80)]))),
    (
        "port-range-mode",
        ec2(box(portMappings=[{"containerPortRange": "80-90"}]), networkMode="host"),
        ec2(box(portMappings=[{"containerPortRange": "80-90"}]), networkMode="awsvpc"),
    ),
    ("volume-name", ec2(volumes=[{"host": {}}]), ec2(volumes=[{"name": "data", "host": {}}])),
    ("volume-name", ec2(volumes=[{"name": "a"}, {"name": "a"}]), ec2(volumes=[{"name": "a"}, {"name": "b"}])),
    (
        "volume-kind",
        mounted({"efsVolumeConfiguration": EFS, "host": {"sourcePath": "/x"}}),
        mounted({"efsVolumeConfiguration": EFS, "host": {}}),
    ),
    ("volume-known", ec2(box(mountPoints=[{"sourceVolume": "dat", "containerPath": "/d"}])), mounted({})),
    ("mount-path", ec2(box(mountPoints=[{"sourceVolume": "a"}]), volumes=[{"name": "a"}]), mounted({}, "a")),
    (
        "volumes-from",
        ec2(box(volumesFrom=[{"sourceContainer": "x"}])),
        ec2(box(volumesFrom=[{"sourceContainer": "side"}]), side()),
    ),
    (
        "fargate-volume",
        fargate(volumes=[{"name": "a", "host": {"sourcePath": "/x"}}]),
        fargate(volumes=[{"name": "a"}]),
    ),
    (
        "fargate-volume",
        fargate(volumes=[{"name": "a", "dockerVolumeConfiguration": {"scope": "task"}}]),
        ec2(volumes=[{"name": "a", "dockerVolumeConfiguration": {"scope": "task"}}]),
    ),
    (
        "external-volume",
        mounted({"efsVolumeConfiguration": EFS}) | {"requiresCompatibilities": ["EXTERNAL"]},
        mounted({"host": {"sourcePath": "/x"}}) | {"requiresCompatibilities": ["EXTERNAL"]},
    ),
    (
        "managed-volume",
        mounted({"dockerVolumeConfiguration": {"scope": "task"}}) | {"requiresCompatibilities": ["MANAGED_INSTANCES"]},
        mounted({"efsVolumeConfiguration": EFS}) | {"requiresCompatibilities": ["MANAGED_INSTANCES"]},
    ),
    (
        "docker-volume",
        mounted({"dockerVolumeConfiguration": {"autoprovision": True}}),
        mounted({"dockerVolumeConfiguration": {"autoprovision": True, "scope": "shared"}}),
    ),
    (
        "efs-encryption",
        mounted({"efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"iam": "ENABLED"}}}),
        mounted({"efsVolumeConfiguration": {**EFS, "authorizationConfig": {"iam": "ENABLED"}}}),
    ),
    (
        "efs-encryption",
        mounted({"efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryptionPort": 2049}}),
        mounted({"efsVolumeConfiguration": {**EFS, "transitEncryptionPort": 2049}}),
    ),
    (
        "efs-root",
        mounted(
            {"efsVolumeConfiguration": {**EFS, "rootDirectory": "/a", "authorizationConfig": {"accessPointId": "p"}}}
        ),
        mounted(
            {"efsVolumeConfiguration": {**EFS, "rootDirectory": "/", "authorizationConfig": {"accessPointId": "p"}}}
        ),
    ),
    (
        "launch-volume-count",
        ec2(
            box(mountPoints=[{"sourceVolume": n, "containerPath": f"/{n}"} for n in "ab"]),
            volumes=[{"name": n, "configuredAtLaunch": True} for n in "ab"],
        ),
        mounted({"configuredAtLaunch": True}),
    ),
    (
        "launch-volume-used",
        ec2(volumes=[{"name": "a", "configuredAtLaunch": True}]),
        mounted({"configuredAtLaunch": True}),
    ),
    ("ephemeral-storage", fargate(ephemeralStorage={"sizeInGiB": 20}), fargate(ephemeralStorage={"sizeInGiB": 21})),
    ("ephemeral-storage", fargate(ephemeralStorage={"sizeInGiB": 201}), fargate(ephemeralStorage={"sizeInGiB": 200})),
    ("log-driver", fargate(box(**driver("json-file"))), ec2(box(**driver("json-file")))),
    (
        "log-driver",
        ec2(box(**driver("gelf")), requiresCompatibilities=["MANAGED_INSTANCES"]),
        ec2(box(**driver("json-file")), requiresCompatibilities=["MANAGED_INSTANCES"]),
    ),
    ("awslogs-options", ec2(box(**awslogs(**{"awslogs-group": None}))), ec2(box(**awslogs()))),
    ("awslogs-options", ec2(box(**awslogs(**{"awslogs-region": None}))), ec2(box(**awslogs()))),
    (
        "fargate-stream-prefix",
        fargate(box(**awslogs(**{"awslogs-stream-prefix": None})), executionRoleArn=ROLE),
        ec2(box(**awslogs(**{"awslogs-stream-prefix": None}))),
    ),
    ("awslogs-role", fargate(box(**awslogs())), fargate(box(**awslogs()), executionRoleArn=ROLE)),
    ("ecr-role", fargate(box(image=ECR)), fargate(box(image=ECR), executionRoleArn=ROLE)),
    ("secrets-role", ec2(box(secrets=[SECRET])), ec2(box(secrets=[SECRET]), executionRoleArn=ROLE)),
    (
        "registry-role",
        fargate(box(repositoryCredentials={"credentialsParameter": "x"})),
        ec2(box(repositoryCredentials={"credentialsParameter": "x"})),
    ),
    (
        "secret-name",
        ec2(box(secrets=[SECRET], environment=[{"name": "TOKEN", "value": "x"}]), executionRoleArn=ROLE),
        ec2(box(secrets=[SECRET], environment=[{"name": "OTHER", "value": "x"}]), executionRoleArn=ROLE),
    ),
    ("firelens-needed", ec2(box(**driver("awsfirelens"))), ec2(box(**driver("awsfirelens")), router())),
    ("firelens-used", ec2(box(), router()), ec2(box(**driver("awsfirelens")), router())),
    (
        "firelens-one",
        ec2(box(**driver("awsfirelens")), router(), router() | {"name": "second"}),
        ec2(box(**driver("awsfirelens")), router()),
    ),
    (
        "firelens-file",
        fargate(
            box(**driver("awsfirelens")),
            router(**{"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/x.conf"}),
        ),
        fargate(box(**driver("awsfirelens")), router(**{"config-file-type": "file", "config-file-value": "/x.conf"})),
    ),
    (
        "firelens-file",
        ec2(box(**driver("awsfirelens")), router(**{"config-file-type": "s3", "config-file-value": "s3://b/x.conf"})),
        ec2(
            box(**driver("awsfirelens")),
            router(**{"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/x.conf"}),
        ),
    ),
    ("essential", ec2(box(essential=False)), ec2(box(essential=None))),
    ("depends-on-known", ec2(box(**after("START", "cache"))), ec2(box(**after("START")), side())),
    ("depends-on-cycle", ec2(box(**after("START", "web"))), ec2(box(**after("START")), side())),
    (
        "depends-on-cycle",
        ec2(box(**after("START")), side(**after("START", "third")), side(**after("START", "web")) | {"name": "third"}),
        ec2(box(**after("START")), side(**after("START", "third")), side() | {"name": "third"}),
    ),
    (
        "depends-on-essential",
        ec2(box(**after("SUCCESS")), side() | {"essential": True}),
        ec2(box(**after("SUCCESS")), side()),
    ),
    (
        "depends-on-essential",
        ec2(box(**after("COMPLETE")), side() | {"essential": None}),
        ec2(box(**after("COMPLETE")), side()),
    ),
    ("depends-on-healthy", ec2(box(**after("HEALTHY")), side()), ec2(box(**after("HEALTHY")), side(healthCheck=CHECK))),
    *(
        ("health-check-range", ec2(box(healthCheck={**CHECK, key: bad})), ec2(box(healthCheck={**CHECK, key: good})))
        for key, bad, good in (
            ("interval", 4, 5),
            ("interval", 301, 300),
            ("timeout", 1, 2),
            ("timeout", 61, 60),
            ("retries", 0, 1),
            ("retries", 11, 10),
            ("startPeriod", -1, 0),
            ("startPeriod", 301, 300),
        )
    ),
    ("health-check-command", ec2(box(healthCheck={"command": []})), ec2(box(healthCheck=CHECK))),
    ("fargate-stop-timeout", fargate(box(stopTimeout=121)), fargate(box(stopTimeout=120))),
    ("fargate-stop-timeout", fargate(box(stopTimeout=300)), ec2(box(stopTimeout=300))),
    ("fargate-start-timeout", fargate(box(startTimeout=121)), fargate(box(startTimeout=120))),
    ("timeout-floor", fargate(box(stopTimeout=1)), fargate(box(stopTimeout=2))),
    ("timeout-floor", ec2(box(startTimeout=-1)), ec2(box(startTimeout=2))),
    (
        "restart-policy",
        ec2(box(restartPolicy={"enabled": True, "restartAttemptPeriod": 59})),
        ec2(box(restartPolicy={"enabled": True, "restartAttemptPeriod": 60})),
    ),
    (
        "restart-policy",
        ec2(box(restartPolicy={"enabled": True, "ignoredExitCodes": list(range(51))})),
        ec2(box(restartPolicy={"enabled": True, "ignoredExitCodes": list(range(50))})),
    ),
    (
        "ulimits",
        ec2(box(ulimits=[{"name": "nofile", "softLimit": 2, "hardLimit": 1}])),
        ec2(box(ulimits=[{"name": "nofile", "softLimit": 2, "hardLimit": -1}])),
    ),
    (
        "proxy-container",
        ec2(proxyConfiguration={"containerName": "envoy"}, networkMode="awsvpc"),
        ec2(proxyConfiguration={"containerName": "web"}, networkMode="awsvpc"),
    ),
]

WARNINGS: list[tuple[str, Json, Json]] = [
    ("member-unknown", ec2(box(memmory=64)), ec2(box(memory=64))),
    ("image-placeholder", ec2(box(image="<IMAGE1_NAME>")), ec2()),
    ("image-length", ec2(box(image="a" * 256)), ec2(box(image="a" * 255))),
    ("environment-names", ec2(box(environment=[{"name": "A", "value": v} for v in "xy"])), ec2()),
    (
        "environment-file-name",
        ec2(box(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::b/x.txt"}])),
        ec2(box(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::b/x.env"}])),
    ),
    ("inference-accelerators", ec2(inferenceAccelerators=[{"deviceName": "a", "deviceType": "b"}]), ec2()),
    ("container-memory-equal", ec2(box(memoryReservation=64)), ec2(box(memoryReservation=63))),
    ("total-cpu", ec2(box(cpu=200), cpu="128"), ec2(box(cpu=128), cpu="128")),
    ("fargate-tmpfs", fargate(linux(tmpfs=[{"containerPath": "/t", "size": 8}])), fargate()),
    ("port-zero", fargate(box(portMappings=[port(80, 0)])), fargate(box(portMappings=[port(80)]))),
    ("port-protocols", ec2(box(portMappings=[port(53), port(53, protocol="udp")])), ec2(box(portMappings=[port(53)]))),
    ("port-reserved", ec2(box(portMappings=[port(22, 22)])), ec2(box(portMappings=[port(22, 2222)]))),
    (
        "mount-path-unique",
        ec2(
            box(mountPoints=[{"sourceVolume": n, "containerPath": "/d"} for n in "ab"]),
            volumes=[{"name": "a"}, {"name": "b"}],
        ),
        mounted({}),
    ),
    ("host-path-blank", mounted({"host": {"sourcePath": ""}}), mounted({"host": {}})),
    ("ephemeral-storage-launch", ec2(ephemeralStorage={"sizeInGiB": 21}), fargate(ephemeralStorage={"sizeInGiB": 21})),
    (
        "awslogs-lines",
        ec2(box(**awslogs(**{"awslogs-datetime-format": "%H", "awslogs-multiline-pattern": "^x"}))),
        ec2(box(**awslogs(**{"awslogs-datetime-format": "%H"}))),
    ),
    ("awslogs-mode", ec2(box(**awslogs(mode="async"))), ec2(box(**awslogs(mode="non-blocking")))),
    ("health-check-form", ec2(box(healthCheck={"command": ["/healthcheck"]})), ec2(box(healthCheck=CHECK))),
    ("timeout-short", ec2(box(stopTimeout=1)), ec2(box(stopTimeout=2))),
    (
        "ulimit-nofile",
        fargate(box(ulimits=[{"name": "nofile", "softLimit": 1, "hardLimit": 1048577}])),
        fargate(box(ulimits=[{"name": "nofile", "softLimit": 1, "hardLimit": 1048576}])),
    ),
]


def labelled(cases: list[tuple[str, Json, Json]]) -> list[Any]:
    return [pytest.param(*case, id=f"{case[0]}-{number}") for number, case in enumerate(cases)]


def found(definition: Json, severity: Severity) -> set[str]:
    return {fault.rule for fault in faults(definition) if fault.severity is severity}


@pytest.mark.parametrize(("rule", "wrong", "mended"), labelled(ERRORS))
def test_one_error_is_named_by_its_rule_and_the_mended_definition_registers(
    rule: str, wrong: Json, mended: Json
) -> None:
    assert found(wrong, Severity.ERROR) == {rule}
    assert found(mended, Severity.ERROR) == set()
    with pytest.raises(ApiError):
        validate(wrong)
    validate(mended)
    parse(mended, arn="arn", revision=1)


@pytest.mark.parametrize(("rule", "doubtful", "clear"), labelled(WARNINGS))
def test_a_doubt_is_a_warning_and_refuses_nothing(rule: str, doubtful: Json, clear: Json) -> None:
    assert found(doubtful, Severity.WARNING) == {rule}
    assert rule not in found(clear, Severity.WARNING)
    assert found(doubtful, Severity.ERROR) == set()
    validate(doubtful)


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, *_ in ERRORS + WARNINGS} == set(RULES)


def test_every_rule_function_is_in_the_table_once() -> None:
    package = REPOSITORY / "ecslab/aws/ecs/validation"
    written = [
        node.name.replace("_", "-")
        for module in package.glob("*.py")
        for node in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.returns is not None and not node.name.startswith("_")
        if ast.unparse(node.returns) == "Iterator[Fault]"
    ]
    assert sorted(written) == sorted(RULES)


@pytest.mark.parametrize(("rule", "wrong", "mended"), labelled(ERRORS + WARNINGS))
def test_every_message_names_the_field_and_the_container_and_says_what_to_try(
    rule: str, wrong: Json, mended: Json
) -> None:
    for fault in faults(wrong):
        names = [step.partition("[")[0] for step in fault.field.split(".")]
        assert any(name in fault.text for name in names[-2:]), fault
        assert fault.text.startswith(fault.message.rstrip("."))
        assert fault.advice.endswith((".", "?"))
        assert fault.source
        if fault.field.startswith("containerDefinitions[") and rule != "container-name":
            index = int(fault.field.partition("[")[2].partition("]")[0])
            assert f"container '{wrong['containerDefinitions'][index]['name']}'" in fault.text


# ---------------------------------------------------------------------------------------------- in AWS's words


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        (fargate(cpu=None), "Fargate requires that 'cpu' be defined at the task level."),
        (fargate(memory=None), "Fargate requires that 'memory' be defined at the task level."),
        (fargate(memory="4096"), "No Fargate configuration exists for given values."),
        (fargate(networkMode=None), "Fargate only supports network mode ‘awsvpc’."),
        (
            fargate(box(**awslogs())),
            "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
        ),
        (
            fargate(box(portMappings=[port(80, 8080)])),
            "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
        ),
        (
            ec2(box(memory=None)),
            "Invalid setting for container 'web'. At least one of 'memory' or 'memoryReservation' must be specified.",
        ),
        (ec2(box(image="a b")), "Container.image contains invalid characters"),
        (ec2(box(mountPoints=[{"sourceVolume": "x", "containerPath": "/x"}])), "Unknown volume 'x'."),
        (ec2(box(essential=False)), "Task definition doesn't have any essential container."),
    ],
)
def test_the_error_begins_with_the_text_of_aws(definition: Json, text: str) -> None:
    with pytest.raises(ClientException) as caught:
        validate(definition)
    assert caught.value.message.startswith(text)
    assert len(caught.value.message) > len(text) + 10


def test_a_wrong_value_of_an_enumeration_is_an_invalid_parameter() -> None:
    with pytest.raises(InvalidParameterException, match=r"bridge, host, awsvpc, none.*networkMode"):
        validate(ec2(networkMode="nat"))


def test_a_refused_size_lists_the_memory_that_goes_with_the_cpu() -> None:
    with pytest.raises(ClientException, match=r"With cpu 4096, set memory to 8192 to 30720 in steps of 1024 MiB"):
        validate(fargate(cpu="4 vCPU", memory="4 GB"))


def test_the_api_refuses_with_the_text_and_keeps_nothing(api: Any) -> None:
    with pytest.raises(api.ecs.exceptions.ClientException) as caught:
        api.ecs.register_task_definition(**fargate(memory="4096"))
    assert "No Fargate configuration exists for given values." in str(caught.value)
    assert api.ecs.list_task_definition_families()["families"] == []


# ------------------------------------------------------------------------------------------------ sizes of Fargate


@pytest.mark.parametrize("architecture", ["X86_64", "ARM64"])
@pytest.mark.parametrize("cpu", FARGATE_SIZES)
def test_every_size_of_fargate_registers_and_its_neighbours_do_not(cpu: int, architecture: str) -> None:
    def refused(memory: int) -> bool:
        platform = {"cpuArchitecture": architecture}
        return "fargate-size" in found(
            fargate(cpu=str(cpu), memory=str(memory), runtimePlatform=platform), Severity.ERROR
        )

    sizes = FARGATE_SIZES[cpu]
    assert [memory for memory in sizes if refused(memory)] == []
    assert refused(sizes[0] - 512)
    assert refused(sizes[-1] + 1024)
    assert all(refused(memory + 1) for memory in sizes)


def test_the_sizes_of_fargate_are_as_many_as_amazon_lists() -> None:
    assert {cpu: len(sizes) for cpu, sizes in FARGATE_SIZES.items()} == {
        256: 3,
        512: 4,
        1024: 7,
        2048: 13,
        4096: 23,
        8192: 12,
        16384: 12,
        32768: 3,
    }


def test_fargates_rules_are_silent_where_fargate_is_not_required() -> None:
    asking = box(privileged=True, stopTimeout=600, **driver("syslog"), linuxParameters={"sharedMemorySize": 64})
    assert found(ec2(asking, requiresCompatibilities=["EC2"], pidMode="host"), Severity.ERROR) == set()
    both = fargate(box(privileged=True), requiresCompatibilities=["EC2", "FARGATE"])
    assert found(both, Severity.ERROR) == {"fargate-privileged"}


# ---------------------------------------------------------------------------------------------- real definitions


def test_every_real_definition_registers_unchanged() -> None:
    """The corpus stands beside the checkout or not at all; where it is absent there is nothing to refuse."""
    for path in CORPUS:
        definition = json.loads(path.read_text(encoding="utf-8"))
        assert [f for f in faults(definition) if f.severity is Severity.ERROR] == [], path.name
        parse(definition, arn="arn", revision=1)


REAL_MISTAKES = [
    (
        "host port 80 on an interface of its own",
        "port-match",
        ec2(box(portMappings=[port(5601, 80)]), networkMode="awsvpc"),
    ),
    ("tomcat's 8080 on 80", "port-match", ec2(box(portMappings=[port(8080, 80)]), networkMode="awsvpc", cpu="512")),
    ("awslogs on Fargate without a role", "awslogs-role", fargate(box(**awslogs()))),
    ("portMappings that is not a list", "member-type", ec2(box(portMappings={"containerPort": 5000}))),
    ("the console's network mode", "member-value", ec2(networkMode="default", requiresCompatibilities=["EC2"])),
    (
        "a description pasted back",
        "member-exported",
        ec2(taskDefinitionArn="arn:aws:ecs:us-east-1:123456789012:task-definition/web:1", revision=1, status="ACTIVE"),
    ),
]


@pytest.mark.parametrize(("what", "rule", "definition"), REAL_MISTAKES, ids=[what for what, *_ in REAL_MISTAKES])
def test_a_mistake_made_in_public_is_named(what: str, rule: str, definition: Json) -> None:
    assert found(definition, Severity.ERROR) == {rule}


# ------------------------------------------------------------------------------------------------------- the laws

WORDS = st.sampled_from(
    [
        "",
        "web",
        "side",
        "a b",
        "256",
        "1 vCPU",
        "512",
        "x:y",
        "arn:aws:s3:::b/x.env",
        "80-90",
        "awslogs-group",
        "CMD",
        "/",
    ]
) | st.text(max_size=6)
NUMBERS = st.sampled_from([-1, 0, 1, 5, 6, 64, 80, 256, 65535, 10**12]) | st.integers()


def values(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Any value of the types that the API's model gives a shape."""
    if shape.kind == "structure":
        members = {name: values(member, depth + 1) for name, member in shape.members.items()}
        needed = {name: members.pop(name) for name in shape.required}
        return st.fixed_dictionaries(needed, optional=members)
    if shape.kind == "list" and shape.element is not None:
        return st.lists(values(shape.element, depth + 1), max_size=3)
    if shape.kind == "map":
        return st.dictionaries(WORDS, WORDS, max_size=2)
    if shape.kind == "boolean":
        return st.booleans()
    if shape.kind == "string":
        return st.sampled_from(shape.enum) | WORDS if shape.enum else WORDS
    return NUMBERS


ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(string.ascii_letters, max_size=5), inner),
    max_leaves=8,
)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(values(request_shape()))
def test_no_definition_of_the_right_types_makes_validation_raise(definition: Json) -> None:
    before = deepcopy(definition)
    refused = [fault for fault in faults(definition) if fault.severity is Severity.ERROR]
    assert definition == before
    if refused:
        with pytest.raises(ApiError):
            validate(definition)
    else:
        parse(definition, arn="arn", revision=1)


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(st.sampled_from(ERRORS + WARNINGS), st.data(), ANYTHING)
def test_no_wrong_type_anywhere_makes_validation_raise_and_what_is_accepted_can_be_parsed(
    case: tuple[str, Json, Json], data: st.DataObject, junk: Any
) -> None:
    definition = deepcopy(case[data.draw(st.integers(1, 2))])
    parent: Any = definition
    if data.draw(st.booleans()) and definition["containerDefinitions"]:
        parent = definition["containerDefinitions"][0]
    key = data.draw(st.sampled_from(sorted(parent)))
    inner = parent[key]
    if isinstance(inner, list) and inner and data.draw(st.booleans()):
        inner[0] = junk
    elif isinstance(inner, dict) and inner and data.draw(st.booleans()):
        inner[data.draw(st.sampled_from(sorted(inner)))] = junk
    else:
        parent[key] = junk
    if not any(fault.severity is Severity.ERROR for fault in faults(definition)):
        parse(definition, arn="arn", revision=1)
