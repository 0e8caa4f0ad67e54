"""Which runtime it is, and why."""

from __future__ import annotations

import pytest

from ecslab.errors import RuntimeUnavailable
from ecslab.runtimes.base import Capabilities
from ecslab.runtimes.choose import choose

HERE = Capabilities(name="docker", available=True, reason="a Docker engine 28 answers")
ABSENT = Capabilities(name="docker", available=False, reason="no engine answers", remedy="Start Docker Desktop.")


def no_probe() -> Capabilities:
    raise AssertionError("Docker is not to be asked")


def test_docker_is_best_where_it_is() -> None:
    choice = choose("auto", docker_probe=lambda: HERE)
    assert (choice.name, choice.reason) == ("docker", HERE.reason)


def test_without_docker_it_is_process_and_says_why() -> None:
    choice = choose("auto", docker_probe=lambda: ABSENT)
    assert choice.name == "process"
    assert ABSENT.reason in choice.reason


@pytest.mark.parametrize("name", ["process", "simulated"])
def test_what_is_asked_for_is_given_without_asking_docker(name: str) -> None:
    assert choose(name, docker_probe=no_probe).name == name


def test_docker_that_was_asked_for_is_not_replaced_by_anything() -> None:
    with pytest.raises(RuntimeUnavailable) as caught:
        choose("docker", docker_probe=lambda: ABSENT)
    assert "no engine answers" in caught.value.message
    assert caught.value.hint == "Start Docker Desktop."


def test_an_unknown_runtime_is_refused_with_those_there_are() -> None:
    with pytest.raises(RuntimeUnavailable, match="auto, docker, process, simulated"):
        choose("podman", docker_probe=no_probe)
