"""The questions of lab 2, answered by looking at what runs: definitions, tasks, exit codes, HTTP answers.

Not the lab's text (``lab.py``) and not the looking itself (the modules beside this one). Invariants: before the
learner has done anything every question is not attempted; every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .company import convoy, sidecar
from .memory import enough_memory, exit_code, how_many_fit, pack_more
from .recipes import first_definition, revisions
from .repairs import repairs

QUESTIONS = (
    Question(
        number="2.1", title="A definition by hand", points=4, check=first_definition,
        hints=(
            "Two levels: what belongs to the task stands beside `family`, what belongs to a container stands in it.",
            "The task's cpu and memory are text, the container's are numbers. RunTask then takes the family's name.",
            "A container needs name, image, memory, a portMappings list with containerPort, and an environment list.",
        ),
    ),
    Question(
        number="2.2", title="Revisions", points=4, check=revisions,
        hints=(
            "A revision is never changed; registering the same family again makes the next one.",
            "Register with the other image tag, run a task, then retire the old revision by its number.",
            "deregister_task_definition takes family:revision. Nothing needs to be stopped.",
        ),
    ),
    Question(
        number="2.3", title="Predict: how many fit?", points=1, check=how_many_fit, answer=True,
        hints=(
            "One of the two memory numbers is a promise, the other a limit. Which one is set aside?",
            "describe_container_instances shows what the instance has registered.",
            "Whole tasks only: divide the registered memory by the reservation and round down.",
        ),
    ),
    Question(
        number="2.4", title="Twelve on one instance", points=3, check=pack_more,
        hints=(
            "Only one number has to change. What is the largest reservation that goes twelve times into the instance?",
            "Stop the old tasks first: they hold their places. And RunTask starts ten at most per call.",
            "Register `cache` again with a memoryReservation of 512, then call run_task twice.",
        ),
    ),
    Question(
        number="2.5", title="Predict: the exit code", points=1, check=exit_code, answer=True,
        hints=(
            "The kernel ends the process by a signal that cannot be caught.",
            "The exit code of a killed process is 128 plus the signal's number.",
            "The signal is SIGKILL, number 9.",
        ),
    ),
    Question(
        number="2.6", title="Enough, and not more", points=3, check=enough_memory,
        hints=(
            "The program touches 128 MiB and needs a little for itself.",
            "The hard limit of the container is what has to rise; leave the command alone.",
            "Register `greedy` again with a container memory between 160 and 256, then run it.",
        ),
    ),
    Question(
        number="2.7", title="Who may die?", points=3, check=sidecar,
        hints=(
            "A container that nobody called anything is essential.",
            "Say of the helper that the task can go on without it.",
            "One word in the helper's definition: essential. Its value is False.",
        ),
    ),
    Question(
        number="2.8", title="Eight repairs", points=8, check=repairs,
        hints=(
            "Read what AWS answers: each refusal names a field.",
            "Copy the definition, change one thing, register. Dictionaries combine with |.",
            "Types, memory, essential, size pair, network mode, ports, AWS's own fields, reservation: one each.",
        ),
    ),
    Question(
        number="2.9", title="Challenge: the convoy", points=4, check=convoy,
        hints=(
            "Two quotas are broken: containers per task, and the size of the definition.",
            "Ten containers are web and nine helpers. The long text has no business in every helper's environment.",
            "Web is essential, the helpers are not, and each helper is fine with 64 MiB.",
        ),
    ),
)  # fmt: skip
