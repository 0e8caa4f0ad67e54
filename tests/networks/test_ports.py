"""The book of host ports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.errors import CannotStartContainerError
from ecslab.networks.ports import FIRST_DYNAMIC, LAST_DYNAMIC, PortBook


def test_dynamic_ports_count_up_from_the_first() -> None:
    book = PortBook()
    assert [book.take_dynamic("i-1", f"t{n}") for n in range(3)] == [
        FIRST_DYNAMIC,
        FIRST_DYNAMIC + 1,
        FIRST_DYNAMIC + 2,
    ]
    assert book.take_dynamic("i-2", "t3") == FIRST_DYNAMIC


def test_a_port_that_cannot_be_used_is_passed_over() -> None:
    assert PortBook().take_dynamic("i-1", "t", usable=lambda port: port % 10 == 0) == 32770


def test_a_freed_port_is_not_handed_out_again_at_once() -> None:
    book = PortBook()
    first = book.take_dynamic("i-1", "a")
    book.release("a")
    assert book.take_dynamic("i-1", "b") != first


def test_a_taken_port_is_refused_in_words_that_help() -> None:
    book = PortBook()
    book.take("i-1", "first-task", 80)
    with pytest.raises(
        CannotStartContainerError, match=r"0\.0\.0\.0:80 failed: port is already allocated.*host port 0"
    ):
        book.take("i-1", "second-task", 80)


def test_a_port_belongs_to_its_instance_and_protocol() -> None:
    book = PortBook()
    book.take("i-1", "a", 53, "tcp")
    book.take("i-1", "a", 53, "udp")
    book.take("i-2", "b", 53, "tcp")


def test_when_all_dynamic_ports_are_taken_it_says_so() -> None:
    book = PortBook()
    for port in range(FIRST_DYNAMIC, LAST_DYNAMIC + 1):
        book.take("i-1", "greedy", port)
    with pytest.raises(CannotStartContainerError, match="no host port between 32768 and 60999"):
        book.take_dynamic("i-1", "late")
    book.release("greedy")
    assert book.take_dynamic("i-1", "late") >= FIRST_DYNAMIC


@given(st.lists(st.tuples(st.sampled_from(["take", "release"]), st.integers(0, 5), st.integers(1, 4)), max_size=60))
def test_no_port_is_ever_held_by_two_tasks(moves: list[tuple[str, int, int]]) -> None:
    book, held = PortBook(), dict[int, int]()
    for move, task, port in moves:
        if move == "release":
            book.release(str(task))
            held = {p: t for p, t in held.items() if t != task}
            continue
        try:
            book.take("i-1", str(task), port)
            assert port not in held
            held[port] = task
        except CannotStartContainerError:
            assert port in held
