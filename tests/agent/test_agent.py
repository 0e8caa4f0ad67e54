"""The agent on the simulated runtime and virtual time: what becomes of tasks, whatever happens to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.model.status import ContainerStatus, HealthStatus, TaskStatus
from ecslab.runtimes.base import Phase
from tests.agent.lab import Lab, container, needs

RUNNING, STOPPED, ACTIVATING = TaskStatus.RUNNING, TaskStatus.STOPPED, TaskStatus.ACTIVATING
LOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/lab", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "lab"},
}


@pytest.fixture
def lab() -> Lab:
    return Lab()


# Starting


def test_a_task_passes_activating_and_runs_at_once(lab: Lab) -> None:
    arn = lab.run(container(portMappings=[{"containerPort": 80}]))
    lab.clock.advance(1)
    assert lab.plane.walk[arn] == [ACTIVATING, RUNNING]
    report = lab.plane.reports[-1][1]
    assert report.pull_started_at is not None
    assert report.pull_stopped_at is not None
    web = lab.task(arn).container("web")
    assert web.runtime_id
    assert web.image_digest
    assert [(b.bind_ip, b.container_port) for b in web.network_bindings] == [("0.0.0.0", 80)]
    assert web.network_bindings[0].host_port >= 32768


def test_a_slow_pull_keeps_the_task_activating(lab: Lab) -> None:
    arn = lab.run(container(sim={"pull_delay": 5}))
    lab.clock.advance(4)
    assert lab.task(arn).last_status is ACTIVATING
    assert lab.reaches(arn, RUNNING, 3)


def test_a_container_that_is_slow_to_start_is_not_yet_running(lab: Lab) -> None:
    arn = lab.run(container(sim={"start_delay": 3}))
    lab.clock.advance(2)
    assert lab.task(arn).last_status is ACTIVATING
    assert lab.reaches(arn, RUNNING, 2)


def test_a_task_stopped_while_its_container_starts_is_taken_down(lab: Lab) -> None:
    arn = lab.run(container(sim={"start_delay": 20}))
    lab.clock.advance(2)
    lab.stop(arn)
    assert lab.reaches(arn, STOPPED, 5)
    assert lab.nothing_left()


def test_containers_start_in_order_of_their_dependencies(lab: Lab) -> None:
    arn = lab.run(
        container("web", dependsOn=needs("init", "SUCCESS")),
        container("init", essential=False, dependsOn=needs("db"), sim={"duration": 3}),
        container("db"),
    )
    assert lab.reaches(arn, RUNNING, 10)
    assert lab.order("RUNNING") == ["db", "init", "web"]
    assert lab.task(arn).container("init").exit_code == 0


def test_healthy_waits_for_the_health_check(lab: Lab) -> None:
    check = {"command": ["CMD", "app", "health"], "interval": 5}
    arn = lab.run(container("web", dependsOn=needs("db", "HEALTHY")), container("db", healthCheck=check))
    lab.clock.advance(4)
    assert lab.order("RUNNING") == ["db"]
    assert lab.reaches(arn, RUNNING, 3)


def test_a_dependency_without_success_stops_the_task_with_the_agents_text(lab: Lab) -> None:
    arn = lab.run(
        container("web", dependsOn=needs("init", "SUCCESS")),
        container("side"),
        container("init", essential=False, sim={"duration": 1, "exit_code": 3}),
    )
    assert lab.reaches(arn, STOPPED)
    reason = lab.task(arn).stopped_reason or ""
    assert reason.startswith("TaskFailedToStart: dependency graph: ")
    assert reason.endswith("[init:SUCCESS] for target [web] as dependency did not exit successfully.")
    assert RUNNING not in lab.plane.walk[arn]
    assert lab.task(arn).container("web").exit_code is None
    assert lab.nothing_left()


def test_start_timeout_gives_up_on_a_dependency(lab: Lab) -> None:
    arn = lab.run(
        container("web", dependsOn=needs("init", "COMPLETE")), container("init", essential=False, startTimeout=10)
    )
    lab.clock.advance(9)
    assert lab.task(arn).last_status is ACTIVATING
    assert lab.reaches(arn, STOPPED)
    assert "has timed out" in (lab.task(arn).stopped_reason or "")


def test_a_pull_error_leaves_nothing_behind(lab: Lab) -> None:
    arn = lab.run(container("side"), container("web", sim={"pull_error": "no such image"}, dependsOn=needs("side")))
    assert lab.reaches(arn, STOPPED)
    assert (lab.task(arn).stopped_reason or "").startswith("CannotPullContainerError: ")
    assert lab.task(arn).container("web").reason == lab.task(arn).stopped_reason
    assert lab.nothing_left()


def test_a_missing_log_group_stops_the_task_before_any_container(lab: Lab) -> None:
    lab.plane.groups.clear()
    arn = lab.run(container(logConfiguration=LOGS))
    assert lab.reaches(arn, STOPPED)
    assert (lab.task(arn).stopped_reason or "").startswith("ResourceInitializationError: ")
    assert lab.order("RUNNING") == []
    assert lab.nothing_left()


def test_a_failed_container_that_is_not_essential_costs_nothing_else(lab: Lab) -> None:
    arn = lab.run(container("web"), container("side", essential=False, sim={"pull_error": "gone"}))
    assert lab.reaches(arn, RUNNING)
    lab.clock.advance(60)
    assert lab.task(arn).last_status is RUNNING
    assert (lab.task(arn).container("side").reason or "").startswith("CannotPullContainerError: ")


# Ending


def test_an_essential_exit_stops_the_others_in_reverse_order(lab: Lab) -> None:
    arn = lab.run(
        container("db", sim={"stop_delay": 1}),
        container("web", dependsOn=needs("db"), sim={"stop_delay": 1}),
        container("front", dependsOn=needs("web"), sim={"stop_delay": 1}),
        container("job", sim={"duration": 5, "exit_code": 1}),
    )
    assert lab.reaches(arn, STOPPED)
    assert lab.plane.walk[arn] == [ACTIVATING, RUNNING, STOPPED]
    assert lab.order("STOPPED") == ["job", "front", "web", "db"]
    assert lab.task(arn).stopped_reason == "Essential container in task exited"
    assert lab.task(arn).container("job").exit_code == 1
    assert lab.nothing_left()


def test_an_exit_that_is_not_essential_leaves_the_task_running(lab: Lab) -> None:
    arn = lab.run(container("web"), container("side", essential=False, sim={"duration": 2, "exit_code": 9}))
    lab.clock.advance(30)
    assert lab.task(arn).last_status is RUNNING
    assert lab.task(arn).container("side").last_status is ContainerStatus.STOPPED
    assert lab.task(arn).container("side").exit_code == 9


def test_a_wish_to_stop_is_obeyed_without_a_reason_of_the_agents_own(lab: Lab) -> None:
    arn = lab.run(container())
    assert lab.reaches(arn, RUNNING)
    lab.stop(arn)
    assert lab.reaches(arn, STOPPED, 5)
    assert lab.plane.reports[-1][1].reason is None
    assert not lab.entries("container.killed")
    assert lab.nothing_left()


def test_who_ignores_sigterm_is_killed_after_stop_timeout_with_137(lab: Lab) -> None:
    arn = lab.run(container(stopTimeout=7, sim={"ignore_sigterm": "true"}))
    assert lab.reaches(arn, RUNNING)
    lab.stop(arn)
    lab.clock.advance(6.9)
    assert lab.task(arn).last_status is RUNNING
    assert lab.reaches(arn, STOPPED, 3)
    assert lab.task(arn).container("web").exit_code == 137
    assert len(lab.entries("container.killed")) == 1


def test_a_task_stopped_before_it_began_starts_nothing(lab: Lab) -> None:
    arn = lab.run(container())
    lab.stop(arn)
    lab.clock.advance(1)
    assert lab.plane.walk[arn] == [STOPPED]
    assert lab.nothing_left()


def test_a_task_stopped_while_it_pulls_starts_nothing(lab: Lab) -> None:
    arn = lab.run(container(sim={"pull_delay": 50}))
    lab.clock.advance(2)
    lab.stop(arn)
    assert lab.reaches(arn, STOPPED, 5)
    assert lab.order("RUNNING") == []
    assert lab.nothing_left()


def test_out_of_memory_is_137_with_its_reason(lab: Lab) -> None:
    arn = lab.run(container(memory=64, sim={"memory": 500}))
    assert lab.reaches(arn, STOPPED)
    web = lab.task(arn).container("web")
    assert web.exit_code == 137
    assert web.reason == "OutOfMemoryError: Container killed due to memory usage"
    assert lab.task(arn).stopped_reason == "Essential container in task exited"


def test_a_container_removed_by_hand_counts_as_stopped(lab: Lab) -> None:
    arn = lab.run(container())
    assert lab.reaches(arn, RUNNING)
    lab.runtime.remove(lab.task(arn).container("web").runtime_id or "")
    assert lab.reaches(arn, STOPPED, 4000)
    assert (lab.task(arn).container("web").reason or "").startswith("ContainerRuntimeError: the container is gone")


def test_a_task_the_control_plane_forgot_is_taken_down_in_silence(lab: Lab) -> None:
    arn = lab.run(container())
    assert lab.reaches(arn, RUNNING)
    del lab.plane.assignments[arn]
    lab.plane.wake()
    lab.clock.advance(60)
    assert lab.plane.walk[arn] == [ACTIVATING, RUNNING]
    assert lab.nothing_left()


CONDITIONS = ["START", "COMPLETE", "SUCCESS", "HEALTHY"]
SIM = st.fixed_dictionaries(
    {},
    optional={
        "duration": st.integers(0, 20),
        "exit_code": st.sampled_from([0, 1]),
        "pull_delay": st.integers(0, 5),
        "start_delay": st.integers(0, 5),
        "pull_error": st.just("no such image"),
        "stop_delay": st.integers(0, 40),
        "ignore_sigterm": st.just("true"),
        "health": st.sampled_from(["healthy", "unhealthy", "unhealthy_after:5"]),
    },
)


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Task definitions as ECS accepts them: dependsOn without cycles, COMPLETE and SUCCESS of non-essential ones."""
    containers: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 5))):
        wire = container(f"c{number}", sim=draw(SIM), essential=number == 0 or draw(st.booleans()), stopTimeout=10)
        wire["healthCheck"] = {"command": ["CMD", "true"], "interval": 5, "retries": 2}
        if draw(st.booleans()):
            wire["startTimeout"] = 8
        for other in containers:
            allowed = CONDITIONS if not other["essential"] else ["START", "HEALTHY"]
            if draw(st.booleans()):
                wire.setdefault("dependsOn", []).extend(needs(other["name"], draw(st.sampled_from(allowed))))
        containers.append(wire)
    return draw(st.permutations(containers))


