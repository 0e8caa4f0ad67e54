"""Claims about lab.lint: every fault at once, errors apart from warnings, and nothing is registered."""

from __future__ import annotations

from ecslab import Lab


def test_every_fault_is_told_at_once_and_nothing_is_registered(lab: Lab) -> None:
    found = lab.lint(
        family="a b",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="300",
        memory="512",
        containerDefinitions=[{"name": "web", "image": "", "essential": True}],
    )
    assert not found
    assert len([fault for fault in found if fault.is_error]) >= 3
    assert {"family", "containerDefinitions[0].image"} <= {fault.field for fault in found}
    assert all(fault.advice and fault.source for fault in found)
    assert "✗ family:" in repr(found)
    assert "containerDefinitions[0].image" in found._repr_html_()
    assert lab.client("ecs").list_task_definitions()["taskDefinitionArns"] == []


def test_a_good_definition_has_none_and_a_doubtful_one_only_warnings(lab: Lab) -> None:
    container = {"name": "web", "image": "ecslab/web:1", "memory": 64}
    assert list(lab.lint({"family": "web", "containerDefinitions": [container]})) == []
    assert "Nothing is wrong" in repr(lab.lint(family="web", containerDefinitions=[container]))
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    doubtful = lab.lint(family="web", containerDefinitions=[container | {"environment": twice}])
    assert doubtful
    assert [fault.severity for fault in doubtful] == ["WARNING"]
