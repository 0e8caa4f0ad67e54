"""What works of each ECS operation, by parameter: half of the table behind ``coverage``.

Data only, beside ``coverage_table``, which says what of it is pretended or refused. Invariant: an operation that is
answered is named here, and one that is not is in none of the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


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
        "CreateCapacityProvider": _words("name cluster autoScalingGroupProvider managedInstancesProvider tags"),
        "DescribeCapacityProviders": _words("capacityProviders cluster include maxResults nextToken"),
        "UpdateCapacityProvider": _words("name cluster autoScalingGroupProvider managedInstancesProvider"),
        "DeleteCapacityProvider": _words("capacityProvider cluster"),
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
            "cluster containerInstance family nextToken maxResults startedBy serviceName desiredStatus launchType "
            "daemonName"
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
        # daemons of Managed Instances
        "RegisterDaemonTaskDefinition": _words(
            "family taskRoleArn executionRoleArn containerDefinitions cpu memory volumes tags"
        ),
        "DescribeDaemonTaskDefinition": _words("daemonTaskDefinition"),
        "ListDaemonTaskDefinitions": _words("familyPrefix family revision status sort nextToken maxResults"),
        "DeleteDaemonTaskDefinition": _words("daemonTaskDefinition"),
        "CreateDaemon": _words(
            "daemonName clusterArn daemonTaskDefinitionArn capacityProviderArns deploymentConfiguration tags "
            "propagateTags enableECSManagedTags enableExecuteCommand clientToken critical"
        ),
        "UpdateDaemon": _words(
            "daemonArn daemonTaskDefinitionArn capacityProviderArns deploymentConfiguration propagateTags "
            "enableECSManagedTags enableExecuteCommand critical"
        ),
        "DeleteDaemon": _words("daemonArn"),
        "DescribeDaemon": _words("daemonArn"),
        "ListDaemons": _words("clusterArn capacityProviderArns maxResults nextToken"),
        "DescribeDaemonDeployments": _words("daemonDeploymentArns"),
        "ListDaemonDeployments": _words("daemonArn status createdAt maxResults nextToken"),
        "DescribeDaemonRevisions": _words("daemonRevisionArns"),
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
