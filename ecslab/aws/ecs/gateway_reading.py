"""Reading what a gateway is asked to be: its configuration with the defaults, and what of it is refused.

It makes nothing. Sources: Amazon ECS API Reference, HostSharedAlbConfiguration (defaults) and UpdateGateway; Developer
Guide, "Create and manage an Amazon ECS Gateway". AWS does not publish the words of its errors; these are this lab's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.aws import ec2
from ecslab.aws.ingress import Checks
from ecslab.errors import InvalidParameterException
from ecslab.model.arn import Place

Given = Mapping[str, Any]
MOST_BALANCERS = 10
"""maxAlbCount where nothing is said."""
MOST_RESOURCES = 20
"""As many load balancers as DescribeGatewayResources can show."""
CHECKS = {
    "healthCheckIntervalSeconds": "health_check_interval",
    "healthCheckTimeoutSeconds": "health_check_timeout",
    "healthyThresholdCount": "healthy_threshold_count",
    "unhealthyThresholdCount": "unhealthy_threshold_count",
}
RANGES = {
    "healthCheckIntervalSeconds": (5, 300),
    "healthCheckTimeoutSeconds": (2, 120),
    "healthyThresholdCount": (2, 10),
    "unhealthyThresholdCount": (2, 10),
    "healthCheckPort": (1, 65535),
}
"""What a target group of an Application Load Balancer takes."""
KEPT = ("webACLArn", "accessLogs", "testTrafficRules")


def settings_of(place: Place, configuration: Given) -> tuple[dict[str, Any], str]:
    """``hostSharedAlb`` with its defaults, and the VPC it is in. InvalidParameterException."""
    given = configuration.get("hostSharedAlb")
    if given is None:
        raise InvalidParameterException("configuration needs exactly one variant. Give hostSharedAlb, which may be {}.")
    if given.get("port") not in (None, 443) or given.get("protocol") not in (None, "HTTPS"):
        raise InvalidParameterException("A gateway supports only the protocol HTTPS at port 443. Leave both out.")
    network = given.get("networkConfiguration") or {}
    subnets = list(network.get("subnets") or ec2.default_subnets(place))
    vpc = _vpc_of(place, subnets)
    check_inbound(place, network.get("inboundSecurityGroup"), vpc)
    most = given.get("maxAlbCount")
    settings = {
        "networkConfiguration": {
            **{key: network[key] for key in ("inboundSecurityGroup",) if network.get(key)},
            "subnets": subnets,
            "ipAddressType": network.get("ipAddressType") or "dualstack",
        },
        "scheme": given.get("scheme") or "internet-facing",
        "port": 443,
        "protocol": "HTTPS",
        "maxAlbCount": checked_most(MOST_BALANCERS if most is None else most),
        "httpDesync": given.get("httpDesync") or "defensive",
        **{key: given[key] for key in KEPT if given.get(key)},
    }
    _check_header(settings)
    return settings, vpc


def changed_settings(place: Place, now: Given, vpc: str, configuration: Given) -> dict[str, Any]:
    """``hostSharedAlb`` as an update has it; what it leaves out stays. InvalidParameterException."""
    given = configuration.get("hostSharedAlb")
    if given is None:
        raise InvalidParameterException("The configuration variant must match the gateway's type: give hostSharedAlb.")
    changed = {**now, **{key: given[key] for key in ("httpDesync", *KEPT) if given.get(key)}}
    if given.get("maxAlbCount") is not None:
        changed["maxAlbCount"] = checked_most(given["maxAlbCount"])
    inbound = (given.get("networkConfiguration") or {}).get("inboundSecurityGroup")
    if inbound:
        check_inbound(place, inbound, vpc)
        changed["networkConfiguration"] = {**now["networkConfiguration"], "inboundSecurityGroup": inbound}
    _check_header(changed)
    return changed


def checked_most(count: int) -> int:
    """How many load balancers a gateway may have. InvalidParameterException."""
    if not 1 <= count <= MOST_RESOURCES:
        raise InvalidParameterException(f"maxAlbCount must be between 1 and {MOST_RESOURCES}; it is {count}.")
    return count


def check_inbound(place: Place, group: str | None, vpc: str) -> None:
    """InvalidParameterException for an inbound security group that is not in the gateway's VPC."""
    if not group:
        return
    found = ec2.security_group(place, group)
    if found is None or found.vpc_id != vpc:
        raise InvalidParameterException(
            f"inboundSecurityGroup {group} is no security group of the VPC {vpc}, in which the gateway's subnets are."
        )


def _vpc_of(place: Place, subnets: list[str]) -> str:
    if not subnets:
        raise InvalidParameterException(
            "There is no default VPC in this Region. Give hostSharedAlb.networkConfiguration.subnets."
        )
    found = [ec2.subnet(place, subnet) for subnet in subnets]
    for subnet, known in zip(subnets, found, strict=True):
        if known is None:
            raise InvalidParameterException(
                f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist"
            )
    if len({known.vpc_id for known in found}) > 1:
        raise InvalidParameterException("The subnets of a gateway must all belong to the same VPC.")
    if len({known.availability_zone for known in found}) < 2:
        raise InvalidParameterException(
            "The subnets of a gateway must be in at least two Availability Zones: an Application Load Balancer needs "
            "them."
        )
    return str(found[0].vpc_id)


def _check_header(settings: Given) -> None:
    header = (settings.get("testTrafficRules") or {}).get("header")
    if header is not None and (not header.get("name") or not header.get("values")):
        raise InvalidParameterException("testTrafficRules.header needs a name and at least one value.")
    destination = (settings.get("accessLogs") or {}).get("destination") or {}
    if settings.get("accessLogs") and not (destination.get("s3") or {}).get("bucket"):
        raise InvalidParameterException("accessLogs.destination needs s3 with a bucket.")


# connectors


def check_connector(connector: Given) -> None:
    """InvalidParameterException for a health check or a delay that a target group cannot have."""
    delay = (connector.get("deregistrationDelay") or {}).get("timeoutSeconds")
    if delay is not None and not 0 <= delay <= 3600:
        raise InvalidParameterException(f"deregistrationDelay.timeoutSeconds must be 0 to 3600; it is {delay}.")
    given = connector.get("healthCheck") or {}
    path = given.get("healthCheckPath")
    if path is not None and not path.startswith("/"):
        raise InvalidParameterException(f"healthCheck.healthCheckPath must start with /; it is '{path}'.")
    for key, (low, high) in RANGES.items():
        if given.get(key) is not None and not low <= given[key] <= high:
            raise InvalidParameterException(f"healthCheck.{key} must be {low} to {high}; it is {given[key]}.")


def checks_of(connector: Given, port: int) -> Checks:
    """A connector's health check, as the seam to elbv2 takes it."""
    given = connector.get("healthCheck") or {}
    more: dict[str, Any] = {word: given[key] for key, word in CHECKS.items() if given.get(key) is not None}
    if given.get("healthCheckPort") is not None:
        more["health_check_port"] = str(given["healthCheckPort"])
    if given.get("healthCheckProtocol"):
        more["health_check_proto"] = given["healthCheckProtocol"]
    codes = (given.get("matcher") or {}).get("httpCode")
    if codes:
        more["http_codes"] = codes
    return Checks(port=port, path=given.get("healthCheckPath") or "/", more=more)
