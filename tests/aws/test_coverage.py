"""The table of coverage: complete over botocore's model, current as a document, and true of what the API does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import camelcase_to_underscores

from ecslab.aws.ecs import coverage
from ecslab.aws.ecs import coverage_table as table
from ecslab.aws.ecs.responses import EcsResponse
from ecslab.aws.ecs.shapes import model
from ecslab.runtimes.base import FEATURES
from tests.aws.conftest import Api

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/api-coverage.md"


def parameters(operation: str) -> set[str]:
    shape = model().operation_model(operation).input_shape
    return set(shape.members) if shape is not None else set()


def answered(operation: str) -> bool:
    return hasattr(EcsResponse, camelcase_to_underscores(operation))


def test_every_operation_and_parameter_of_the_model_is_in_the_table() -> None:
    told: dict[str, set[str]] = {}
    for row in coverage.rows():
        told.setdefault(row.operation, set()).add(row.parameter.replace("=", ".").split(".")[0])
    assert set(told) == set(model().operation_names)
    assert {o: told[o] - {""} for o in told} == {o: parameters(o) for o in told}


def test_nothing_is_said_to_work_and_to_be_refused_at_once() -> None:
    for operation, works in table.WORKS.items():
        said = {*table.PRETENDED.get(operation, {}), *table.REFUSED.get(operation, {})}
        assert set(works) & said == set(), operation


@pytest.mark.parametrize("part", ["PRETENDED", "REFUSED", "DEPENDING"])
def test_every_path_leads_to_a_member_of_the_model(part: str) -> None:
    for operation, paths in getattr(table, part).items():
        for path in paths:
            shape = model().operation_model(operation).input_shape
            for name in path.partition("=")[0].split("."):
                while shape.type_name == "list":
                    shape = shape.member
                assert name in shape.members, (operation, path)
                shape = shape.members[name]


def test_what_depends_on_the_runtime_is_a_feature_of_runtimes() -> None:
    named = {feature for paths in table.DEPENDING.values() for feature in paths.values()}
    assert named - {"host network mode", "volumes"} <= set(FEATURES)


def test_an_operation_works_where_the_code_answers_it_and_nowhere_else() -> None:
    assert {o for o in model().operation_names if answered(o)} == set(table.WORKS)


def filled(shape: Any, value: Any = None) -> Any:
    """A value of a shape that is not empty."""
    if value is not None:
        return value
    kind = shape.type_name
    if kind == "structure":
        names = shape.required_members or list(shape.members)[:1]
        return {name: filled(shape.members[name]) for name in names}
    if kind == "list":
        return [filled(shape.member)]
    simple = {"boolean": True, "integer": 20, "long": 1, "double": 1.0, "timestamp": 0}
    return simple.get(kind) or (getattr(shape, "enum", None) or ["x"])[0]


REFUSED = [(o, path) for o, paths in table.REFUSED.items() for path in paths]


@pytest.mark.parametrize(("operation", "path"), REFUSED, ids=lambda part: str(part))
def test_every_parameter_that_is_refused_is_refused_over_the_api(api: Api, operation: str, path: str) -> None:
    api.instance()
    api.register()
    api.ecs.create_service(serviceName="s", taskDefinition="web", desiredCount=0)
    names, _, wanted = path.partition("=")
    shape = model().operation_model(operation).input_shape
    given = {"taskDefinition": "web", "service": "s", "serviceName": "t", "desiredCount": 0, "cluster": "default"}
    request = {n: given.get(n) or filled(shape.members[n]) for n in shape.required_members}
    if operation == "CreateService":
        request |= {"taskDefinition": "web", "desiredCount": 0}
    with pytest.raises(ClientError) as caught:
        getattr(api.ecs, camelcase_to_underscores(operation))(**{**nested(shape, names.split("."), wanted), **request})
    assert caught.value.response["Error"]["Code"] in ("UnsupportedFeatureException", "InvalidParameterException")
    assert names.split(".")[0] in caught.value.response["Error"]["Message"]


def nested(shape: Any, names: list[str], wanted: str) -> Any:
    """A request that has something at a path."""
    if shape.type_name == "list":
        return [nested(shape.member, names, wanted)]
    if not names:
        return filled(shape, wanted or None)
    inner = nested(shape.members[names[0]], names[1:], wanted)
    return {**{n: filled(shape.members[n]) for n in shape.required_members}, names[0]: inner}


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == coverage.document(), (
        "Run: python -m ecslab.aws.ecs.coverage docs/api-coverage.md"
    )


def test_what_is_pretended_is_remembered_with_its_latest_value(api: Api) -> None:
    api.register(container={"hostname": "a"})
    api.register(container={"hostname": "b"}, pidMode="host")
    kept = {r.path: (r.value, r.times) for r in api.backend.asked_for.values()}
    assert kept["containerDefinitions.hostname"] == ("b", 2)
    assert kept["pidMode"] == ("host", 1)
    with pytest.raises(ClientError):
        api.register(container={"hostname": "c", "memory": -1})
    assert api.backend.asked_for["RegisterTaskDefinition", "containerDefinitions.hostname"].times == 2
