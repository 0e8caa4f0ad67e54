"""What is read out of a command line and labels. That it is true of the real program is proven in test_app."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.images.behaviour import FOREIGN, Behaviour, behaviour

MIB = 1024 * 1024
WORDS = [
    "app",
    "serve",
    "exit",
    "sleep",
    "log",
    "then",
    "1",
    "-1",
    "x",
    "--every",
    "--port",
    "sh",
    ";",
    "&",
    "nan",
    "inf",
]


def of(*argv: str, **labels: str) -> Behaviour:
    return behaviour(argv, {}, {f"sim.{name}": value for name, value in labels.items()})


def test_a_server_listens_where_its_command_or_its_environment_says() -> None:
    assert of("app", "serve").listens == {80}
    assert of("app", "serve", "--port", "8080").listens == {8080}
    assert behaviour(("app", "serve"), {"PORT": "9000"}, {}).listens == {9000}


def test_steps_follow_one_another_until_one_fails() -> None:
    seen = of("app", "log", "2", "--every", "1", "then", "exit", "3", "--after", "5", "then", "serve")
    assert (seen.duration, seen.exit_code, seen.listens) == (7.0, 3, frozenset())
    assert [offset for offset, _ in seen.lines] == [0, 1, 7]


def test_memory_is_taken_when_its_step_comes() -> None:
    seen = of("app", "sleep", "10", "then", "hog", "64", "--after", "5")
    assert (seen.memory, seen.memory_at, seen.duration) == (64 * MIB, 15.0, None)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("app exit 3", 3),
        ("exec app exit 3", 3),
        ("echo hello; exit 7", 7),
        ("true && exit 4", 4),
        ("false && exit 4", 1),
        ("false || exit 5", 5),
        ("app exit 2; app exit 6", 6),
        ("exit 1; app serve", 1),
    ],
)
def test_shell_scripts_end_as_a_shell_would(script: str, code: int) -> None:
    for shell in ("sh", "/bin/sh"):
        seen = of(shell, "-c", script)
        assert (seen.exit_code, seen.duration is not None) == (code, True)


def test_a_shell_that_stays_around_swallows_sigterm() -> None:
    assert of("sh", "-c", "echo hello; app serve").swallows_sigterm
    assert not of("sh", "-c", "echo hello; exec app serve").swallows_sigterm
    assert not of("sh", "-c", "app serve").swallows_sigterm


def test_a_program_that_is_not_the_labs_runs_for_ever_and_listens_everywhere() -> None:
    assert of("nginx", "-g", "daemon off;") == FOREIGN
    assert of() == FOREIGN
    assert FOREIGN.any_port
    assert FOREIGN.duration is None


def test_labels_win() -> None:
    seen = of(
        "app", "serve", duration="9", exit_code="4", start_delay="2", stop_delay="3", cpu="0.25", memory="100",
        ignore_sigterm="true",
    )  # fmt: skip
    assert (seen.duration, seen.exit_code, seen.start_delay, seen.stop_delay) == (9, 4, 2, 3)
    assert (seen.cpu, seen.memory, seen.ignores_sigterm) == (0.25, 100 * MIB, True)


def test_an_endless_worker_prints_a_line_at_each_item() -> None:
    lines = list(itertools.islice(of("app", "work", "--every", "2").output(), 3))
    assert lines == [(2, "worked item 1"), (4, "worked item 2"), (6, "worked item 3")]


@given(st.lists(st.sampled_from(WORDS)))
def test_any_command_line_is_some_behaviour_whose_lines_are_in_order(words: list[str]) -> None:
    for argv in (words, ["app", *words], ["sh", "-c", " ".join(words)]):
        seen = behaviour(argv, {}, {})
        offsets = [offset for offset, _ in seen.lines]
        assert offsets == sorted(offsets)
        assert seen.duration is None or seen.duration >= 0


@given(
    st.dictionaries(
        st.sampled_from(["sim.exit_code", "sim.duration", "sim.health", "sim.memory", "sim.cpu"]), st.text()
    )
)
def test_no_label_can_break_it(labels: dict[str, str]) -> None:
    behaviour(("app", "serve"), {}, labels)