@settings(max_examples=150, deadline=None)
@given(graph=graphs(), patience=st.integers(0, 30))
def test_every_task_reaches_stopped_once_that_is_wished(graph: list[dict[str, Any]], patience: int) -> None:
    lab = Lab()
    arn = lab.run(*graph)
    lab.clock.advance(patience)
    lab.stop(arn)
    assert lab.reaches(arn, STOPPED, 10 * len(graph) + 60)
    assert lab.nothing_left()
    assert lab.agent.tasks() == ()
    walk = lab.plane.walk[arn]
    assert walk in ([STOPPED], [ACTIVATING, STOPPED], [ACTIVATING, RUNNING, STOPPED])
    _stopped_after_their_dependants(lab, graph)


def _stopped_after_their_dependants(lab: Lab, graph: list[dict[str, Any]]) -> None:
    asked = [e.data["container"] for e in lab.entries("container.stopping")]
    ended = [e.data["container"] for e in lab.entries("container.status") if e.data["status"] == "STOPPED"]
    numbers = {
        (e.data["container"], e.kind): e.number
        for e in lab.entries("container.")
        if e.kind == "container.stopping" or e.data.get("status") == "STOPPED"
    }
    assert sorted(ended) == sorted(c["name"] for c in graph)
    for wire in graph:
        for dependency in wire.get("dependsOn", ()):
            if dependency["containerName"] in asked:
                began = numbers[dependency["containerName"], "container.stopping"]
                assert numbers[wire["name"], "container.status"] < began


