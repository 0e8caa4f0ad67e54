"""The simulated runtime: behaviour as data, on the timeline alone."""

from __future__ import annotations

import pytest

from ecslab.errors import CannotPullContainerError, ContainerRuntimeError
from ecslab.runtimes.base import ContainerSpec, Observed, Phase
from ecslab.runtimes.simulated import SimulatedRuntime
from ecslab.timeline import VirtualTimeline, real_monotonic

MIB = 1024 * 1024


@pytest.fixture
def clock() -> VirtualTimeline:
    return VirtualTimeline()


@pytest.fixture
def runtime(clock: VirtualTimeline) -> SimulatedRuntime:
    return SimulatedRuntime(clock)


def run(runtime: SimulatedRuntime, image: str, *command: str, memory: int = 0, **labels: str) -> str:
    """Labels are given without their ``sim.``."""
    given = {f"sim.{name}": value for name, value in labels.items()}
    name = f"{image}-{len(runtime.held())}"
    container = runtime.create(
        ContainerSpec(name=name, image=image, command=command or None, labels=given, memory=memory)
    )
    runtime.start(container)
    return container


def code(runtime: SimulatedRuntime, container: str) -> int | None:
    return runtime.inspect(container).exit_code


def test_nothing_happens_while_time_stands_still(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/tool:1", "exit", "1")
    assert runtime.inspect(container).phase is Phase.CREATED
    clock.advance(0.5)
    clock.advance(0)
    assert code(runtime, container) == 1


def test_a_pull_takes_its_time_once_per_image(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    labels = {"sim.pull_delay": "30"}
    assert runtime.pull("nginx:1", labels) is False
    clock.advance(29)
    assert runtime.pull("nginx:1", labels) is False
    clock.advance(1)
    assert runtime.pull("nginx:1", labels) is True
    assert runtime.pull("nginx:1", labels) is True
    assert runtime.pull("nginx:2", {"sim.pull_delay": "0"}) is True


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("denied", "Check that the role has the permissions to pull images from the registry"),
        ("missing", "Check whether the image exists"),
        ("network", "Check your network configuration"),
        ("limit", "toomanyrequests"),
        ("the dog ate it", "CannotPullContainerError: the dog ate it"),
    ],
)
def test_a_pull_fails_as_the_label_says(runtime: SimulatedRuntime, problem: str, words: str) -> None:
    with pytest.raises(CannotPullContainerError, match=words):
        runtime.pull("nginx:1", {"sim.pull_error": problem})


def test_labels_override_what_the_program_would_do(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "nginx:1", duration="60", exit_code="7", start_delay="5")
    clock.advance(4.9)
    assert runtime.inspect(container).phase is Phase.CREATED
    clock.advance(60)
    assert runtime.inspect(container).phase is Phase.RUNNING
    clock.advance(0.2)
    assert code(runtime, container) == 7


