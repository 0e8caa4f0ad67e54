"""The questions of lab 3: what a task goes through, seen in statuses, exit codes and the order of things.

Not the lab's text (``lab.py``) and not the looking itself (the modules beside this one). Invariants: before the
learner has done anything every question is not attempted; every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .orders import given_up, healthy_first, migrated_first
from .predictions import endings, states
from .runs import closed, exactly_once, goodbye, printed

QUESTIONS = (
    Question(
        number="3.1", title="Predict: the states", points=3, check=states, answer=True,
        hints=(
            "What does an awsvpc task need before an agent can begin?",
            "Two of the eight states are about the network interface.",
            "PROVISIONING, PENDING, ACTIVATING, RUNNING; and PROVISIONING with DEPROVISIONING are skipped.",
        ),
    ),
    Question(
        number="3.2", title="Predict: last words", points=4, check=endings, answer=True,
        hints=(
            "stopCode says who ended it: the program, you, or nobody, because it never ran.",
            "137 is 128 + 9 (SIGKILL); what never ran has no exit code.",
            "EssentialContainerExited also stands behind a program that ends well.",
        ),
    ),
    Question(
        number="3.3", title="First the one, then the other", points=3, check=migrated_first,
        hints=(
            "dependsOn stands in the container that waits.",
            "Of four conditions one looks at the exit code; what ends by plan must not be essential.",
            'web(dependsOn=[{"containerName": "migrate", "condition": "SUCCESS"}])',
        ),
    ),
    Question(
        number="3.4", title="Started is not ready", points=3, check=healthy_first,
        hints=(
            "The waiting one names a condition, the other one needs a way to be asked.",
            "healthCheck in db, HEALTHY in web's dependsOn; the check asks port 5432.",
            '{"command": ["CMD", "app", "health", "--port", "5432"], "interval": 5}',
        ),
    ),
    Question(
        number="3.5", title="Waiting for ever", points=3, check=given_up,
        hints=(
            "There is a timeout for starting, as there is one for stopping.",
            "It belongs to the container that is waited for.",
            'register("clinic", *clinic(startTimeout=5)); start("clinic", until=("STOPPED",))',
        ),
    ),
    Question(
        number="3.6", title="Time to say goodbye", points=3, check=goodbye,
        hints=(
            "What comes after SIGTERM, and when?",
            "stopTimeout: more than the three seconds it needs.",
            'register("clerk", clerk(stopTimeout=10)); end(start("clerk"))',
        ),
    ),
    Question(
        number="3.7", title="Same definition, other words", points=3, check=printed,
        hints=(
            "RunTask can say something else than the definition does.",
            "overrides → containerOverrides → name and command.",
            '{"containerOverrides": [{"name": "press", "command": ["log", "4"]}]}',
        ),
    ),
    Question(
        number="3.8", title="One for all", points=4, check=closed,
        hints=(
            "Whose end is the end of the task? And in which order are the others stopped?",
            "The report need not be essential; the till is the one that needs the ledger.",
            'report(essential=False), ledger(), till(dependsOn=[{"containerName": "ledger", "condition": "START"}])',
        ),
    ),
    Question(
        number="3.9", title="Challenge: exactly once", points=4, check=exactly_once,
        hints=(
            "What would run twice if it were in the service's definition?",
            "A standalone task first; wait until it is STOPPED with 0; then the service.",
            'start("forum-migrate", until=("STOPPED",)), look at exitCode, create_service with desiredCount=2',
        ),
    ),
)  # fmt: skip
