"""Claims about Express Mode over the API: what one call makes, what an update deploys, what a delete leaves (nothing).

The roles are made as a learner makes them; the lab is simulated on virtual time.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecslab.aws.ecs import express
from tests.server.conftest import Served

IMAGE = "ecslab/web:1"
EXECUTION = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole"


def role(served: Served, name: str, service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = served.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    return str(made["Role"]["Arn"])


class Shop:
    """A served lab with the two roles, and what it shows."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.ecs, self.elb = served.ecs, served.client("elbv2")
        self.logs, self.ec2 = served.client("logs"), served.client("ec2")
        self.scaling, self.alarms = served.client("application-autoscaling"), served.client("cloudwatch")
        self.infrastructure = role(served, "ecsInfrastructureRole", "ecs.amazonaws.com")
        policy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
        self.execution = role(served, "runs", "ecs-tasks.amazonaws.com")
        served.client("iam").attach_role_policy(RoleName="runs", PolicyArn=policy)

    def create(self, name: str = "web", **more: Any) -> Any:
        given = {
            "serviceName": name,
            "executionRoleArn": self.execution,
            "infrastructureRoleArn": self.infrastructure,
            "primaryContainer": {"image": IMAGE},
            "healthCheckPath": "/health",
        }
        given = {key: value for key, value in (given | more).items() if value is not None}
        return self.ecs.create_express_gateway_service(**given)["service"]

    def update(self, arn: str, **more: Any) -> Any:
        return self.ecs.update_express_gateway_service(serviceArn=arn, **more)["service"]

    def shown(self, arn: str, **more: Any) -> Any:
        return self.ecs.describe_express_gateway_service(serviceArn=arn, **more)["service"]

    def service(self, name: str = "web", cluster: str = "default") -> Any:
        return self.ecs.describe_services(cluster=cluster, services=[name])["services"][0]

    def settled(self, name: str = "web") -> bool:
        deployments = self.service(name)["deployments"]
        return len(deployments) == 1 and deployments[0]["rolloutState"] == "COMPLETED"

    def groups(self, name: str = "web") -> list[str]:
        one = self.service(name)["loadBalancers"][0]
        return [one["targetGroupArn"], one["advancedConfiguration"]["alternateTargetGroupArn"]]

    def states(self, group: str) -> list[str]:
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [x["TargetHealth"]["State"] for x in found]

    def left(self) -> dict[str, Any]:
        """Everything that Express Mode could have left, by kind."""
        named = self.ec2.describe_security_groups(Filters=[{"Name": "tag:AmazonECSManaged", "Values": ["true"]}])
        return {
            "load balancers": [x["LoadBalancerName"] for x in self.elb.describe_load_balancers()["LoadBalancers"]],
            "target groups": [x["TargetGroupName"] for x in self.elb.describe_target_groups()["TargetGroups"]],
            "security groups": [x["GroupName"] for x in named["SecurityGroups"]],
            "alarms": [x["AlarmName"] for x in self.alarms.describe_alarms()["MetricAlarms"]],
            "log groups": [x["logGroupName"] for x in self.logs.describe_log_groups()["logGroups"]],
            "targets": self.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"],
            "policies": self.scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"],
        }


@pytest.fixture
def shop(served: Served) -> Shop:
    return Shop(served)