# Health and logs


def test_health_flips_as_the_probes_tell(lab: Lab) -> None:
    check = {"command": ["CMD", "app", "health"], "interval": 5, "retries": 2}
    arn = lab.run(container(healthCheck=check, sim={"health": "unhealthy_after:12"}))
    lab.clock.advance(4)
    assert lab.task(arn).container("web").health_status is HealthStatus.UNKNOWN
    lab.clock.advance(4)
    assert lab.task(arn).container("web").health_status is HealthStatus.HEALTHY
    lab.clock.advance(20)
    assert lab.task(arn).container("web").health_status is HealthStatus.UNHEALTHY
    assert lab.task(arn).last_status is RUNNING
    assert [e.data["health"] for e in lab.entries("container.health")] == ["HEALTHY", "UNHEALTHY"]


def test_every_line_arrives_before_the_task_is_stopped(lab: Lab) -> None:
    arn = lab.run(container(command=["log", "50", "--every", "0.1"], logConfiguration=LOGS))
    assert lab.reaches(arn, STOPPED, 300)
    stream = lab.plane.streams[f"lab/web/{lab.task(arn).task_id}"]
    assert len(stream) == 50
    assert [line for _, _, line in lab.agent.output(lab.task(arn).task_id)] == stream


def test_without_a_prefix_the_stream_is_the_container_id(lab: Lab) -> None:
    options = {k: v for k, v in LOGS["options"].items() if k != "awslogs-stream-prefix"}  # type: ignore[attr-defined]
    arn = lab.run(
        container(command=["log", "3", "--every", "0.1"], logConfiguration={"logDriver": "awslogs", "options": options})
    )
    assert lab.reaches(arn, STOPPED, 300)
    assert len(lab.plane.streams[lab.task(arn).container("web").runtime_id or ""]) == 3


