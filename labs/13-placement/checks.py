"""The questions of lab 13: where tasks go and why, seen in where they are.

Not the lab's text (``lab.py``) and not the looking itself (the modules beside this one). Invariants: before the
learner has done anything every question is not attempted; every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .placing import ferry, lighthouses, safe_and_cheap
from .predictions import counts, expressions, shares
from .providers import kiosk, ledger

QUESTIONS = (
    Question(
        number="13.1", title="Predict: nine tasks", points=4, check=counts, answer=True,
        hints=(
            "How many zones are there, how many instances, and how much memory has one?",
            "binpack fills an instance before it begins another; a constraint leaves tasks unplaced.",
            "9 ÷ 3; 9 ÷ 6, rounded up; ⌈9 ÷ ⌊7985 ÷ 1024⌋⌉; one for each instance.",
        ),
    ),
    Question(
        number="13.2", title="Safe and cheap", points=4, check=safe_and_cheap,
        hints=(
            "Two wishes, one after the other. Which of them must win?",
            "spread over attribute:ecs.availability-zone first, then binpack by memory.",
            '[{"type": "spread", "field": "attribute:ecs.availability-zone"}, {"type": "binpack", "field": "memory"}]',
        ),
    ),
    Question(
        number="13.3", title="Select instances", points=4, check=expressions, answer=True,
        hints=(
            "attribute:NAME for attributes, built in or your own; in [a, b] for one of several.",
            "and, or, not; runningTasksCount is a subject of its own; exists and !exists stand after the subject.",
            '"attribute:stack == blue and attribute:ecs.availability-zone != us-east-1c"; "attribute:gpu !exists"',
        ),
    ),
    Question(
        number="13.4", title="Rules that bind", points=3, check=lighthouses,
        hints=(
            "Strategies wish. What binds?",
            "placementConstraints takes several: distinctInstance, and memberOf with an expression.",
            '{"type": "memberOf", "expression": "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]"}',
        ),
    ),
    Question(
        number="13.5", title="Predict: base and weight", points=2, check=shares, answer=True,
        hints=(
            "What is filled first?",
            "10 − 2 = 8 are divided 1 : 3.",
            "8 makes 2 and 6, and the base is added; 20 makes 5 and 15.",
        ),
    ),
    Question(
        number="13.6", title="Two that stay", points=4, check=kiosk,
        hints=(
            "The cluster must know both providers before a service can name them.",
            "base says how many at the least; which weight gives FARGATE nothing beyond?",
            '{"capacityProvider": "FARGATE", "base": 2, "weight": 0} and {…: "FARGATE_SPOT", "weight": 1}',
        ),
    ),
    Question(
        number="13.7", title="Two minutes' notice", points=3, check=ledger,
        hints=(
            "When does SIGTERM come, and when SIGKILL?",
            "stopTimeout of the container; Fargate allows up to 120 seconds.",
            "register ledger(stopTimeout=120), task = spot_run(), lab.interrupt(task), end_of(task)",
        ),
    ),
    Question(
        number="13.8", title="Challenge: the ferry", points=5, check=ferry,
        hints=(
            "update_service takes placementStrategy and availabilityZoneRebalancing.",
            "Rebalancing wants the spread over zones to come first, and a maximumPercent above 100.",
            "update, wait for 2/2/2 (forceNewDeployment helps), storm, wait for 3/3, launch, wait for 2/2/2.",
        ),
    ),
)  # fmt: skip