def refused(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_one_call_makes_a_service_whose_tasks_run_behind_a_load_balancer(shop: Shop) -> None:
    made = shop.create(scalingTarget={"minTaskCount": 2, "maxTaskCount": 4}, tags=[{"key": "team", "value": "a"}])
    assert made["status"]["statusCode"] == "ACTIVE"
    (now,) = made["activeConfigurations"]
    assert now["ingressPaths"] == [{"accessType": "PUBLIC", "endpoint": "https://web.ecs.us-east-1.on.aws"}]
    assert (now["cpu"], now["memory"], now["cpuArchitecture"]) == ("256", "512", "X86_64")
    assert now["primaryContainer"]["containerPort"] == 80
    assert now["primaryContainer"]["awsLogsConfiguration"]["logStreamPrefix"] == "ecs"
    target = {"minTaskCount": 2, "maxTaskCount": 4, "autoScalingMetric": "AVERAGE_CPU", "autoScalingTargetValue": 60}
    assert now["scalingTarget"] == target
    assert made["currentDeployment"].split(":")[-1].startswith("service-deployment/default/web/")
    shop.served.until(shop.settled, limit=600)
    first, second = shop.groups()
    assert (shop.states(first), shop.states(second)) == (["healthy", "healthy"], [])
    service = shop.service()
    assert (service["runningCount"], service["resourceManagementType"]) == (2, "ECS")
    settings = service["deploymentConfiguration"]
    assert (settings["strategy"], settings["bakeTimeInMinutes"]) == ("CANARY", 3)
    assert settings["canaryConfiguration"] == {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 3}
    assert settings["alarms"] == {"alarmNames": ["default/web/RollbackAlarm"], "enable": True, "rollback": True}
    assert shop.shown(made["serviceArn"], include=["TAGS"])["tags"] == [{"key": "team", "value": "a"}]
    assert "tags" not in shop.shown(made["serviceArn"])


def test_what_it_makes_can_be_described_where_it_is(shop: Shop) -> None:
    made = shop.create()
    (balancer,) = shop.elb.describe_load_balancers()["LoadBalancers"]
    assert balancer["LoadBalancerName"].startswith("ecs-express-gateway-alb-")
    assert (balancer["Scheme"], balancer["State"]["Code"]) == ("internet-facing", "active")
    (listener,) = shop.elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    rules = shop.elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    assert [r["Priority"] for r in rules] == ["1", "default"]
    assert rules[0]["Conditions"][0]["HostHeaderConfig"]["Values"] == ["web.ecs.us-east-1.on.aws"]
    weights = rules[0]["Actions"][0]["ForwardConfig"]["TargetGroups"]
    assert [(w["TargetGroupArn"], w["Weight"]) for w in weights] == list(zip(shop.groups(), (100, 0), strict=True))
    for group in shop.elb.describe_target_groups()["TargetGroups"]:
        assert (group["TargetType"], group["Port"], group["HealthCheckPath"]) == ("ip", 80, "/health")
    left = shop.left()
    assert [t["ResourceId"] for t in left["targets"]] == ["service/default/web"]
    (policy,) = left["policies"]
    metric = policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]
    assert metric["PredefinedMetricType"] == "ECSServiceAverageCPUUtilization"
    assert left["log groups"] == [
        made["activeConfigurations"][0]["primaryContainer"]["awsLogsConfiguration"]["logGroup"]
    ]
    assert "default/web/RollbackAlarm" in left["alarms"]
    vpc = shop.service()["networkConfiguration"]["awsvpcConfiguration"]
    (group,) = shop.ec2.describe_security_groups(GroupIds=vpc["securityGroups"])["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert (rule["FromPort"], rule["UserIdGroupPairs"][0]["GroupId"]) == (80, balancer["SecurityGroups"][0])
    assert vpc["assignPublicIp"] == "ENABLED"
    revision = made["activeConfigurations"][0]["serviceRevisionArn"]
    (found,) = shop.ecs.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"]
    managed = found["ecsManagedResources"]
    assert managed["ingressPaths"][0]["loadBalancer"]["arn"] == balancer["LoadBalancerArn"]
    assert managed["autoScaling"]["scalableTarget"]["maxCapacity"] == 20


def test_an_update_deploys_a_canary_and_shifts_to_it(shop: Shop) -> None:
    arn = shop.create()["serviceArn"]
    shop.served.until(shop.settled, limit=600)
    first, second = shop.groups()
    changed = shop.update(
        arn, primaryContainer={"image": IMAGE, "environment": [{"name": "V", "value": "2"}]}, cpu="512", memory="1024"
    )
    target = changed["targetConfiguration"]
    assert (target["cpu"], target["memory"], target["healthCheckPath"]) == ("512", "1024", "/health")
    assert target["taskDefinitionArn"].endswith("/default-web:2")
    assert len(shop.shown(arn)["activeConfigurations"]) == 2
    shop.served.until(lambda: shop.states(second) == ["healthy"], limit=300)
    shop.served.until(shop.settled, limit=1500)
    assert shop.states(first) == []
    (now,) = shop.shown(arn)["activeConfigurations"]
    assert now["primaryContainer"]["environment"] == [{"name": "V", "value": "2"}]
    assert now["serviceRevisionArn"] == target["serviceRevisionArn"]


def test_an_update_of_port_and_path_is_checked_in_the_target_group_of_the_new_tasks_alone(shop: Shop) -> None:
    arn = shop.create()["serviceArn"]
    shop.served.until(shop.settled, limit=600)
    first, second = shop.groups()
    shop.update(arn, healthCheckPath="/other", primaryContainer={"image": IMAGE, "containerPort": 8080})
    paths = {g["TargetGroupArn"]: g["HealthCheckPath"] for g in shop.elb.describe_target_groups()["TargetGroups"]}
    assert paths == {first: "/health", second: "/other"}
    assert shop.service()["loadBalancers"][0]["containerPort"] == 8080
    both = shop.shown(arn)["activeConfigurations"]
    assert [c["healthCheckPath"] for c in both] == ["/other", "/health"]


def test_an_update_of_the_scaling_deploys_nothing(shop: Shop) -> None:
    arn = shop.create()["serviceArn"]
    shop.served.until(shop.settled, limit=600)
    given = {"minTaskCount": 3, "maxTaskCount": 5, "autoScalingMetric": "AVERAGE_MEMORY", "autoScalingTargetValue": 70}
    changed = shop.update(arn, scalingTarget=given)
    assert changed["targetConfiguration"]["scalingTarget"] == given
    assert len(shop.service()["deployments"]) == 1
    assert shop.service()["desiredCount"] == 3
    (policy,) = shop.left()["policies"]
    body = policy["TargetTrackingScalingPolicyConfiguration"]
    assert body["TargetValue"] == 70
    assert body["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ECSServiceAverageMemoryUtilization"
    counted = {"autoScalingMetric": "REQUEST_COUNT_PER_TARGET", "autoScalingTargetValue": 1000}
    shop.update(arn, scalingTarget=counted)
    (policy,) = shop.left()["policies"]
    metric = policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]
    assert metric["ResourceLabel"].startswith("app/ecs-express-gateway-alb-")


def test_the_rollback_alarm_rolls_a_deployment_back(shop: Shop) -> None:
    arn = shop.create()["serviceArn"]
    shop.served.until(shop.settled, limit=600)
    shop.update(arn, cpu="512", memory="1024")
    shop.served.until(lambda: shop.service()["runningCount"] == 2, limit=300)
    shop.alarms.set_alarm_state(AlarmName="default/web/RollbackAlarm", StateValue="ALARM", StateReason="errors")
    shop.served.until(lambda: shop.service()["taskDefinition"].endswith(":1"), limit=300)
    shop.served.until(shop.settled, limit=1500)
    (now,) = shop.shown(arn)["activeConfigurations"]
    assert now["cpu"] == "256"


def test_a_service_that_is_deleted_drains_and_leaves_nothing(shop: Shop) -> None:
    before = shop.left()
    arn = shop.create()["serviceArn"]
    shop.served.until(shop.settled, limit=600)
    gone = shop.ecs.delete_express_gateway_service(serviceArn=arn)["service"]
    assert gone["status"]["statusCode"] == "DRAINING"
    assert refused(shop.ecs.delete_express_gateway_service, serviceArn=arn)[0] == "ServiceNotActiveException"
    assert refused(shop.ecs.update_express_gateway_service, serviceArn=arn, cpu="512")[0] == "ServiceNotActiveException"
    shop.served.until(lambda: shop.left() == before, limit=1200)
    shown = shop.shown(arn)
    assert (shown["status"]["statusCode"], shown["activeConfigurations"]) == ("INACTIVE", [])
    again = shop.create()
    assert (again["serviceArn"], again["status"]["statusCode"]) == (arn, "ACTIVE")
    assert not shop.served.lab.journal.read(kind="error")


def test_two_services_share_one_load_balancer_until_the_last_is_gone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = shop.create("one")["serviceArn"], shop.create("two")["serviceArn"]
    assert len(shop.left()["load balancers"]) == 1
    monkeypatch.setattr(express, "SHARE", 2)
    third = shop.create("three")["serviceArn"]
    assert len(shop.left()["load balancers"]) == 2, "one load balancer is shared by so many, and no more"
    shop.ecs.delete_express_gateway_service(serviceArn=third)
    shop.served.until(lambda: len(shop.left()["load balancers"]) == 1, limit=600)
    shop.ecs.delete_express_gateway_service(serviceArn=first)
    shop.served.until(lambda: len(shop.left()["target groups"]) == 2, limit=600)
    assert len(shop.left()["load balancers"]) == 1
    shop.ecs.delete_express_gateway_service(serviceArn=second)
    shop.served.until(lambda: shop.left()["load balancers"] == [], limit=600)


def test_private_subnets_get_a_load_balancer_of_their_own(shop: Shop) -> None:
    shop.create("open")
    vpc = shop.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = []
    for number, zone in enumerate(("us-east-1a", "us-east-1b")):
        cidr = f"172.31.{240 + number * 4}.0/22"
        made.append(shop.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"])
    shown = shop.create("inside", networkConfiguration={"subnets": made})
    assert shown["activeConfigurations"][0]["ingressPaths"][0]["accessType"] == "PRIVATE"
    schemes = {b["Scheme"] for b in shop.elb.describe_load_balancers()["LoadBalancers"]}
    assert schemes == {"internet-facing", "internal"}


def test_the_default_cluster_is_made_where_there_is_none_and_no_other_is(shop: Shop) -> None:
    for arn in shop.ecs.list_container_instances()["containerInstanceArns"]:
        shop.ecs.deregister_container_instance(containerInstance=arn, force=True)
    shop.ecs.delete_cluster(cluster="default")
    shop.create()
    (cluster,) = shop.ecs.describe_clusters(clusters=["default"])["clusters"]
    assert (cluster["status"], cluster["capacityProviders"]) == ("ACTIVE", ["FARGATE"])
    assert refused(shop.create, name="x", cluster="nowhere")[0] == "ClusterNotFoundException"


def test_a_task_definition_of_the_customers_is_deployed_as_it_is(shop: Shop) -> None:
    port = {"containerPort": 80, "name": "http"}
    main = {"name": "Main", "image": IMAGE, "portMappings": [port]}
    beside = {"name": "beside", "image": "ecslab/worker:1"}
    given = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    made = shop.ecs.register_task_definition(family="own", containerDefinitions=[main, beside], **given)
    arn = made["taskDefinition"]["taskDefinitionArn"]
    bare = {"executionRoleArn": None, "primaryContainer": None, "taskDefinitionArn": arn}
    shown = shop.create(**bare)
    assert shown["activeConfigurations"][0]["taskDefinitionArn"] == arn
    assert shop.left()["log groups"] == []
    code, message = refused(shop.create, name="b", taskDefinitionArn=arn)
    assert (code, "primaryContainer" in message) == ("InvalidParameterException", True)
    shop.ecs.register_task_definition(family="bad", containerDefinitions=[{**main, "name": "app"}], **given)
    assert "no container named Main" in refused(shop.create, name="b", **bare | {"taskDefinitionArn": "bad"})[1]
    unnamed = {**main, "portMappings": [{"containerPort": 80}]}
    shop.ecs.register_task_definition(family="bad", containerDefinitions=[unnamed], **given)
    assert "single TCP port mapping" in refused(shop.create, name="b", **bare | {"taskDefinitionArn": "bad"})[1]


def test_the_services_own_api_may_change_it_too_and_shows_it(shop: Shop) -> None:
    arn = shop.create()["serviceArn"]
    assert shop.ecs.list_services(resourceManagementType="ECS")["serviceArns"] == [arn]
    assert shop.ecs.list_services(resourceManagementType="CUSTOMER")["serviceArns"] == []
    shop.ecs.update_service(service="web", desiredCount=2)
    assert shop.service()["desiredCount"] == 2
    shop.served.register()
    shop.ecs.create_service(serviceName="plain", taskDefinition="web", desiredCount=0)
    plain = shop.service("plain")
    assert plain["resourceManagementType"] == "CUSTOMER"
    code, message = refused(shop.ecs.update_express_gateway_service, serviceArn=plain["serviceArn"])
    assert (code, "not an Express service" in message) == ("InvalidParameterException", True)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "a b"}, "InvalidParameterException", "Invalid service name"),
    ({"infrastructureRoleArn": "arn:aws:iam::123456789012:role/none"}, "ClientException", "infrastructure role"),
    ({"infrastructureRoleArn": EXECUTION}, "ClientException", "must allow ecs.amazonaws.com"),
    ({"executionRoleArn": None}, "InvalidParameterException", "executionRoleArn is required"),
    ({"executionRoleArn": "arn:aws:iam::123456789012:role/none"}, "ClientException", "unable to assume the role"),
    ({"taskRoleArn": "arn:aws:iam::123456789012:role/none"}, "ClientException", "unable to assume the role"),
    ({"primaryContainer": None}, "InvalidParameterException", "primaryContainer is required"),
    ({"primaryContainer": {"image": ""}}, "InvalidParameterException", "image cannot be empty"),
    ({"primaryContainer": {"image": IMAGE, "containerPort": 0}}, "InvalidParameterException", "between 1 and 65535"),
    ({"cpu": "256", "memory": "8192"}, "ClientException", "memory"),
    ({"cpu": "100"}, "ClientException", "cpu"),
    ({"healthCheckPath": "health"}, "InvalidParameterException", "must start with /"),
    ({"scalingTarget": {"minTaskCount": 3, "maxTaskCount": 2}}, "InvalidParameterException", "maxTaskCount"),
    ({"scalingTarget": {"autoScalingTargetValue": 101}}, "InvalidParameterException", "at most 100"),
    ({"scalingTarget": {"autoScalingMetric": "SPEED"}}, "InvalidParameterException", "AVERAGE_CPU"),
    ({"networkConfiguration": {"subnets": ["subnet-1"]}}, "InvalidParameterException", "does not exist"),
    ({"networkConfiguration": {"securityGroups": ["sg-1"]}}, "InvalidParameterException", "sg-1"),
    ({"cpuArchitecture": "RISC"}, "InvalidParameterException", "X86_64"),
    ({"tags": [{"key": "aws:x", "value": "1"}]}, "InvalidParameterException", "aws:"),
    ({"name": "taken"}, "InvalidParameterException", "not idempotent"),
]


