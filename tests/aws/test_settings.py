"""Claims about account settings: whose they are, what is in effect, and what they change."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecslab.aws.ecs.settings import KINDS
from tests.aws.conftest import Api

ROOT = "arn:aws:iam::123456789012:root"
BOB = "arn:aws:iam::123456789012:user/bob"


def effective(api: Api, name: str, **more: Any) -> str:
    found = api.ecs.list_account_settings(name=name, effectiveSettings=True, **more)["settings"]
    return str(found[0]["value"])


def test_a_setting_is_the_principal_s_own_else_the_account_s_else_the_default(api: Api) -> None:
    name = "awsvpcTrunking"
    assert effective(api, name) == "disabled"
    assert api.ecs.list_account_settings()["settings"] == []
    put = api.ecs.put_account_setting_default(name=name, value="enabled")["setting"]
    assert put == {"name": name, "value": "enabled", "principalArn": ROOT, "type": "user"}
    assert effective(api, name, principalArn=BOB) == "enabled"
    api.ecs.put_account_setting(name=name, value="disabled", principalArn=BOB)
    assert (effective(api, name, principalArn=BOB), effective(api, name)) == ("disabled", "enabled")
    assert api.ecs.delete_account_setting(name=name, principalArn=BOB)["setting"]["value"] == "enabled"


def test_all_settings_of_the_api_are_known(api: Api) -> None:
    model = api.ecs.meta.service_model.shape_for("SettingName").enum
    assert set(model) <= set(KINDS)
    found: list[str] = []
    answer = api.ecs.list_account_settings(effectiveSettings=True)
    while True:
        found += [s["name"] for s in answer["settings"]]
        if "nextToken" not in answer:
            break
        answer = api.ecs.list_account_settings(effectiveSettings=True, nextToken=answer["nextToken"])
    assert sorted(found) == sorted(KINDS)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("awsvpcTrunking", "on", "It is one of: enabled, disabled"),
        ("trunking", "enabled", "There are: awsvpcTrunking"),
        ("taskLongArnFormat", "disabled", "can no longer be disabled"),
        ("guardDutyActivate", "on", "managed by AWS"),
    ],
)
def test_what_cannot_be_set_is_refused(api: Api, name: str, value: str, says: str) -> None:
    with pytest.raises(ClientError, match=says) as caught:
        api.ecs.put_account_setting(name=name, value=value)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_new_clusters_take_container_insights_from_the_account(api: Api) -> None:
    api.ecs.put_account_setting(name="containerInsights", value="enhanced")
    settings = api.ecs.create_cluster(clusterName="new")["cluster"]["settings"]
    assert settings == [{"name": "containerInsights", "value": "enhanced"}]
    own = [{"name": "containerInsights", "value": "disabled"}]
    assert api.ecs.create_cluster(clusterName="own", settings=own)["cluster"]["settings"] == own
