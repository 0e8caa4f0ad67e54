"""Claims about custom attributes: kept on instances, read by placement, and nothing half done."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.conftest import Api


def on(target: str, name: str, value: str = "", **more: Any) -> dict[str, Any]:
    given = {"name": name, "targetType": "container-instance", "targetId": target, **more}
    return {**given, "value": value} if value else given


def refused(api: Api, *attributes: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        api.ecs.put_attributes(cluster="default", attributes=list(attributes))
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_attributes_are_put_listed_changed_and_deleted(api: Api) -> None:
    arn = api.instance()
    api.ecs.put_attributes(attributes=[on(arn, "stack", "prod"), on(arn.rsplit("/", 1)[-1], "ssd")])
    listed = api.ecs.list_attributes(targetType="container-instance")["attributes"]
    assert listed == [
        {"name": "ssd", "targetType": "container-instance", "targetId": arn},
        {"name": "stack", "value": "prod", "targetType": "container-instance", "targetId": arn},
    ]
    api.ecs.put_attributes(attributes=[on(arn, "stack", "test")])
    found = api.ecs.list_attributes(targetType="container-instance", attributeName="stack", attributeValue="test")
    assert len(found["attributes"]) == 1
    shown = api.ecs.describe_container_instances(containerInstances=[arn])["containerInstances"][0]["attributes"]
    assert {"name": "stack", "value": "test"} in shown
    assert api.ecs.delete_attributes(attributes=[on(arn, "stack", "prod")])["attributes"] == []
    assert len(api.ecs.delete_attributes(attributes=[on(arn, "stack"), on(arn, "nothing")])["attributes"]) == 1
    left = api.ecs.list_attributes(targetType="container-instance")["attributes"]
    assert [a["name"] for a in left] == ["ssd"]


def test_placement_reads_them(api: Api) -> None:
    plain, chosen = api.instance(), api.instance("i-2")
    api.ecs.put_attributes(attributes=[on(chosen, "disk", "ssd")])
    api.register(placementConstraints=[{"type": "memberOf", "expression": "attribute:disk == ssd"}])
    tasks = api.ecs.run_task(taskDefinition="web", count=3)["tasks"]
    assert {t["containerInstanceArn"] for t in tasks} == {chosen}
    assert plain != chosen


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("a b", "x", "Attribute name 'a b' is not valid"),
        ("x" * 129, "x", "is not valid"),
        ("ecs.instance-type", "t3.small", "reserved"),
        ("stack", " prod", "Attribute value ' prod' is not valid"),
    ],
)
def test_an_attribute_that_cannot_be_is_refused_and_nothing_is_done(api: Api, name: str, value: str, says: str) -> None:
    arn = api.instance()
    code, message = refused(api, on(arn, "good", "x"), on(arn, name, value))
    assert code == "InvalidParameterException"
    assert says in message
    assert api.ecs.list_attributes(targetType="container-instance")["attributes"] == []


def test_an_instance_has_ten_and_a_target_must_be_there(api: Api) -> None:
    arn = api.instance()
    api.ecs.put_attributes(attributes=[on(arn, f"a{n}") for n in range(10)])
    assert refused(api, on(arn, "b"))[0] == "AttributeLimitExceededException"
    assert refused(api, on("0" * 32, "b"))[0] == "TargetNotFoundException"
    assert refused(api, {"name": "b"})[0] == "InvalidParameterException"
    api.ecs.put_attributes(attributes=[on(arn, "a3", "changed")])


def test_they_are_paged(api: Api) -> None:
    for number in range(3):
        api.ecs.put_attributes(attributes=[on(api.instance(f"i-{number}"), "a")])
    first = api.ecs.list_attributes(targetType="container-instance", maxResults=2)
    rest = api.ecs.list_attributes(targetType="container-instance", nextToken=first["nextToken"])
    assert (len(first["attributes"]), len(rest["attributes"])) == (2, 1)
