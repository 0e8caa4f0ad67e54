"""The questions of lab 8, answered by calls from inside containers and by what IAM decides.

Not the lab's text (``lab.py``) and not the looking itself (the modules beside this one). Invariants: before the
learner has done anything every question is not attempted; every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .readying import four_roles, log_group, password, rotation, token
from .trusting import careful, denials, passing
from .using import courier, orders_only, reads_the_menu

QUESTIONS = (
    Question(
        number="8.1", title="Predict: whose permission?", points=2, check=four_roles, answer=True,
        hints=(
            "For each, ask who makes the call.",
            "Your code makes only one of the five. What is done for a task before it starts is one role's work.",
            "task, execution, instance, …: the last two are for ECS itself, and once more the execution role.",
        ),
    ),
    Question(
        number="8.2", title="Credentials for your code", points=3, check=reads_the_menu,
        hints=(
            "Your code needs a role. A task definition has two fields for roles; one of them is for your code.",
            "Three steps: make_role with a statement, definition with taskRoleArn, start.",
            'allow("s3:GetObject", "arn:aws:s3:::menu/*") on a role that ecs-tasks.amazonaws.com may assume.',
        ),
    ),
    Question(
        number="8.3", title="One prefix", points=3, check=orders_only,
        hints=(
            "Reading and listing are two actions, on two kinds of resources.",
            "GetObject is about objects: …shop/orders/*. ListBucket is about the bucket; a Condition narrows it.",
            'Condition={"StringLike": {"s3:prefix": "orders/*"}} on s3:ListBucket for arn:aws:s3:::shop.',
        ),
    ),
    Question(
        number="8.4", title="A secret before the start", points=3, check=password,
        hints=(
            "stoppedReason names the role, the action and the resource.",
            "Secrets are fetched by the execution role. Put one statement on kitchen-execution.",
            "ssm:GetParameters on arn:aws:ssm:us-east-1:…:parameter/shop/db-password, then start a task.",
        ),
    ),
    Question(
        number="8.5", title="The group that nobody made", points=2, check=log_group,
        hints=(
            "Read stoppedReason once more: one action is missing.",
            "iam.put_role_policy adds it to till-execution, beside the managed policy.",
            'allow("logs:CreateLogGroup", …), and start("till").',
        ),
    ),
    Question(
        number="8.6", title="Predict: a new password", points=1, check=rotation, answer=True,
        hints=(
            "How does a value get into a process's environment?",
            "From outside, only when the process starts.",
            "Nobody restarts the task either.",
        ),
    ),
    Question(
        number="8.7", title="Bring it in", points=2, check=token,
        hints=(
            "Only a new task fetches the parameter again.",
            "A service replaces all its tasks when it has a new deployment.",
            "update_service with forceNewDeployment=True; then wait until it is stable.",
        ),
    ),
    Question(
        number="8.8", title="The confused deputy", points=3, check=careful,
        hints=(
            "The trust policy decides who may assume a role, and it may have a Condition.",
            "aws:SourceAccount is your account's number; aws:SourceArn wants a pattern, with ArnLike.",
            'trust("ecs-tasks.amazonaws.com", Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})',
        ),
    ),
    Question(
        number="8.9", title="Who may pass a role", points=3, check=passing,
        hints=(
            "The denial names an action that is not of ECS.",
            "iam.put_user_policy: iam:PassRole, on two ARNs, with a Condition.",
            'Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}',
        ),
    ),
    Question(
        number="8.10", title="Reading a denial", points=2, check=denials, answer=True,
        hints=(
            "The end of each message says why.",
            "lab.why_denied of each of the three names the policy and the statement.",
            "“with an explicit deny”, “no permissions boundary allows”, “no identity-based policy allows”.",
        ),
    ),
    Question(
        number="8.11", title="Challenge: the courier", points=4, check=courier,
        hints=(
            "Four things, so four statements.",
            "Two of them as in 8.3; one is s3:PutObject; one is ssm:GetParameter.",
            "lab.why_denied() tells you what is missing. Each Resource ends where the task's need ends.",
        ),
    ),
)  # fmt: skip
