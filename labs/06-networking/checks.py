"""The questions of lab 6, answered by sockets: what connects and what does not, seen from inside the containers.

Not the lab's text (``lab.py``) and not the looking itself (the modules beside this one). Invariants: before the
learner has done anything every question is not attempted; every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .localhost import bistro, linked, pair, repaired
from .modes import copies, limits, modes
from .places import sealed, three_menus, two_zones

QUESTIONS = (
    Question(
        number="6.1", title="Predict: which mode?", points=2, check=modes, answer=True,
        hints=(
            "Two modes use the instance's address. One of them maps ports, the other has nothing to map.",
            "host is the instance's own network, as if the program had been started on it.",
            "awsvpc, bridge, host, none; and on Fargate there is no instance.",
        ),
    ),
    Question(
        number="6.2", title="One localhost for two", points=4, check=pair,
        hints=(
            "Who shares localhost in awsvpc mode: a task, or a family?",
            "Both containers in one definition with networkMode awsvpc, then run_task with count=2.",
            'register_task_definition(family="pair", containerDefinitions=[box("web", 80), box("cache", 9000)], …)',
        ),
    ),
    Question(
        number="6.3", title="Nobody at localhost", points=3, check=repaired,
        hints=(
            "Which container does the frontend's localhost lead to?",
            "The backend is another task: it has an address of its own, and inside(arn) tells it.",
            "Register `frontend` again with BACKEND=http://<inside(backend)>/ and run it.",
        ),
    ),
    Question(
        number="6.4", title="Three on two", points=3, check=three_menus,
        hints=(
            "What did failures[] say was lacking?",
            "An instance has each port once. Let it choose.",
            "A port mapping with containerPort 80 and no hostPort (or 0); then three tasks.",
        ),
    ),
    Question(
        number="6.5", title="A name for the neighbour", points=2, check=linked,
        hints=(
            "In bridge mode each container has a localhost of its own.",
            "Docker's old way of giving one container a name for another is called a link.",
            'box("web", 80, links=["cache"]) beside box("cache", 9000), networkMode bridge.',
        ),
    ),
    Question(
        number="6.6", title="Predict: host mode", points=2, check=copies, answer=True,
        hints=(
            "Nothing is mapped in host mode. Whose port 8081 is it?",
            "An instance has one port 8081, and there are two instances.",
            "One copy on each instance; the rest fails for the lack of a port.",
        ),
    ),
    Question(
        number="6.7", title="Predict: how many interfaces?", points=2, check=limits, answer=True,
        hints=(
            "Every awsvpc task takes one interface. Who else needs one?",
            "The table says how many interfaces a type has; the instance itself uses the first.",
            "3 − 1, 3 − 1, and the last column for the trunk.",
        ),
    ),
    Question(
        number="6.8", title="Two zones", points=3, check=two_zones,
        hints=(
            "Where a task's interface is, its subnet says. Where is a subnet?",
            "awsvpcConfiguration.subnets is a list. network('us-east-1a', 'us-east-1b') makes one.",
            "create_service, desiredCount=2, launchType FARGATE, networkConfiguration of two zones, no public address.",
        ),
    ),
    Question(
        number="6.9", title="The hermit", points=2, check=sealed,
        hints=(
            "No port mapping keeps visitors out. What keeps the container in?",
            "There is a mode with nothing but a loopback.",
            'register_task_definition(family="hermit", networkMode="none", …); Fargate does not take it, EC2 does.',
        ),
    ),
    Question(
        number="6.10", title="Challenge: the bistro", points=4, check=bistro,
        hints=(
            "Draw it first: which boxes are one task, and which are two?",
            "The cache is beside the web server (one task); the menu card is a task of its own with an address.",
            "Start `menu-card`, take inside(arn), put it into MENU of `bistro`, and run two over two zones.",
        ),
    ),
)  # fmt: skip
