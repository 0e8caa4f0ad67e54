"""The questions of lab 14: deployments within their bounds, given up, and taken back, read from their records.

Not the lab's text (``lab.py``) and not the looking itself (the modules beside this one). Invariants: before the
learner has done anything every question is not attempted; every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .predictions import beside, bounds, few, thresholds
from .records import gazette, herald, paper

QUESTIONS = (
    Question(
        number="14.1", title="Predict: between two bounds", points=3, check=bounds, answer=True,
        hints=(
            "Which of the two is rounded up, and which down?",
            "The minimum protects users, so it is rounded up; the maximum protects room, so it is rounded down.",
            "3 × 50 % = 1.5 → 2 and 3 × 150 % = 4.5 → 4; 7 × 90 % = 6.3 and 7 × 110 % = 7.7.",
        ),
    ),
    Question(
        number="14.2", title="Predict: enough is enough", points=2, check=thresholds, answer=True,
        hints=(
            "Half of it, rounded up; and two bounds.",
            "Half of 1 and half of 4 are below the lower bound.",
            "3, 3, 13, and 400 ÷ 2.",
        ),
    ),
    Question(
        number="14.3", title="Back by itself", points=4, check=paper,
        hints=(
            "Who notices that tasks fail to start?",
            "deploymentConfiguration → deploymentCircuitBreaker, with enable and rollback.",
            '{"deploymentCircuitBreaker": {"enable": True, "rollback": True}}, then deploy unpullable()',
        ),
    ),
    Question(
        number="14.4", title="Predict: two at a time", points=3, check=beside, answer=True,
        hints=(
            "Green gets all its tasks before anybody is sent there.",
            "Test traffic is not production traffic; and what is the bake time for?",
            "3 + 3, nothing, everything, and all of blue.",
        ),
    ),
    Question(
        number="14.5", title="The test decides", points=4, check=gazette,
        hints=(
            "At which stage has green been tested, and no user been sent there?",
            "lifecycleHooks in deploymentConfiguration; lifecycleStages names POST_TEST_TRAFFIC_SHIFT.",
            '{"hookTargetArn": function, "roleArn": hook_role, "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}',
        ),
    ),
    Question(
        number="14.6", title="Predict: a few first", points=3, check=few, answer=True,
        hints=(
            "25, 50, 75, 100: between how many steps is waited?",
            "In the third minute a canary of five minutes is still alone.",
            "3 × 3 minutes; canaryPercent; and blue/green knows only none and all.",
        ),
    ),
    Question(
        number="14.7", title="Challenge: stop the press", points=5, check=herald,
        hints=(
            "During which stage has green all the traffic while blue still stands?",
            "StopServiceDeployment, with a stopType.",
            'wait for BAKE_TIME, then stop_service_deployment(…, stopType="ROLLBACK")',
        ),
    ),
)  # fmt: skip
