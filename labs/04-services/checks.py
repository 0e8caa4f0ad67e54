"""The questions of lab 4, answered by what services did: tasks, answers, events, and counts over time.

Not the lab's text (``lab.py``) and not the looking itself (the modules beside this one). Invariants: before the
learner has done anything every question is not attempted; every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .promises import daemon, ended, healed, never_gives_up, scaled, three_tasks
from .rollouts import bounds, rescued, rolled, unstuck, withstood

QUESTIONS = (
    Question(
        number="4.1", title="Three of a kind", points=3, check=three_tasks,
        hints=(
            "RunTask starts tasks and forgets them. What remembers how many there should be?",
            "create_service takes a name, a definition and a desiredCount.",
            'create_service(cluster="default", serviceName="web", taskDefinition="web", desiredCount=3), then wait.',
        ),
    ),
    Question(
        number="4.2", title="Kill one", points=2, check=healed, answer=True,
        hints=(
            "Note the ids before, kill, wait until three run again, and note them after.",
            "lab.kill takes one ARN out of list_tasks(serviceName='web').",
            "The answer is the one id that is in the second list and not in the first.",
        ),
    ),
    Question(
        number="4.3", title="Predict: the bounds", points=1, check=bounds, answer=True,
        hints=(
            "Both are percentages of desiredCount, and both have to become whole numbers.",
            "Think of the careful choice in each case: keep enough, and do not pay for too many.",
            "1.5 is rounded up, 4.5 is rounded down.",
        ),
    ),
    Question(
        number="4.4", title="Roll out version 2", points=3, check=rolled,
        hints=(
            "Three things: a new revision, the service told of it, and the two percentages.",
            "You have just worked out percentages that give 2 and 4.",
            "update_service takes taskDefinition and deploymentConfiguration in one call.",
        ),
    ),
    Question(
        number="4.5", title="Stuck", points=3, check=unstuck,
        hints=(
            "It may not stop one and may not start one. The event names two settings.",
            "Give it room on one side: one more than three, or one fewer.",
            "update_service with a new deploymentConfiguration alone is enough; 67 or 134 percent of 3 is one step.",
        ),
    ),
    Question(
        number="4.6", title="A bad image", points=3, check=rescued,
        hints=(
            "lab.why of a stopped task names what is wrong. The old tasks still serve: do not lose them.",
            "The service must use a definition whose image exists. There are several.",
            "update_service with the revision that worked before; then wait until it is stable.",
        ),
    ),
    Question(
        number="4.7", title="Predict: when does ECS give up?", points=1, check=never_gives_up, answer=True,
        hints=(
            "Nobody has switched on a circuit breaker.",
            "Pauses come where a task stops without ever having been RUNNING.",
            "This one is RUNNING for two seconds each time.",
        ),
    ),
    Question(
        number="4.8", title="Out and in", points=2, check=scaled,
        hints=(
            "One number of the service says how many it wants.",
            "update_service with desiredCount, twice; wait in between.",
            "First 5, lab.wait('services_stable', …), then 2.",
        ),
    ),
    Question(
        number="4.9", title="One on each", points=3, check=daemon,
        hints=(
            "You cannot know how many instances there will be. Which strategy does not need to?",
            "schedulingStrategy has two values.",
            'create_service with schedulingStrategy="DAEMON" and no desiredCount.',
        ),
    ),
    Question(
        number="4.10", title="The end of a service", points=1, check=ended,
        hints=(
            "A service that wants tasks cannot be deleted just so.",
            "First want none, then delete.",
            "update_service with desiredCount=0, then delete_service.",
        ),
    ),
    Question(
        number="4.11", title="Challenge: under attack", points=4, check=withstood,
        hints=(
            "After each blow one is missing for a moment. Then a deployment wants to stop some, too.",
            "Have one to spare for the attack and one for luck, and let the deployment only add. How many may it add?",
            "Six tasks, a minimum of 100 percent, and a maximum between 117 and 149.",
        ),
    ),
)  # fmt: skip