def test_what_is_wrong_is_refused_and_leaves_nothing_behind(shop: Shop) -> None:
    shop.create("taken")
    before, families = shop.left(), shop.ecs.list_task_definition_families()["families"]
    for given, code, text in WRONG:
        found, message = refused(shop.create, **{"name": "x"} | given)
        assert (found, text.lower() in message.lower()) == (code, True), (given, found, message)
    assert (shop.left(), shop.ecs.list_task_definition_families()["families"]) == (before, families)
    one_zone = shop.ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    assert "two Availability Zones" in refused(shop.create, name="x", networkConfiguration={"subnets": [one_zone]})[1]
    missing = "arn:aws:ecs:us-east-1:123456789012:service/default/none"
    for call, code in (
        (shop.ecs.describe_express_gateway_service, "ResourceNotFoundException"),
        (shop.ecs.update_express_gateway_service, "ServiceNotFoundException"),
        (shop.ecs.delete_express_gateway_service, "ServiceNotFoundException"),
    ):
        assert refused(call, serviceArn=missing)[0] == code
        assert refused(call, serviceArn="web")[0] == code


def test_roles_are_passed_by_the_caller(shop: Shop) -> None:
    from ecslab.aws.iam.passing import roles_of
    from ecslab.aws.iam.wire import Call

    given = {"executionRoleArn": shop.execution, "infrastructureRoleArn": shop.infrastructure}
    call = Call(
        service="ecs", operation="CreateExpressGatewayService", protocol="json", region="us-east-1", params=given
    )
    passed = roles_of(call, shop.served.lab.backend.place)
    assert set(passed) == {(shop.execution, "ecs-tasks.amazonaws.com"), (shop.infrastructure, "ecs.amazonaws.com")}


