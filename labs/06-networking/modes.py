"""Questions 6.1, 6.6 and 6.7: what the learner thinks each network mode gives, and how many tasks fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ecslab.checks import Finding, NotAttempted, World, failed, passed

SENTENCES = (
    ("awsvpc", "an address of the task's own in the subnet", "wrong-mode"),
    ("bridge", "a localhost for each container, ports mapped to ports of the instance", "host-for-bridge"),
    ("host", "the instance's own address and ports", "bridge-for-host"),
    ("none", "nothing in and nothing out", "wrong-mode"),
    ("awsvpc", "the one mode that Fargate takes", "fargate"),
)


def _listed(answer: Any, length: int) -> list[Any]:
    found = list(answer) if isinstance(answer, list | tuple) else []
    return (found + [None] * length)[:length]


def modes(world: World) -> Iterable[Finding]:
    given = [str(word or "").strip().lower() for word in _listed(world.answer(), len(SENTENCES))]
    if not any(given):
        raise NotAttempted('Hand in five words: lab.answer("6.1", ["…", "…", "…", "…", "…"]).')
    advice = "host shares the instance's network and maps nothing; bridge stands behind it and maps ports."
    for (right, what, code), said in zip(SENTENCES, given, strict=True):
        if said == right:
            yield passed(f"{right}: {what}.")
        elif code == "fargate":
            own = "A task on Fargate has no instance whose ports or bridge it could use."
            yield failed(f"Fargate does not take {said or 'that'}.", own, code=code)
        else:
            swapped = {right, said} == {"bridge", "host"}
            yield failed(f"Not {said or 'nothing'}: {what}.", advice if swapped else "Read the table again.",
                         code=code if swapped else "wrong-mode")  # fmt: skip


def copies(world: World) -> Iterable[Finding]:
    count, reason = _listed(world.answer(), 2)
    if count == 2:
        yield passed("Two: one on each instance, whose port it takes.")
    elif count == 3:
        advice = "Nothing maps the port: each copy wants port 8081 of its instance's own address."
        yield failed("Not three: two of them would want one port of one instance.", advice, code="T26")
    else:
        yield failed(f"Not {count}.", "There are two instances, and each has one port 8081.", code="wrong-count")
    if str(reason).strip().upper() == "RESOURCE:PORTS":
        yield passed("RESOURCE:PORTS is what failures[] says.")
    elif "PORT" in str(reason).upper():
        yield failed(f"failures[] does not say {reason}.", "Its words are RESOURCE:CPU, RESOURCE:PORTS, …",
                     code="wrong-words")  # fmt: skip
    else:
        advice = "CPU and memory are left. What is it that each copy needs, and that there is only once?"
        yield failed(f"Not {reason}.", advice, code="wrong-reason")


def limits(world: World) -> Iterable[Finding]:
    large, medium, trunked = _listed(world.answer(), 3)
    if large == 2:
        yield passed("An m5.large has three interfaces, and one is its own.")
    elif large == 3:
        yield failed("Not 3.", "The instance needs one of its interfaces itself.", code="T22")
    elif large == 10:
        yield failed("Not 10.", "A network interface has several addresses, but a task gets an interface.",
                     code="addresses")  # fmt: skip
    else:
        yield failed(f"Not {large}.", "Interfaces of the type, less the instance's own.", code="wrong-count")
    if medium == 2:
        yield passed("A t3.medium has three as well.")
    else:
        yield failed(f"Not {medium} on a t3.medium.", "It has three interfaces, too.", code="wrong-count")
    if trunked == 10:
        yield passed("With a trunk ten tasks fit on an m5.large.")
    elif trunked == 2:
        advice = "awsvpcTrunking was enabled before this instance registered, and m5 can have a trunk."
        yield failed("Not 2: this one has a trunk.", advice, code="T23")
    else:
        yield failed(f"Not {trunked} with a trunk.", "The table in the notebook has the number.", code="wrong-trunk")
