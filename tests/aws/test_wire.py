"""Answers written by our own hand are those that moto would write. (Every other test of this folder compares too.)"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.core.utils import get_service_model

from ecslab.aws.ecs import wire


def shape(operation: str) -> Any:
    return get_service_model("ecs").operation_model(operation).output_shape


def test_a_time_is_cut_to_the_millisecond_as_aws_sends_it() -> None:
    moment = datetime(2026, 1, 1, 0, 0, 0, 123_999, tzinfo=UTC)
    found = json.loads(wire.body(shape("DescribeTasks"), {"tasks": [{"createdAt": moment}]}, {}))
    assert found == {"tasks": [{"createdAt": 1767225600.123}]}


def test_what_is_none_is_left_out_and_what_is_empty_is_not() -> None:
    found = json.loads(
        wire.body(shape("DescribeTasks"), {"tasks": [{"taskArn": None, "tags": []}], "failures": []}, {})
    )
    assert found == {"tasks": [{"tags": []}], "failures": []}


@pytest.mark.parametrize("value", ["", "text", 7, 7.5, True])
def test_odd_values_of_text_are_written_as_text(value: Any) -> None:
    found = json.loads(wire.body(shape("DescribeTasks"), {"tasks": [{"group": value, "version": 3}]}, {}))
    assert found == {"tasks": [{"group": str(value), "version": 3}]}
