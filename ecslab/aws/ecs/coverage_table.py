"""The table behind ``coverage``: by operation, what works, what is pretended and what is refused, with its sentence.

Data only. What is named in ``WORKS`` has its effect; ``PRETENDED`` and ``REFUSED`` may name a part of a parameter that
otherwise works. A new operation or parameter of botocore's model belongs in here, or a test fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ecslab.aws.ecs.coverage_works import WORKS as WORKS

Sentences = Mapping[str, str]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_MANAGED = "Managed Instances are asked for by a capacityProviderStrategy. Leave launchType out."
_RESERVED = "there are no capacity reservations here. Use ON_DEMAND or SPOT."
_EBS = "this lab does not have volumes configured at launch. Use a volume of the task definition."
_RESOLUTION = "this lab has metrics once a minute only. Leave it out."
_ROLE = (
    "You cannot specify an IAM role for services that require a service linked role. Leave it out: ECS uses "
    "AWSServiceRoleForECS."
)
_PLATFORM = "Fargate's platform versions are told apart by name only: every task here runs on the same."
_INSIGHTS = "nothing is encrypted here, and what ECS Exec prints goes to the journal and to lab.exec only."
_TASK_REFUSED = {
    "launchType=MANAGED_INSTANCES": _MANAGED,
    "volumeConfigurations": _EBS,
    "overrides.containerOverrides.environmentFiles": "no file is read from S3 here. Use environment.",
}
_TASK_PRETENDED = {
    "referenceId": "it is ECS's own and has no effect for customers on AWS either.",
    "overrides.inferenceAcceleratorOverrides": "there are no accelerators here (AWS has given them up).",
    "overrides.ephemeralStorage": "no size is set for a task's disk here: it is this machine's.",
    "overrides.containerOverrides.resourceRequirements": "there are no GPUs here.",
}
_WEIGHTS = "the weights of the listener rules shift, and are shown; a load balancer here carries no requests yet."
_SHIFTING = {
    **{f"deploymentConfiguration.strategy={s}": _WEIGHTS for s in ("BLUE_GREEN", "LINEAR", "CANARY")},
    "deploymentConfiguration.lifecycleHooks.hookTargetArn": (
        "no Lambda function runs here: lab.hook says what it answers, else it succeeds after five seconds."
    ),
}
_CLASSIC = "there are no Classic Load Balancers here. Make a target group with elbv2 and give its targetGroupArn."
_SERVICE_REFUSED = {
    "loadBalancers.loadBalancerName": _CLASSIC,
    "serviceRegistries": "this lab does not have service discovery yet. Leave it out.",
    "serviceConnectConfiguration": "this lab does not have Service Connect yet. Leave it out.",
    "volumeConfigurations": _EBS,
    "vpcLatticeConfigurations": "this lab does not have VPC Lattice. Leave it out.",
    "monitoring": _RESOLUTION,
}
_NO_REQUESTS = "a load balancer here carries no requests yet"
_GATEWAY_PRETENDED = {
    "configuration.hostSharedAlb.webACLArn": f"kept and shown; {_NO_REQUESTS}, so none is filtered.",
    "configuration.hostSharedAlb.accessLogs": f"kept, and an attribute of its load balancers; {_NO_REQUESTS}.",
    "configuration.hostSharedAlb.httpDesync": f"kept, and an attribute of its load balancers; {_NO_REQUESTS}.",
}
_CONNECTORS = {
    "gatewayConnectors.healthCheck.matcher.grpcCode": "targets are checked over HTTP/1: only httpCode is looked at.",
}
_EXPRESS_PRETENDED = {
    "cpuArchitecture=ARM64": "kept and shown; every task runs on this machine's own processor.",
    "primaryContainer.repositoryCredentials": "images come from this machine; no registry is asked.",
    "scalingTarget.autoScalingMetric=REQUEST_COUNT_PER_TARGET": (
        "the policy and its alarms are there; a load balancer here carries no requests, so none are counted."
    ),
}
_CLUSTER_PRETENDED = {
    "configuration.executeCommandConfiguration": _INSIGHTS,
    "configuration.managedStorageConfiguration": "nothing is encrypted here: the keys are kept and shown.",
    "serviceConnectDefaults": "the namespace is kept and shown; this lab does not have Service Connect yet.",
}
_SCALING = "recorded and shown; the group is not scaled yet: give it instances yourself."
_M, _T = "managedInstancesProvider", "managedInstancesProvider.instanceLaunchTemplate"
_DISK = "no size is set for an instance's disk here: it is this machine's."
_PRICE = "there are no prices here: the type with the least vCPUs and memory that fits is the cheapest."
_GPU = "there are no accelerators here; types that have some are launched only where allowedInstanceTypes names them."
_PROVIDER_PRETENDED = {
    "autoScalingGroupProvider.managedScaling.status=ENABLED": _SCALING,
    f"{_M}.infrastructureRoleArn": "an ARN is all it must be: nobody assumes the role, the lab launches by itself.",
    f"{_M}.autoRepairConfiguration": "instances of a lab are never IMPAIRED.",
    f"{_T}.ec2InstanceProfileArn": "an ARN is all it must be: the agents of a lab need no role of their instance.",
    f"{_T}.storageConfiguration": _DISK,
    f"{_T}.localStorageConfiguration": _DISK,
    f"{_T}.monitoring=DETAILED": "metrics of EC2 instances are not made here.",
    f"{_T}.instanceMetadataTagsPropagation": "containers here cannot ask the instance metadata service.",
    f"{_T}.fipsEnabled": "cryptography is this machine's.",
    f"{_T}.nitroEnclavesEnabled": "tasks run in no sandbox of their own.",
    **{
        f"{_T}.instanceRequirements.{name}": _PRICE
        for name in _words(
            "spotMaxPricePercentageOverLowestPrice onDemandMaxPricePercentageOverLowestPrice "
            "maxSpotPriceAsPercentageOfOptimalOnDemandPrice"
        )
    },
    **{
        f"{_T}.instanceRequirements.{name}": _GPU
        for name in _words(
            "acceleratorTypes acceleratorCount acceleratorManufacturers acceleratorNames acceleratorTotalMemoryMiB"
        )
    },
    f"{_T}.instanceRequirements.networkBandwidthGbps": "networks here have this machine's bandwidth.",
    f"{_T}.instanceRequirements.localStorageTypes": "how much local storage a type has counts, not of which kind.",
}
"""Of Managed Instances. Security patches (Bottlerocket) and the replacing of merely underutilized instances have no
parameters; neither happens here."""
_CREATED_ONLY = ("fipsEnabled", "nitroEnclavesEnabled")
_UPDATE_PRETENDED = {k: v for k, v in _PROVIDER_PRETENDED.items() if k.rsplit(".", 1)[-1] not in _CREATED_ONLY}
_C = "containerDefinitions"
_VOLUME = "no file system is mounted: the volume is the task's own and ends with it."

_SETTINGS = {
    f"name={name}": "kept and shown; it changes nothing here."
    for name in _words(
        "fargateFIPSMode tagResourceAuthorization fargateTaskRetirementWaitPeriod defaultLogDriverMode "
        "fargateEventWindows dualStackIPv6"
    )
}

PRETENDED: Mapping[str, Sentences] = MappingProxyType(
    {
        "RegisterDaemonTaskDefinition": {
            "pidMode": "containers keep their own process namespaces.",
            "ipcMode": "containers keep their own IPC namespaces.",
            "volumes.logDriverVolumeConfiguration": "the volume is empty: no log driver writes files here.",
            f"{_C}.repositoryCredentials": "images come from this machine; no registry is asked.",
            f"{_C}.restartPolicy": "a container that ends is not restarted by itself; its task decides.",
            f"{_C}.environmentFiles": "no file is read from S3 here. Use environment.",
            f"{_C}.firelensConfiguration": "the log router runs as any container does; no log is routed to it.",
            f"{_C}.linuxParameters.capabilities": "containers keep the engine's own capabilities.",
            f"{_C}.linuxParameters.devices": "no device of this machine is given to a container.",
            f"{_C}.linuxParameters.tmpfs": "no tmpfs is mounted.",
            f"{_C}.systemControls": "containers keep the engine's own kernel parameters.",
            f"{_C}.interactive": "nobody sits at a container's standard input.",
            f"{_C}.pseudoTerminal": "no terminal is made for a container.",
        },
        "CreateCluster": _CLUSTER_PRETENDED,
        "UpdateCluster": _CLUSTER_PRETENDED,
        "CreateCapacityProvider": _PROVIDER_PRETENDED,
        "UpdateCapacityProvider": _UPDATE_PRETENDED,
        "RunTask": {**_TASK_PRETENDED, "platformVersion": _PLATFORM},
        "StartTask": _TASK_PRETENDED,
        "CreateService": {"platformVersion": _PLATFORM, **_SHIFTING, **_CONNECTORS},
        "CreateTaskSet": {"platformVersion": _PLATFORM},
        "UpdateService": {"platformVersion": _PLATFORM, **_SHIFTING, **_CONNECTORS},
        "CreateGateway": _GATEWAY_PRETENDED,
        "UpdateGateway": _GATEWAY_PRETENDED,
        "CreateExpressGatewayService": _EXPRESS_PRETENDED,
        "UpdateExpressGatewayService": _EXPRESS_PRETENDED,
        "ExecuteCommand": {
            "interactive": "no terminal is opened: the command runs once, and lab.exec and the journal have its output."
        },
        "RegisterContainerInstance": {
            "instanceIdentityDocumentSignature": "not checked: no instance here is AWS's.",
            "platformDevices": "there are no GPUs or Neuron devices here.",
        },
        "SubmitTaskStateChange": {
            "managedAgents": "a managed agent is what its container is.",
            "attachments": "the control plane makes and deletes the interface itself; a report changes nothing.",
        },
        "PutAccountSetting": _SETTINGS,
        "PutAccountSettingDefault": _SETTINGS,
        "RegisterTaskDefinition": {
            "pidMode": "containers keep their own process namespaces.",
            "ipcMode": "containers keep their own IPC namespaces.",
            "proxyConfiguration": "no App Mesh proxy is put in the way (AWS ends App Mesh).",
            "inferenceAccelerators": "there are no accelerators here (AWS has given them up).",
            "ephemeralStorage": "no size is set for a task's disk here: it is this machine's.",
            "runtimePlatform": "every task runs on this machine's own processor and system.",
            "enableFaultInjection": "the agent has no fault injection endpoint; lab.kill is how things break here.",
            "trustedExecutionConfiguration": "tasks run in no sandbox of their own.",
            f"{_C}.repositoryCredentials": "images come from this machine; no registry is asked.",
            f"{_C}.restartPolicy": "a container that ends is not restarted by itself; its task decides.",
            f"{_C}.environmentFiles": "no file is read from S3 here. Use environment.",
            f"{_C}.volumesFrom": "volumes are mounted by mountPoints only.",
            f"{_C}.linuxParameters.capabilities": "containers keep the engine's own capabilities.",
            f"{_C}.linuxParameters.devices": "no device of this machine is given to a container.",
            f"{_C}.linuxParameters.sharedMemorySize": "containers keep the engine's own /dev/shm.",
            f"{_C}.linuxParameters.tmpfs": "no tmpfs is mounted.",
            f"{_C}.linuxParameters.maxSwap": "swap is not limited.",
            f"{_C}.linuxParameters.swappiness": "swap is not limited.",
            f"{_C}.versionConsistency=disabled": "an image's tag is what this machine has under it.",
            f"{_C}.hostname": "containers keep the engine's own host names.",
            f"{_C}.disableNetworking": "the task's network mode alone decides.",
            f"{_C}.dnsServers": "names are resolved as this machine does it.",
            f"{_C}.dnsSearchDomains": "names are resolved as this machine does it.",
            f"{_C}.extraHosts": "names are resolved as this machine does it.",
            f"{_C}.dockerSecurityOptions": "containers keep the engine's own security options.",
            f"{_C}.interactive": "nobody sits at a container's standard input.",
            f"{_C}.pseudoTerminal": "no terminal is made for a container.",
            f"{_C}.systemControls": "containers keep the engine's own kernel parameters.",
            f"{_C}.resourceRequirements": "there are no GPUs here.",
            f"{_C}.firelensConfiguration": "the log router runs as any container does; no log is routed to it.",
            f"{_C}.credentialSpecs": "there is no Active Directory here.",
            f"{_C}.portMappings.appProtocol": "only Service Connect uses it, which this lab does not have yet.",
            f"{_C}.portMappings.containerPortRange": "no range is mapped. Map the ports one by one.",
            f"{_C}.logConfiguration.secretOptions": "log drivers get no secrets here.",
            **{
                f"{_C}.logConfiguration.logDriver={driver}": "the lines stay with the lab (lab.logs); nobody else "
                "gets them."
                for driver in _words("syslog journald gelf fluentd splunk awsfirelens")
            },
            "volumes.efsVolumeConfiguration": _VOLUME,
            "volumes.s3filesVolumeConfiguration": _VOLUME,
            "volumes.fsxWindowsFileServerVolumeConfiguration": _VOLUME,
            "volumes.dockerVolumeConfiguration": _VOLUME,
            "volumes.configuredAtLaunch": "no EBS volume can be attached here.",
        },
    }
)

REFUSED: Mapping[str, Sentences] = MappingProxyType(
    {
        "CreateCapacityProvider": {
            f"{_T}.capacityOptionType=RESERVED": _RESERVED,
            f"{_T}.capacityReservations": _RESERVED,
        },
        "UpdateCapacityProvider": {f"{_T}.capacityReservations": _RESERVED},
        "RunTask": _TASK_REFUSED,
        "StartTask": {k: v for k, v in _TASK_REFUSED.items() if "launchType" not in k},
        "CreateService": {**_SERVICE_REFUSED, "launchType=MANAGED_INSTANCES": _MANAGED, "role": _ROLE},
        "UpdateService": _SERVICE_REFUSED,
        "CreateTaskSet": {
            "launchType=MANAGED_INSTANCES": _MANAGED,
            "loadBalancers.loadBalancerName": _CLASSIC,
            "serviceRegistries": _SERVICE_REFUSED["serviceRegistries"],
        },
    }
)

BY_VERBS = frozenset(
    (operation, path)
    for operation in ("CreateService", "UpdateService")
    for path in _words("serviceRegistries serviceConnectConfiguration volumeConfigurations vpcLatticeConfigurations")
)
"""Refused by the verbs about services themselves (``services.LATER``), in their own words."""

DEPENDING: Mapping[str, Sentences] = MappingProxyType(
    {
        "RegisterTaskDefinition": {
            f"{_C}.memory": "memory limit",
            f"{_C}.cpu": "cpu shares",
            "cpu": "task cpu limit",
            f"{_C}.readonlyRootFilesystem": "read-only root filesystem",
            f"{_C}.user": "user",
            "networkMode=awsvpc": "awsvpc address",
            "networkMode=host": "host network mode",
            f"{_C}.mountPoints": "volumes",
        }
    }
)
"""Parts that work on some runtimes: the feature (``runtimes.base.FEATURES``) on which each of them rests."""
