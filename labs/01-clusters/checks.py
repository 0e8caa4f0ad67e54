"""The questions of lab 1: what the control plane knows and what really runs, seen from both sides.

Not the lab's text (``lab.py``) and not the looking itself (the modules beside this one). Invariants: before the
learner has done anything every question is not attempted; every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .doing import attic, dock, emptied, pier
from .predictions import agent_gone, planes, registered

QUESTIONS = (
    Question(
        number="1.1", title="Predict: who does it?", points=3, check=planes, answer=True,
        hints=(
            "Wishes and answers are one side's, doing and reporting the other's.",
            "The control plane never touches a machine: what it knows of one, somebody has told it.",
            "control plane, control plane, agent, agent, control plane, agent",
        ),
    ),
    Question(
        number="1.2", title="A cluster of your own", points=3, check=dock,
        hints=(
            "How does the agent on an instance know where to register?",
            "create_cluster, then run_instances with UserData that writes ECS_CLUSTER=dock.",
            'UserData="#!/bin/bash\\necho ECS_CLUSTER=dock >> /etc/ecs/ecs.config\\n", MinCount=2, MaxCount=2',
        ),
    ),
    Question(
        number="1.3", title="Predict: what it registers", points=2, check=registered, answer=True,
        hints=(
            "1024 units for a vCPU.",
            "Is all of the 4 GiB left for tasks?",
            "2048, and not quite four times 1024.",
        ),
    ),
    Question(
        number="1.4", title="Predict: the agent dies", points=3, check=agent_gone, answer=True,
        hints=(
            "Who runs the container: the agent, or Docker?",
            "The agent is how the control plane hears of an instance, and how it starts something there.",
            'True, False, "AGENT"',
        ),
    ),
    Question(
        number="1.5", title="Empty it, but let the job run", points=4, check=emptied,
        hints=(
            "There is a status of container instances for just this.",
            "update_container_instances_state(…, status=\"DRAINING\") moves what belongs to services.",
            'home = running("batch", "yard")[0]["containerInstanceArn"], and drain that one',
        ),
    ),
    Question(
        number="1.6", title="Taking it down", points=4, check=attic,
        hints=(
            "The error names what is in the way. What else costs money?",
            "delete_service(force=True), stop_task, terminate_instances; then delete_cluster.",
            "A service that is deleted is DRAINING for a moment: try delete_cluster again until it works.",
        ),
    ),
    Question(
        number="1.7", title="Challenge: the one that never came", points=4, check=pier,
        hints=(
            "Read its user data, letter by letter.",
            "Do not make the cluster it asks for; give the pier an instance that asks for the pier.",
            "terminate the stray, run_instances with ECS_CLUSTER=pier, run_task lantern",
        ),
    ),
)  # fmt: skip