def test_the_last_report_waits_for_output_that_comes_late(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def follow(container_id: str, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        lab.clock.call_later(2.5, lambda: on_line("last words"))
        lab.clock.call_later(2.6, on_end)

    monkeypatch.setattr(lab.runtime, "follow", follow)
    arn = lab.run(container(sim={"duration": 1}, logConfiguration=LOGS))
    assert lab.reaches(arn, STOPPED, 10)
    assert lab.plane.streams[f"lab/web/{lab.task(arn).task_id}"] == ["last words"]


def test_output_that_never_ends_holds_up_neither_the_report_nor_for_ever_the_container(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.runtime, "follow", lambda container_id, on_line, on_end: on_line("half a story"))
    arn = lab.run(container(sim={"duration": 1}))
    assert lab.reaches(arn, STOPPED, 4)
    assert len(lab.runtime.held()) == 1
    lab.clock.advance(31)
    assert lab.nothing_left()
    assert [line for _, _, line in lab.agent.output(lab.task(arn).task_id)] == ["half a story"]


# The agent's own life


def test_a_killed_agent_leaves_containers_running_and_says_nothing(lab: Lab) -> None:
    arn = lab.run(container())
    assert lab.reaches(arn, RUNNING)
    lab.agent.stop()
    lab.stop(arn)
    lab.clock.advance(600)
    assert not lab.agent.connected
    assert lab.plane.wakes == {}
    assert lab.task(arn).last_status is RUNNING
    assert [lab.runtime.inspect(h.container_id).phase for h in lab.runtime.held()] == [Phase.RUNNING]


def test_an_agent_that_dies_while_it_launches_says_nothing_more(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    start = lab.runtime.start

    def dying(container_id: str) -> None:
        lab.agent.stop()
        start(container_id)

    monkeypatch.setattr(lab.runtime, "start", dying)
    arn = lab.run(container())
    lab.clock.advance(60)
    assert lab.plane.walk[arn] == [ACTIVATING]
    assert len(lab.runtime.held()) == 1
    monkeypatch.setattr(lab.runtime, "start", start)
    lab.agent.start()
    assert lab.reaches(arn, RUNNING, 5)
    assert len(lab.runtime.held()) == 1


@pytest.mark.parametrize("new", [False, True], ids=["the same object", "a new object"])
def test_a_restarted_agent_finds_its_own_and_carries_on(lab: Lab, new: bool) -> None:
    arn = lab.run(container("web", command=["log", "60", "--every", "0.1"], logConfiguration=LOGS), container("side"))
    assert lab.reaches(arn, RUNNING)
    before = {c.name: c.runtime_id for c in lab.task(arn).containers}
    lab.clock.advance(0.5)
    lab.agent.stop()
    lab.clock.advance(0.5)
    if new:
        lab.agent = lab.new_agent()
    lab.agent.start()
    lab.clock.advance(0.5)
    assert [e.data["containers"] for e in lab.entries("agent.adopted")] == [2]
    assert {c.name: c.runtime_id for c in lab.task(arn).containers} == before
    assert lab.reaches(arn, STOPPED, 300)
    assert lab.plane.walk[arn] == [ACTIVATING, RUNNING, STOPPED]
    lines = lab.plane.streams[f"lab/web/{lab.task(arn).task_id}"]
    assert len(lines) == len(set(lines)) == 60
    assert lab.nothing_left()


def test_what_exited_while_the_agent_was_dead_is_reported_at_its_return(lab: Lab) -> None:
    arn = lab.run(container(sim={"duration": 10, "exit_code": 4}))
    assert lab.reaches(arn, RUNNING)
    lab.agent.stop()
    lab.clock.advance(60)
    assert lab.task(arn).last_status is RUNNING
    lab.agent.start()
    assert lab.reaches(arn, STOPPED, 5)
    assert lab.task(arn).container("web").exit_code == 4
    assert lab.nothing_left()


def test_containers_of_tasks_no_longer_assigned_are_removed_at_a_return(lab: Lab) -> None:
    arn = lab.run(container())
    assert lab.reaches(arn, RUNNING)
    lab.agent.stop()
    del lab.plane.assignments[arn]
    lab.agent.start()
    lab.clock.advance(1)
    assert lab.nothing_left()


def test_a_restarted_agent_finishes_what_it_had_only_begun(lab: Lab) -> None:
    arn = lab.run(container("db"), container("web", dependsOn=needs("init", "COMPLETE")), container(
        "init", essential=False, sim={"duration": 5}))  # fmt: skip
    lab.clock.advance(1)
    lab.agent.stop()
    lab.clock.advance(10)
    lab.agent.start()
    assert lab.reaches(arn, RUNNING, 5)
    assert lab.plane.walk[arn] == [ACTIVATING, RUNNING]
    assert lab.task(arn).container("init").exit_code == 0
    assert len(lab.runtime.held()) == 3


def test_the_end_of_a_machine_takes_everything_with_it(lab: Lab) -> None:
    lab.run(container())
    lab.run(container(), number=2)
    lab.clock.advance(1)
    assert len(lab.runtime.held()) == 2
    lab.agent.close()
    assert lab.nothing_left()


def test_a_machine_that_ends_while_it_launches_leaves_no_container(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    start = lab.runtime.start

    def ending(container_id: str) -> None:
        start(container_id)
        lab.agent.close()

    monkeypatch.setattr(lab.runtime, "start", ending)
    lab.run(container())
    lab.clock.advance(60)
    assert lab.nothing_left()


def test_an_idle_agent_costs_nothing(lab: Lab) -> None:
    arn = lab.run(container())
    assert lab.reaches(arn, RUNNING)
    lab.stop(arn)
    assert lab.reaches(arn, STOPPED)
    lab.clock.advance(600)
    polls = lab.plane.polls
    lab.clock.advance(86_400)
    assert lab.plane.polls == polls


def test_many_pokes_are_one_look(lab: Lab) -> None:
    lab.clock.advance(1)
    polls = lab.plane.polls
    for _ in range(100):
        lab.agent.poke()
    lab.clock.advance(1)
    assert lab.plane.polls == polls + 1


def test_a_fargate_task_has_an_agent_of_its_own_without_an_instance() -> None:
    lab = Lab(instance="")
    fargate = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512", "networkMode": "awsvpc"}
    arn = lab.run(container(memory=None), **fargate)
    assert lab.reaches(arn, RUNNING)
    assert list(lab.plane.wakes) == ["fargate/1"]
    assert lab.task(arn).container("web").network_bindings == ()


def test_the_same_day_twice_gives_the_same_journal() -> None:
    def day() -> list[tuple[float, str, str]]:
        lab = Lab()
        arn = lab.run(container("web", sim={"duration": 100}), container("side", dependsOn=needs("web")))
        lab.run(container(sim={"pull_delay": 3}), number=2)
        lab.clock.advance(50)
        lab.stop(arn)
        lab.clock.advance(500)
        return [(e.at, e.kind, e.text) for e in lab.journal.read()]

    assert day() == day()