def test_an_update_moves_the_tasks_to_other_subnets_and_groups_and_to_another_definition(shop: Shop) -> None:
    arn = shop.create()["serviceArn"]
    subnets = [s["SubnetId"] for s in shop.ec2.describe_subnets()["Subnets"]][:2]
    own = shop.ec2.create_security_group(GroupName="own", Description="own")["GroupId"]
    changed = shop.update(arn, networkConfiguration={"subnets": subnets, "securityGroups": [own]})
    network = changed["targetConfiguration"]["networkConfiguration"]
    assert (network["subnets"], network["securityGroups"][1:]) == (subnets, [own])
    assert len(shop.service()["deployments"]) == 2
    again = shop.update(arn, networkConfiguration={"securityGroups": [own]})
    assert again["targetConfiguration"]["networkConfiguration"] == network
    assert len(shop.service()["deployments"]) == 2, "what changes nothing deploys nothing"
    main = {"name": "Main", "image": IMAGE, "portMappings": [{"containerPort": 8080, "name": "http"}]}
    given = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    shop.ecs.register_task_definition(family="own", containerDefinitions=[main], **given)
    changed = shop.update(arn, taskDefinitionArn="own")
    assert changed["targetConfiguration"]["taskDefinitionArn"].endswith("/own:1")
    assert shop.service()["loadBalancers"][0]["containerPort"] == 8080


