"""The questions of lab 5: what changes between EC2 and Fargate, seen in what runs and in what is refused.

Not the lab's text (``lab.py``) and not the looking itself (the modules beside this one). Invariants: before the
learner has done anything every question is not attempted; every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .moves import frog, shop, speaker, watchmen
from .predictions import dollars, owners, refusals, sizes

QUESTIONS = (
    Question(
        number="5.1", title="Predict: whose is it?", points=3, check=owners, answer=True,
        hints=(
            "Which of the two has an instance that is yours?",
            "IAM, logs and the API are the control plane's: the same for both. Bills follow instances or requests.",
            "EC2, EC2, both, neither, EC2, FARGATE",
        ),
    ),
    Question(
        number="5.2", title="The move", points=4, check=shop,
        hints=(
            "lab.lint(shop, requiresCompatibilities=['FARGATE']) lists all that is in the way.",
            "awsvpc; cpu and memory of the task, as text; hostPort, extraHosts, privileged and json-file go.",
            'cpu="256", memory="512": 200 units and 300 MiB fit in.',
        ),
    ),
    Question(
        number="5.3", title="Predict: which size?", points=4, check=sizes, answer=True,
        hints=(
            "Find the first row with enough CPU; is there enough memory to be had in it?",
            "Memory can force the CPU up: ¼ vCPU has 2048 MiB at the most.",
            "2.2 GB is 2253 MiB; with 8 vCPU memory comes in steps of 4096.",
        ),
    ),
    Question(
        number="5.4", title="Predict: what is refused?", points=3, check=refusals, answer=True,
        hints=(
            "What would touch a machine that is not yours?",
            "Ports, too: in awsvpc there is nothing to map to. And 120 seconds are the most.",
            "a, c, e, f and one more: whose instances could a placement constraint speak of?",
        ),
    ),
    Question(
        number="5.5", title="Where are the lines?", points=3, check=speaker,
        hints=(
            "The message names the role that is missing.",
            "executionRoleArn=execution_role. Then: the managed policy may create streams, but no groups.",
            'logs.create_log_group(logGroupName="/ecs/speaker"), register, run("speaker")',
        ),
    ),
    Question(
        number="5.6", title="Predict: dollars", points=3, check=dollars, answer=True,
        hints=(
            "One task on Fargate: 0.25 × 0.04048 + 0.5 × 0.004445.",
            "An m5.large has 2048 units: eight tasks of 256. You cannot buy a part of an instance.",
            "0.1234, 0.192, 0.1975, and the fourth is the second.",
        ),
    ),
    Question(
        number="5.7", title="One on each", points=3, check=watchmen,
        hints=(
            "Which scheduling strategy knows no desired count?",
            "DAEMON on EC2; on Fargate there are no instances to be on, so REPLICA with 2.",
            'create_service(…, launchType="EC2", schedulingStrategy="DAEMON")',
        ),
    ),
    Question(
        number="5.8", title="Challenge: the frog", points=4, check=frog,
        hints=(
            "Which network mode do both know?",
            "What Fargate wants, EC2 takes, too: awsvpc, cpu and memory at the task level.",
            'requiresCompatibilities=["EC2", "FARGATE"]; run("frog", "EC2"); run("frog", "FARGATE")',
        ),
    ),
)  # fmt: skip
