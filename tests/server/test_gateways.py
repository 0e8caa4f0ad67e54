"""Claims about gateways over the API: records, associations, what a connector makes, and what goes when it goes.

The lab is simulated on virtual time; services run on Fargate in the default VPC.
"""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.aws.ecs import gateway_routes
from tests.server.conftest import Served
from tests.server.test_express import EXECUTION, refused, role

PORT = {"containerPort": 80, "name": "http"}
CONNECTOR = {"portName": "http", "healthCheck": {"healthCheckPath": "/health", "healthCheckIntervalSeconds": 10}}
ALB: dict[str, Any] = {"hostSharedAlb": {}}


class Platform:
    """A served lab with an infrastructure role and a task definition whose port has a name."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.ecs, self.elb, self.ec2 = served.ecs, served.client("elbv2"), served.client("ec2")
        self.role = role(served, "ecsInfrastructureRole", "ecs.amazonaws.com")
        self.subnets = [s["SubnetId"] for s in self.ec2.describe_subnets()["Subnets"]]
        self.register()

    def register(self, **more: Any) -> str:
        given = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
        container = {"name": "web", "image": "ecslab/web:1", "portMappings": [PORT], **more}
        made = self.ecs.register_task_definition(family="web", containerDefinitions=[container], **given)
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def gateway(self, name: str = "front", **more: Any) -> Any:
        given = {"infrastructureRoleArn": self.role, "configuration": ALB, "deletionProtection": False} | more
        return self.ecs.create_gateway(name=name, **given)

    def associated(self, name: str = "front", **more: Any) -> str:
        arn = str(self.gateway(name, **more)["gatewayArn"])
        self.ecs.associate_gateway_with_cluster(gateway=name, cluster="default")
        return arn

    def service(self, name: str = "shop", **more: Any) -> Any:
        group = self.ec2.create_security_group(GroupName=f"g-{name}", Description="tasks")["GroupId"]
        vpc = {"subnets": self.subnets[:2], "securityGroups": [group]} | more.pop("vpc", {})
        given = {"taskDefinition": "web", "desiredCount": 1, "launchType": "FARGATE", "gatewayConnectors": [CONNECTOR]}
        network = {"awsvpcConfiguration": vpc}
        made = self.ecs.create_service(serviceName=name, networkConfiguration=network, **given | more)
        return made["service"]

    def settled(self, name: str = "shop") -> bool:
        deployments = self.ecs.describe_services(services=[name])["services"][0]["deployments"]
        return len(deployments) == 1 and deployments[0]["rolloutState"] == "COMPLETED"

    def routes(self, **given: Any) -> list[Any]:
        return list(self.ecs.list_gateway_routes(**given)["gatewayRoutes"])

    def resources(self, gateway: str = "front") -> list[Any]:
        found = self.ecs.describe_gateway_resources(gateway=gateway)["gatewayResources"]["resources"]
        return list(found["hostSharedAlb"])

    def states(self, group: str) -> list[str]:
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [x["TargetHealth"]["State"] for x in found]

    def connection(self, name: str = "shop") -> Any:
        """What the newest revision of a service says of its gateway."""
        (newest, *_) = self.ecs.list_service_deployments(service=name)["serviceDeployments"]
        arns = [newest["targetServiceRevisionArn"]]
        (revision,) = self.ecs.describe_service_revisions(serviceRevisionArns=arns)["serviceRevisions"]
        return revision


@pytest.fixture
def platform(served: Served) -> Platform:
    return Platform(served)


def test_a_gateway_is_a_record_with_its_defaults_until_a_service_uses_it(platform: Platform) -> None:
    made = platform.gateway(tags=[{"key": "team", "value": "net"}])
    arn = "arn:aws:ecs:us-east-1:123456789012:gateway/front"
    assert (made["gatewayArn"], made["status"]) == (arn, "ACTIVE")
    shown = platform.ecs.describe_gateway(gateway=arn)["gateway"]
    settings = shown["configuration"]["hostSharedAlb"]
    assert settings["networkConfiguration"] == {"subnets": platform.subnets, "ipAddressType": "dualstack"}
    assert (settings["scheme"], settings["port"], settings["protocol"]) == ("internet-facing", 443, "HTTPS")
    assert (settings["maxAlbCount"], settings["currentAlbCount"], settings["httpDesync"]) == (10, 0, "defensive")
    assert (shown["accessType"], shown["propagateTags"], shown["deletionProtection"]) == ("PUBLIC", "GATEWAY", False)
    assert platform.elb.describe_load_balancers()["LoadBalancers"] == []
    assert platform.resources() == []
    platform.ecs.tag_resource(resourceArn=arn, tags=[{"key": "k", "value": "v"}])
    assert [t["key"] for t in platform.ecs.list_tags_for_resource(resourceArn=arn)["tags"]] == ["team", "k"]
    private = platform.gateway("inside", configuration={"hostSharedAlb": {"scheme": "internal"}})
    assert platform.ecs.describe_gateway(gateway=private["name"])["gateway"]["accessType"] == "PRIVATE"


def test_gateways_are_listed_page_by_page_by_name_and_status(platform: Platform) -> None:
    for name in ("a", "b", "c"):
        platform.gateway(name)
    first = platform.ecs.list_gateways(maxResults=2)
    rest = platform.ecs.list_gateways(maxResults=2, nextToken=first["nextToken"])
    assert [g["name"] for g in (*first["gateways"], *rest["gateways"])] == ["a", "b", "c"]
    assert "nextToken" not in rest
    assert [g["name"] for g in platform.ecs.list_gateways(names=["b", "z"])["gateways"]] == ["b"]
    assert platform.ecs.list_gateways(status=["UPDATE_FAILED"])["gateways"] == []


def test_the_same_token_makes_one_gateway(platform: Platform) -> None:
    first = platform.gateway(clientToken="t1")
    assert platform.gateway(clientToken="t1")["gatewayArn"] == first["gatewayArn"]
    code, message = refused(platform.gateway, clientToken="t2")
    assert (code, "exists already" in message) == ("InvalidParameterException", True)


def test_a_connector_puts_the_tasks_behind_a_load_balancer_of_the_gateway(platform: Platform) -> None:
    gateway = platform.associated(tags=[{"key": "team", "value": "net"}])
    platform.service()
    (listed,) = platform.routes()
    assert (listed["gatewayArn"], listed["status"], listed["serviceContainerPortName"]) == (gateway, "ACTIVE", "http")
    route = platform.ecs.describe_gateway_route(gatewayRouteArn=listed["gatewayRouteArn"])["gatewayRoute"]
    assert route["serviceUrl"].startswith("https://sh-")
    assert route["serviceUrl"].endswith(".ecs.us-east-1.on.aws")
    (made,) = route["resources"]["hostSharedAlb"]
    (balancer,) = platform.elb.describe_load_balancers()["LoadBalancers"]
    assert (made["loadBalancerArn"], balancer["IpAddressType"]) == (balancer["LoadBalancerArn"], "dualstack")
    (tagged,) = platform.elb.describe_tags(ResourceArns=[made["loadBalancerArn"]])["TagDescriptions"]
    assert {"Key": "team", "Value": "net"} in tagged["Tags"]
    (rule,) = platform.elb.describe_rules(RuleArns=[made["listenerRuleArn"]])["Rules"]
    assert rule["Conditions"][0]["HostHeaderConfig"]["Values"] == [route["serviceUrl"].removeprefix("https://")]
    platform.served.until(platform.settled, limit=300)
    revision = platform.connection()
    assert revision["gatewayConnectors"] == [CONNECTOR]
    (connection,) = revision["ecsManagedResources"]["gatewayConnections"]
    assert (connection["serviceUrl"], connection["accessType"]) == (route["serviceUrl"], "PUBLIC")
    (behind,) = connection["resources"]["hostSharedAlb"]
    assert platform.states(behind["targetGroupArn"]) == ["healthy"]
    (resource,) = platform.resources()
    assert resource["gatewayRouteArns"] == [listed["gatewayRouteArn"]]
    group = made["serviceSecurityGroupArn"].split("/")[-1]
    (found,) = platform.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert found["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == resource["securityGroup"]
    assert (
        platform.ecs.describe_gateway(gateway="front")["gateway"]["configuration"]["hostSharedAlb"]["currentAlbCount"]
        == 1
    )


def test_services_share_a_load_balancer_until_it_is_full(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.associated(configuration={"hostSharedAlb": {"maxAlbCount": 2}})
    monkeypatch.setattr(gateway_routes, "SHARE", 2)
    for name in ("one", "two", "three"):
        platform.service(name, desiredCount=0)
    assert [len(r["gatewayRouteArns"]) for r in platform.resources()] == [2, 1]
    platform.service("four", desiredCount=0)
    code, message = refused(platform.service, name="five", desiredCount=0)
    assert (code, "maxAlbCount" in message) == ("InvalidParameterException", True)
    first = platform.ecs.describe_gateway_resources(gateway="front", maxResults=1)
    rest = platform.ecs.describe_gateway_resources(gateway="front", maxResults=1, nextToken=first["nextToken"])
    assert first["gatewayResources"] != rest["gatewayResources"]
    code, message = refused(
        platform.ecs.update_gateway, gateway="front", configuration={"hostSharedAlb": {"maxAlbCount": 1}}
    )
    assert "cannot be below" in message


def test_routes_are_listed_by_gateway_cluster_service_port_and_status(platform: Platform) -> None:
    platform.associated("a")
    platform.associated("b", configuration={"hostSharedAlb": {"scheme": "internal"}})
    platform.service("one", desiredCount=0)
    private = {**CONNECTOR, "filters": {"accessTypes": ["PRIVATE"]}}
    platform.service("two", desiredCount=0, gatewayConnectors=[private])
    assert len(platform.routes()) == 3, "a connector without a filter goes through every gateway that fits"
    assert [r["serviceArn"].split("/")[-1] for r in platform.routes(gateway="b")] == ["one", "two"]
    assert len(platform.routes(service="two")) == 1
    assert len(platform.routes(cluster="default", serviceContainerPortName="http", status=["ACTIVE"])) == 3
    assert platform.routes(status=["CREATE_FAILED"]) == []
    assert platform.routes(cluster="other") == []
    page = platform.ecs.list_gateway_routes(maxResults=2)
    assert len(platform.ecs.list_gateway_routes(nextToken=page["nextToken"])["gatewayRoutes"]) == 1
    assert refused(platform.ecs.list_gateway_routes, gateway="none")[0] == "GatewayNotFoundException"


def test_a_connector_can_be_added_and_taken_away_and_its_route_goes_with_the_last_task(platform: Platform) -> None:
    platform.associated()
    platform.service(gatewayConnectors=[])
    platform.served.until(platform.settled, limit=300)
    assert platform.routes() == []
    platform.ecs.update_service(service="shop", gatewayConnectors=[CONNECTOR])
    platform.served.until(platform.settled, limit=600)
    groups = [g["TargetGroupArn"] for g in platform.elb.describe_target_groups()["TargetGroups"]]
    assert sorted(map(platform.states, groups)) == [[], ["healthy"]]
    platform.ecs.update_service(service="shop", desiredCount=2)
    assert len(platform.ecs.describe_services(services=["shop"])["services"][0]["deployments"]) == 1
    platform.served.until(platform.settled, limit=600)
    gone = platform.ecs.disassociate_gateway_from_cluster(gateway="front", cluster="default")
    assert gone["status"] == "DISASSOCIATING"
    (ending,) = platform.ecs.list_gateway_cluster_associations()["gatewayClusterAssociations"]
    assert ending["status"] == "DISASSOCIATING"
    assert "Disassociate all clusters" in refused(platform.ecs.delete_gateway, gateway="front")[1]
    assert (
        "DISASSOCIATING" in refused(platform.ecs.associate_gateway_with_cluster, gateway="front", cluster="default")[1]
    )
    platform.ecs.update_service(service="shop", gatewayConnectors=[])
    assert [r["status"] for r in platform.routes()] == ["DELETE_IN_PROGRESS"]
    platform.served.until(lambda: platform.routes() == [], limit=1200)
    assert platform.elb.describe_load_balancers()["LoadBalancers"] == []
    assert platform.elb.describe_target_groups()["TargetGroups"] == []
    assert platform.ecs.list_gateway_cluster_associations()["gatewayClusterAssociations"] == []
    assert platform.ecs.delete_gateway(gateway="front")["status"] == "DELETED"
    assert refused(platform.ecs.describe_gateway, gateway="front")[0] == "GatewayNotFoundException"
    assert not platform.served.lab.journal.read(kind="error")


def test_a_deleted_service_leaves_nothing_of_its_route(platform: Platform) -> None:
    platform.associated()
    platform.service()
    platform.served.until(platform.settled, limit=300)
    platform.ecs.delete_service(service="shop", force=True)
    platform.served.until(lambda: platform.routes() == [], limit=1200)
    assert platform.elb.describe_load_balancers()["LoadBalancers"] == []


def test_a_blue_green_deployment_shifts_the_rules_of_the_gateway(platform: Platform) -> None:
    header = {"header": {"name": "x-test", "values": ["1"]}}
    platform.associated(configuration={"hostSharedAlb": {"testTrafficRules": header}})
    platform.service(deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1})
    platform.served.until(platform.settled, limit=600)
    (route,) = platform.routes()
    shown = platform.ecs.describe_gateway_route(gatewayRouteArn=route["gatewayRouteArn"])["gatewayRoute"]
    (made,) = shown["resources"]["hostSharedAlb"]
    (test,) = platform.elb.describe_rules(RuleArns=made["testListenerRuleArns"])["Rules"]
    (rule,) = platform.elb.describe_rules(RuleArns=[made["listenerRuleArn"]])["Rules"]
    assert int(test["Priority"]) < int(rule["Priority"])
    assert test["Conditions"][1]["HttpHeaderConfig"]["HttpHeaderName"] == "x-test"

    def weights() -> list[int]:
        (found,) = platform.elb.describe_rules(RuleArns=[made["listenerRuleArn"]])["Rules"]
        return [g["Weight"] for g in found["Actions"][0]["ForwardConfig"]["TargetGroups"]]

    assert weights() == [100, 0]
    platform.register(environment=[{"name": "V", "value": "2"}])
    platform.ecs.update_service(service="shop", taskDefinition="web")
    platform.served.until(lambda: weights() == [0, 100], limit=600)
    platform.served.until(platform.settled, limit=900)
    (connection,) = platform.connection()["ecsManagedResources"]["gatewayConnections"]
    assert platform.states(connection["resources"]["hostSharedAlb"][0]["alternateTargetGroupArn"]) == ["healthy"]


def test_an_update_reaches_the_load_balancers_and_says_which_it_could_not(platform: Platform) -> None:
    platform.associated()
    platform.service(desiredCount=0)
    inbound = platform.ec2.create_security_group(GroupName="in", Description="in")["GroupId"]
    settings = {"httpDesync": "strictest", "networkConfiguration": {"inboundSecurityGroup": inbound}}
    changed = platform.ecs.update_gateway(
        gateway="front", deletionProtection=True, configuration={"hostSharedAlb": settings}
    )
    assert changed["status"] == "UPDATE_IN_PROGRESS"

    def status() -> str:
        return str(platform.ecs.describe_gateway(gateway="front")["gateway"]["status"])

    platform.served.until(lambda: status() == "UPDATE_COMPLETE")
    (balancer,) = platform.elb.describe_load_balancers()["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]
    found = platform.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    attributes = {a["Key"]: a["Value"] for a in found}
    assert attributes["routing.http.desync_mitigation_mode"] == "strictest"
    assert attributes["deletion_protection.enabled"] == "true"
    assert inbound in balancer["SecurityGroups"]
    assert "deletion protection" in refused(platform.ecs.delete_gateway, gateway="front")[1]
    platform.elb.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}]
    )
    platform.elb.delete_load_balancer(LoadBalancerArn=arn)
    platform.ecs.update_gateway(gateway="front", deletionProtection=False)
    platform.served.until(lambda: status() == "UPDATE_FAILED")
    (failure,) = platform.ecs.describe_gateway(gateway="front")["gateway"]["failures"]
    assert (failure["arn"], failure["errors"][0]["code"]) == (arn, "LoadBalancerNotFound")


def test_a_cluster_has_at_most_five_gateways(platform: Platform) -> None:
    for number in range(5):
        platform.associated(f"g{number}")
    platform.gateway("g5")
    associate = platform.ecs.associate_gateway_with_cluster
    assert associate(gateway="g0", cluster="default")["status"] == "ACTIVE", "again is as good as once"
    assert "up to 5" in refused(associate, gateway="g5", cluster="default")[1]
    listed = platform.ecs.list_gateway_cluster_associations(gateway="g1", status=["ACTIVE"])
    (one,) = listed["gatewayClusterAssociations"]
    assert one["clusterArn"].endswith("cluster/default")
    assert len(platform.ecs.list_gateway_cluster_associations(cluster="default")["gatewayClusterAssociations"]) == 5
    disassociate = platform.ecs.disassociate_gateway_from_cluster
    assert disassociate(gateway="g1", cluster="default")["status"] == "DISASSOCIATING"
    assert len(platform.ecs.list_gateway_cluster_associations()["gatewayClusterAssociations"]) == 4
    assert refused(disassociate, gateway="g1", cluster="default")[0] == "ResourceNotFoundException"
    assert refused(disassociate, gateway="g1", cluster="none")[0] == "ClusterNotFoundException"
    assert refused(associate, gateway="none", cluster="default")[0] == "GatewayNotFoundException"
    assert refused(platform.ecs.describe_gateway_route, gatewayRouteArn="x")[0] == "ResourceNotFoundException"


WRONG_GATEWAYS: list[tuple[dict[str, Any], str]] = [
    ({"name": "a b"}, "Invalid gateway name"),
    ({"infrastructureRoleArn": EXECUTION}, "must allow ecs.amazonaws.com"),
    ({"configuration": {"hostSharedAlb": {"port": 80}}}, "HTTPS at port 443"),
    ({"configuration": {"hostSharedAlb": {"protocol": "HTTP"}}}, "HTTPS at port 443"),
    ({"configuration": {"hostSharedAlb": {"maxAlbCount": 0}}}, "maxAlbCount"),
    ({"configuration": {"hostSharedAlb": {"networkConfiguration": {"subnets": ["subnet-1"]}}}}, "does not exist"),
    ({"configuration": {"hostSharedAlb": {"networkConfiguration": {"inboundSecurityGroup": "sg-1"}}}}, "sg-1"),
    ({"configuration": {"hostSharedAlb": {"testTrafficRules": {"header": {"name": "x", "values": []}}}}}, "header"),
]


def test_what_a_gateway_cannot_be_is_refused(platform: Platform) -> None:
    for given, text in WRONG_GATEWAYS:
        found = refused(platform.gateway, **given)
        assert text in found[1], (given, found)
    one = {"hostSharedAlb": {"networkConfiguration": {"subnets": platform.subnets[:1]}}}
    assert "two Availability Zones" in refused(platform.gateway, configuration=one)[1]
    assert platform.ecs.list_gateways()["gateways"] == []


def test_what_a_service_cannot_be_connected_with_is_refused_and_leaves_nothing(platform: Platform) -> None:
    assert "no gateways are associated with cluster default" in refused(platform.service, name="a")[1]
    platform.associated(
        "narrow", configuration={"hostSharedAlb": {"networkConfiguration": {"subnets": platform.subnets[:2]}}}
    )
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"gatewayConnectors": [CONNECTOR, CONNECTOR]}, "at most one"),
        ({"gatewayConnectors": [{"portName": "none"}]}, "no port mapping named none"),
        ({"gatewayConnectors": [{**CONNECTOR, "filters": {"accessTypes": ["PRIVATE"]}}]}, "accessTypes PRIVATE"),
        ({"gatewayConnectors": [{**CONNECTOR, "healthCheck": {"healthCheckPath": "x"}}]}, "must start with /"),
        ({"gatewayConnectors": [{**CONNECTOR, "deregistrationDelay": {"timeoutSeconds": 4000}}]}, "3600"),
        ({"vpc": {"subnets": platform.subnets[2:4]}}, "covers every Availability Zone"),
    ]
    for number, (given, text) in enumerate(wrong):
        found = refused(platform.service, name=f"s{number}", **given)
        assert (found[0], text in found[1]) == ("InvalidParameterException", True), (given, found)
    vpc = platform.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    far = platform.ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24", AvailabilityZone="us-east-1a")["Subnet"]
    elsewhere = {"subnets": [far["SubnetId"]], "securityGroups": []}
    assert "none are in the service's VPC" in refused(platform.service, name="far", vpc=elsewhere)[1]
    assert platform.routes() == []
    assert platform.ecs.list_services()["serviceArns"] == []
    assert platform.elb.describe_load_balancers()["LoadBalancers"] == []


def test_an_express_service_has_a_gateway_of_its_own(platform: Platform) -> None:
    platform.associated()
    given = {"executionRoleArn": EXECUTION, "infrastructureRoleArn": platform.role}
    platform.ecs.create_express_gateway_service(serviceName="ex", primaryContainer={"image": "ecslab/web:1"}, **given)
    found = refused(platform.ecs.update_service, service="ex", gatewayConnectors=[CONNECTOR])
    assert (found[0], "Express" in found[1]) == ("InvalidParameterException", True)


def test_other_security_groups_of_a_service_are_opened_too(platform: Platform) -> None:
    platform.associated()
    platform.service(desiredCount=0)
    other = platform.ec2.create_security_group(GroupName="other", Description="other")["GroupId"]
    vpc = {"subnets": platform.subnets[:2], "securityGroups": [other]}
    platform.ecs.update_service(service="shop", networkConfiguration={"awsvpcConfiguration": vpc})
    (found,) = platform.ec2.describe_security_groups(GroupIds=[other])["SecurityGroups"]
    (resource,) = platform.resources()
    assert found["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == resource["securityGroup"]


def test_the_role_of_a_gateway_is_passed_by_the_caller(platform: Platform) -> None:
    from ecslab.aws.iam.passing import roles_of
    from ecslab.aws.iam.wire import Call

    for operation in ("CreateGateway", "UpdateGateway"):
        given = {"infrastructureRoleArn": platform.role}
        call = Call(service="ecs", operation=operation, protocol="json", region="us-east-1", params=given)
        assert roles_of(call, platform.served.lab.backend.place) == ((platform.role, "ecs.amazonaws.com"),)