WRONG_UPDATES: list[tuple[dict[str, Any], str]] = [
    ({"cpu": "100"}, "cpu"),
    ({"executionRoleArn": "arn:aws:iam::123456789012:role/none"}, "unable to assume the role"),
    ({"healthCheckPath": ""}, "must start with /"),
    ({"primaryContainer": {"image": IMAGE, "containerPort": 70000}}, "between 1 and 65535"),
    ({"scalingTarget": {"maxTaskCount": 0}}, "maxTaskCount"),
    ({"taskDefinitionArn": "none"}, "not found"),
    ({"taskDefinitionArn": "none", "cpu": "256"}, "cannot be specified together with cpu"),
    ({"networkConfiguration": {"subnets": ["subnet-1"]}}, "does not exist"),
]


def test_what_an_update_cannot_be_is_refused_and_changes_nothing(shop: Shop) -> None:
    arn = shop.create()["serviceArn"]
    before = shop.shown(arn)
    for given, text in WRONG_UPDATES:
        found = refused(shop.ecs.update_express_gateway_service, serviceArn=arn, **given)
        assert text.lower() in found[1].lower(), (given, found)
    after = shop.shown(arn)
    assert {**after, "ResponseMetadata": 0} == {**before, "ResponseMetadata": 0}


def test_what_deleteservice_leaves_goes_with_the_express_service(shop: Shop) -> None:
    before = shop.left()
    arn = shop.create()["serviceArn"]
    shop.ecs.delete_service(service="web", force=True)
    shop.served.until(lambda: shop.service()["status"] == "INACTIVE", limit=600)
    assert len(shop.left()["target groups"]) == 2
    shop.ecs.delete_express_gateway_service(serviceArn=arn)
    shop.served.until(lambda: shop.left() == before, limit=60)