def test_an_exit_code_alone_means_that_it_ends_at_once(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/web:1", exit_code="1")
    clock.advance(1)
    assert code(runtime, container) == 1


def test_labels_that_cannot_be_read_are_as_good_as_absent(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/web:1", duration="soon", health="maybe", cpu="nan")
    clock.advance(100)
    assert runtime.inspect(container) == Observed(
        phase=Phase.RUNNING, image_digest=runtime.inspect(container).image_digest
    )


def test_stopping_takes_the_stop_delay(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/web:1", stop_delay="20")
    clock.advance(1)
    runtime.stop(container)
    clock.advance(10)
    runtime.stop(container)
    assert code(runtime, container) is None
    clock.advance(10)
    assert code(runtime, container) == 0


def test_a_label_makes_any_program_ignore_sigterm(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "nginx:1", ignore_sigterm="true")
    clock.advance(1)
    runtime.stop(container)
    clock.advance(3600)
    assert code(runtime, container) is None
    runtime.stop(container, force=True)
    clock.advance(0)
    assert code(runtime, container) == 137


def test_a_container_can_be_stopped_before_it_runs(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/web:1", start_delay="100")
    runtime.stop(container)
    clock.advance(200)
    assert runtime.inspect(container).phase is Phase.EXITED


def test_memory_by_label_passes_the_limit(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    spec = ContainerSpec(name="greedy", image="nginx:1", memory=128 * MIB, labels={"sim.memory": "200"})
    container = runtime.create(spec)
    runtime.start(container)
    clock.advance(1)
    seen = runtime.inspect(container)
    assert (seen.exit_code, seen.out_of_memory) == (137, True)


@pytest.mark.parametrize(
    ("health", "early", "late"),
    [("healthy", 0, 0), ("unhealthy", 1, 1), ("unhealthy_after:60", 0, 1)],
)
def test_health_is_what_the_label_says(
    runtime: SimulatedRuntime, clock: VirtualTimeline, health: str, early: int, late: int
) -> None:
    container = run(runtime, "nginx:1", health=health)
    clock.advance(1)
    check = ("/bin/sh", "-c", "curl -f http://localhost/ || exit 1")
    assert runtime.execute(container, check, 5)[0] == early
    clock.advance(100)
    assert runtime.execute(container, check, 5)[0] == late


def test_health_without_a_label_is_what_the_site_says(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/web:1")
    clock.advance(1)
    assert runtime.execute(container, ("app", "health"), 5)[0] == 0
    runtime.answer(container, 80, "/health/fail")
    assert runtime.execute(container, ("app", "health"), 5)[0] == 1
    assert runtime.answer(container, 80, "/health") == (503, "unhealthy\n")
    runtime.answer(container, 80, "/health/ok")
    assert runtime.execute(container, ("/bin/sh", "-c", "app health || exit 1"), 5)[0] == 0


def test_a_failing_shell_check_gives_the_code_after_or(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "nginx:1", health="unhealthy")
    clock.advance(1)
    assert runtime.execute(container, ("sh", "-c", "app health || exit 3"), 5)[0] == 3
    assert runtime.execute(container, ("sh", "-c", "true && exit 5"), 5)[0] == 5
    assert runtime.execute(container, ("sh", "-c", "exit 0 || exit 5"), 5)[0] == 0


def test_a_site_that_is_asked_to_exit_exits(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/web:1")
    clock.advance(1)
    assert runtime.answer(container, 80, "/exit?code=3")[0] == 200
    clock.advance(0)
    assert code(runtime, container) == 3


def test_a_site_that_is_asked_for_too_much_memory_is_killed(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/web:1", memory=64 * MIB)
    clock.advance(1)
    runtime.answer(container, 80, "/hog?mb=30")
    clock.advance(0)
    assert runtime.inspect(container).phase is Phase.RUNNING
    runtime.answer(container, 80, "/hog?mb=30")
    clock.advance(0)
    assert runtime.inspect(container).out_of_memory


def test_a_port_on_which_nothing_listens_is_refused(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/web:1")
    clock.advance(1)
    with pytest.raises(ContainerRuntimeError, match="listens on 80, not on 8080"):
        runtime.answer(container, 8080, "/")


def test_use_follows_the_labels(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "nginx:1", cpu="0.5", start_delay="0")
    clock.advance(100)
    assert runtime.measure(container).cpu_seconds == pytest.approx(50)


def test_a_worker_works_at_its_pace(runtime: SimulatedRuntime, clock: VirtualTimeline) -> None:
    container = run(runtime, "ecslab/worker:1", "work", "--every", "10", start_delay="0")
    lines: list[str] = []
    runtime.follow(container, lines.append, lambda: lines.append("the end"))
    clock.advance(35)
    runtime.stop(container)
    clock.advance(0)
    assert lines == ["worked item 1", "worked item 2", "worked item 3", "finishing", "the end"]
    assert code(runtime, container) == 0


def test_the_same_calls_tell_the_same_story() -> None:
    def story() -> list[tuple[float, str]]:
        clock = VirtualTimeline()
        runtime = SimulatedRuntime(clock)
        told: list[tuple[float, str]] = []
        runtime.on_change = lambda container: told.append((clock.now(), container))
        for number in range(20):
            run(runtime, "ecslab/tool:1", "exit", "0", "--after", str(number % 7))
        clock.advance(60)
        return told

    assert story() == story()
    assert len(story()) == 40


def test_ten_thousand_containers_cost_seconds_not_minutes(clock: VirtualTimeline, runtime: SimulatedRuntime) -> None:
    started = real_monotonic()
    containers = [run_many(runtime, number) for number in range(10_000)]
    clock.advance(3600)
    for container in containers:
        runtime.stop(container)
    clock.advance(1)
    assert {code(runtime, container) for container in containers} == {0}
    runtime.close()
    assert runtime.held() == ()
    assert real_monotonic() - started < 30


def run_many(runtime: SimulatedRuntime, number: int) -> str:
    container = runtime.create(ContainerSpec(name=f"c{number}", image="ecslab/web:1"))
    runtime.start(container)
    return container
