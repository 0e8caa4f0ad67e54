"""Every fact of moto that the seam rests on. An upgrade that moves the seam fails here and says which."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import StrEnum

import pytest
from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.core.model_instances import model_data
from moto.core.responses import ActionResult, BaseResponse
from moto.core.serialize import ResponseSerializer
from moto.ecs.exceptions import ECSException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ecslab.aws.ecs.models import EcsBackend
from ecslab.aws.ecs.responses import EcsResponse
from tests.aws.conftest import Api


def test_the_backend_of_a_service_is_a_factory_that_can_be_set() -> None:
    assert isinstance(get_backend("ecs"), BackendDict)
    assert "backend" in vars(get_backend("ecs"))


def test_the_assignment_gives_our_backend_everywhere(api: Api) -> None:
    assert isinstance(get_backend("ecs")["123456789012"]["us-east-1"], EcsBackend)
    assert isinstance(get_backend("ecs")["123456789012"]["eu-west-1"], EcsBackend)


def test_moto_finds_our_urls_by_the_name_of_our_module(api: Api) -> None:
    assert api.backend._url_module.__name__ == "ecslab.aws.ecs.urls"


def test_moto_registers_what_we_inherit_under_the_names_we_use() -> None:
    for name in ("_get_resource", "_parse_resource_arn", "reset", "delete_task_definitions", "update_cluster"):
        assert hasattr(EC2ContainerServiceBackend, name), name
    assert "cluster_name" in inspect.signature(EC2ContainerServiceBackend.create_cluster).parameters


def test_moto_parses_requests_from_botocores_model() -> None:
    assert EC2ContainerServiceResponse().automated_parameter_parsing is True
    for name in ("call_action", "serialized", "_enrich_response", "_get_params", "_get_action"):
        assert hasattr(BaseResponse, name), name


def test_an_action_result_is_serialized_from_an_object_of_ours() -> None:
    assert "result" in inspect.signature(ActionResult.__init__).parameters
    assert hasattr(ResponseSerializer, "serialize")


class Colour(StrEnum):
    RED = "RED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    task_arn: str
    last_status: Colour
    created_at: float
    invented: str = "never leaves"


def test_a_frozen_dataclass_in_snake_case_is_a_wire_object(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(task_arn="arn:x", last_status=Colour.RED, created_at=1.5)
    monkeypatch.setattr(EcsResponse, "describe_tasks", lambda self: ActionResult({"tasks": [wire]}))
    seen = api.ecs.describe_tasks(tasks=["x"])["tasks"][0]
    assert (seen["taskArn"], seen["lastStatus"], seen["createdAt"].timestamp()) == ("arn:x", "RED", 1.5)
    assert "invented" not in seen


def test_errors_of_the_ecs_module_are_sent_in_ecs_shape() -> None:
    assert ECSException.__module__.startswith("moto.ecs")


def test_every_inherited_verb_is_known_to_us() -> None:
    """A verb that moto adds must be looked at: owned, inherited knowingly, or refused by name."""
    knowingly = {
        "create_cluster",
        "update_cluster",
        "describe_clusters",
        "delete_cluster",
        "deregister_task_definition",
        "delete_task_definitions",
        "list_tags_for_resource",
        "tag_resource",
        "untag_resource",
    }
    verbs = {
        name
        for name, member in vars(EC2ContainerServiceResponse).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }
    owned = {name for name in vars(EcsResponse) if not name.startswith("_")}
    assert verbs - owned == knowingly


def test_moto_keeps_no_list_of_what_it_has_made(api: Api) -> None:
    """Else the datapoints and log lines of a lab stay in memory for as long as its server runs."""
    api.ec2.create_vpc(CidrBlock="10.9.0.0/16")
    made = {name: len(kind.instances_tracked) for models in model_data.values() for name, kind in models.items()}  # type: ignore[attr-defined]
    assert "VPC" in made
    assert not {name: count for name, count in made.items() if count}
