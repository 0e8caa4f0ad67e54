"""The table behind ``coverage``: by operation, what works, what is pretended and what is refused, with its sentence.

Data only. What is named in ``WORKS`` has its effect; ``PRETENDED`` and ``REFUSED`` may name a part of a parameter that
otherwise works. A new operation or parameter of botocore's model belongs in here, or a test fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Sentences = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Operations that are refused as a whole, and what to do instead."""

    name: str
    sentence: str
    operations: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FAMILIES = (
    Family(
        name="Amazon ECS daemons of Managed Instances",
        sentence="A service with schedulingStrategy DAEMON runs one task on every container instance.",
        operations=_words(
            "CreateDaemon UpdateDaemon DeleteDaemon DescribeDaemon ListDaemons DescribeDaemonDeployments "
            "ListDaemonDeployments DescribeDaemonRevisions RegisterDaemonTaskDefinition DescribeDaemonTaskDefinition "
            "DeleteDaemonTaskDefinition ListDaemonTaskDefinitions"
        ),
    ),
)

_MANAGED = "this lab does not have Amazon ECS Managed Instances. Use FARGATE, EC2 or an Auto Scaling group provider."
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
_PROVIDER_PRETENDED = {"autoScalingGroupProvider.managedScaling.status=ENABLED": _SCALING}
_C = "containerDefinitions"
_VOLUME = "no file system is mounted: the volume is the task's own and ends with it."

WORKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # clusters
        "CreateCluster": _words(
            "clusterName tags settings configuration capacityProviders defaultCapacityProviderStrategy"
        ),
        "DescribeClusters": _words("clusters include"),
        "ListClusters": _words("nextToken maxResults"),
        "UpdateCluster": _words("cluster settings configuration"),
        "UpdateClusterSettings": _words("cluster settings"),
        "DeleteCluster": _words("cluster"),
        # capacity providers
        "CreateCapacityProvider": _words("name autoScalingGroupProvider tags"),
        "DescribeCapacityProviders": _words("capacityProviders include maxResults nextToken"),
        "UpdateCapacityProvider": _words("name autoScalingGroupProvider"),
        "DeleteCapacityProvider": _words("capacityProvider"),
        "PutClusterCapacityProviders": _words("cluster capacityProviders defaultCapacityProviderStrategy"),
        # task definitions
        "RegisterTaskDefinition": _words(
            "family taskRoleArn executionRoleArn networkMode containerDefinitions volumes placementConstraints "
            "requiresCompatibilities cpu memory tags"
        ),
        "DescribeTaskDefinition": _words("taskDefinition include"),
        "ListTaskDefinitions": _words("familyPrefix status sort nextToken maxResults"),
        "ListTaskDefinitionFamilies": _words("familyPrefix status nextToken maxResults"),
        "DeregisterTaskDefinition": _words("taskDefinition"),
        "DeleteTaskDefinitions": _words("taskDefinitions"),
        # tasks
        "RunTask": _words(
            "capacityProviderStrategy cluster count enableECSManagedTags enableExecuteCommand group launchType "
            "networkConfiguration overrides placementConstraints placementStrategy propagateTags startedBy tags "
            "taskDefinition clientToken"
        ),
        "StartTask": _words(
            "cluster containerInstances enableECSManagedTags enableExecuteCommand group networkConfiguration overrides "
            "propagateTags startedBy tags taskDefinition"
        ),
        "StopTask": _words("cluster task reason"),
        "DescribeTasks": _words("cluster tasks include"),
        "ListTasks": _words(
            "cluster containerInstance family nextToken maxResults startedBy serviceName desiredStatus launchType"
        ),
        "GetTaskProtection": _words("cluster tasks"),
        "UpdateTaskProtection": _words("cluster tasks protectionEnabled expiresInMinutes"),
        "ExecuteCommand": _words("cluster container command task"),
        # services
        "CreateService": _words(
            "cluster serviceName taskDefinition availabilityZoneRebalancing desiredCount clientToken launchType "
            "capacityProviderStrategy deploymentConfiguration placementConstraints placementStrategy "
            "networkConfiguration healthCheckGracePeriodSeconds schedulingStrategy deploymentController tags "
            "enableECSManagedTags propagateTags enableExecuteCommand gatewayConnectors"
        ),
        "UpdateService": _words(
            "cluster service desiredCount taskDefinition capacityProviderStrategy deploymentConfiguration "
            "availabilityZoneRebalancing networkConfiguration placementConstraints placementStrategy "
            "forceNewDeployment healthCheckGracePeriodSeconds deploymentController enableExecuteCommand "
            "enableECSManagedTags propagateTags gatewayConnectors"
        ),
        "DeleteService": _words("cluster service force"),
        "DescribeServices": _words("cluster services include"),
        "ListServices": _words("cluster nextToken maxResults launchType schedulingStrategy resourceManagementType"),
        "ListServicesByNamespace": _words("namespace nextToken maxResults"),
        # Express Mode
        "CreateExpressGatewayService": _words(
            "executionRoleArn infrastructureRoleArn serviceName cluster healthCheckPath primaryContainer taskRoleArn "
            "networkConfiguration cpu cpuArchitecture memory scalingTarget tags taskDefinitionArn"
        ),
        "UpdateExpressGatewayService": _words(
            "serviceArn executionRoleArn healthCheckPath primaryContainer taskRoleArn networkConfiguration cpu memory "
            "cpuArchitecture scalingTarget taskDefinitionArn"
        ),
        "DeleteExpressGatewayService": _words("serviceArn"),
        "DescribeExpressGatewayService": _words("serviceArn include"),
        # gateways
        "CreateGateway": _words(
            "name infrastructureRoleArn clientToken deletionProtection configuration tags propagateTags"
        ),
        "UpdateGateway": _words("gateway infrastructureRoleArn deletionProtection configuration propagateTags"),
        "DeleteGateway": _words("gateway"),
        "DescribeGateway": _words("gateway"),
        "ListGateways": _words("names status maxResults nextToken"),
        "DescribeGatewayResources": _words("gateway maxResults nextToken"),
        "DescribeGatewayRoute": _words("gatewayRouteArn"),
        "ListGatewayRoutes": _words("gateway cluster service serviceContainerPortName status maxResults nextToken"),
        "AssociateGatewayWithCluster": _words("gateway cluster"),
        "DisassociateGatewayFromCluster": _words("gateway cluster"),
        "ListGatewayClusterAssociations": _words("gateway cluster status maxResults nextToken"),
        # service deployments and revisions
        "ListServiceDeployments": _words("service cluster status createdAt nextToken maxResults"),
        "DescribeServiceDeployments": _words("serviceDeploymentArns"),
        "DescribeServiceRevisions": _words("serviceRevisionArns"),
        "StopServiceDeployment": _words("serviceDeploymentArn stopType"),
        "ContinueServiceDeployment": _words("serviceDeploymentArn hookId action"),
        # task sets
        "CreateTaskSet": _words(
            "service cluster externalId taskDefinition networkConfiguration launchType capacityProviderStrategy "
            "scale clientToken tags"
        ),
        "UpdateTaskSet": _words("cluster service taskSet scale"),
        "UpdateServicePrimaryTaskSet": _words("cluster service primaryTaskSet"),
        "DeleteTaskSet": _words("cluster service taskSet force"),
        "DescribeTaskSets": _words("cluster service taskSets include"),
        # container instances and their agents
        "RegisterContainerInstance": _words(
            "cluster instanceIdentityDocument totalResources versionInfo containerInstanceArn attributes tags"
        ),
        "DescribeContainerInstances": _words("cluster containerInstances include"),
        "ListContainerInstances": _words("cluster filter nextToken maxResults status"),
        "UpdateContainerInstancesState": _words("cluster containerInstances status"),
        "UpdateContainerAgent": _words("cluster containerInstance"),
        "DeregisterContainerInstance": _words("cluster containerInstance force"),
        "DiscoverPollEndpoint": _words("containerInstance cluster"),
        "SubmitTaskStateChange": _words(
            "cluster task status reason containers pullStartedAt pullStoppedAt executionStoppedAt"
        ),
        "SubmitContainerStateChange": _words(
            "cluster task containerName runtimeId status exitCode reason networkBindings"
        ),
        "SubmitAttachmentStateChanges": _words("cluster attachments"),
        # attributes, tags, settings
        "PutAttributes": _words("cluster attributes"),
        "DeleteAttributes": _words("cluster attributes"),
        "ListAttributes": _words("cluster targetType attributeName attributeValue nextToken maxResults"),
        "TagResource": _words("resourceArn tags"),
        "UntagResource": _words("resourceArn tagKeys"),
        "ListTagsForResource": _words("resourceArn"),
        "PutAccountSetting": _words("name value principalArn"),
        "PutAccountSettingDefault": _words("name value"),
        "DeleteAccountSetting": _words("name principalArn"),
        "ListAccountSettings": _words("name value principalArn effectiveSettings nextToken maxResults"),
    }
)

_SETTINGS = {
    f"name={name}": "kept and shown; it changes nothing here."
    for name in _words(
        "fargateFIPSMode tagResourceAuthorization fargateTaskRetirementWaitPeriod defaultLogDriverMode "
        "fargateEventWindows dualStackIPv6"
    )
}

PRETENDED: Mapping[str, Sentences] = MappingProxyType(
    {
        "CreateCluster": _CLUSTER_PRETENDED,
        "UpdateCluster": _CLUSTER_PRETENDED,
        "CreateCapacityProvider": _PROVIDER_PRETENDED,
        "UpdateCapacityProvider": _PROVIDER_PRETENDED,
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
        "CreateCapacityProvider": {"managedInstancesProvider": _MANAGED, "cluster": _MANAGED},
        "UpdateCapacityProvider": {"managedInstancesProvider": _MANAGED, "cluster": _MANAGED},
        "DeleteCapacityProvider": {"cluster": _MANAGED},
        "DescribeCapacityProviders": {"cluster": _MANAGED},
        "RunTask": _TASK_REFUSED,
        "StartTask": {k: v for k, v in _TASK_REFUSED.items() if "launchType" not in k},
        "ListTasks": {"daemonName": "this lab does not have daemons of Managed Instances. Leave it out."},
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
