"""The questions of lab 11, answered by what scaling did: alarms, activities, counts and datapoints.

Not the lab's text (``lab.py``). Invariants: before the learner has done anything every question is not attempted;
every known wrong way has a code of its own.
"""

from __future__ import annotations

from ecslab.checks import Question

from .crowd import fair
from .predictions import conflict, counts, timing
from .steps import bar, packer
from .tracking import for_real, limited, shop

QUESTIONS = (
    Question(
        number="11.1", title="Predict: how many?", points=2, check=counts, answer=True,
        hints=(
            "The same work, shared by more tasks: what stays the same when you multiply?",
            "tasks × percent stays the same: 4 × 90 = how many × 60?",
            "tasks × percent ÷ target, rounded up: with too few tasks the metric would stay above the target.",
        ),
    ),
    Question(
        number="11.2", title="Scale out", points=3, check=shop,
        hints=(
            "First the bounds, then the policy. Both name the service by its ResourceId.",
            "register_scalable_target(**scalable('shop'), MinCapacity=…, MaxCapacity=…), then put_scaling_policy.",
            "TargetTrackingScalingPolicyConfiguration=tracking(60) is the policy's last argument.",
        ),
    ),
    Question(
        number="11.3", title="Predict: and in again", points=2, check=timing, answer=True,
        hints=(
            "The alarms of shop's policy are printed above. One of them has Low in its name.",
            "Its threshold is a tenth below the target, and it wants to see more minutes than the other.",
            "60 less a tenth of it; and EvaluationPeriods of AlarmLow.",
        ),
    ),
    Question(
        number="11.4", title="It scales, but not enough", points=3, check=limited,
        hints=(
            "told('till') shows also what was not done, and why.",
            "1.5 vCPUs are asked for. How many tasks of a quarter of a vCPU have that at 60 %?",
            "register_scalable_target once more, with a MaxCapacity of 10 or more; then 15 minutes.",
        ),
    ),
    Question(
        number="11.5", title="Predict: two policies", points=4, check=conflict, answer=True,
        hints=(
            "Being too small hurts visitors. Which mistake does ECS avoid, if it can make only one?",
            "One policy is enough for out; for in, all must agree. 58 % is between the two thresholds of memory.",
            "While a deployment is under way, a service may scale out and does not scale in.",
        ),
    ),
    Question(
        number="11.6", title="For real", points=3, check=for_real,
        hints=(
            "It is what you did with shop, on another lab and with other numbers.",
            "real_scaling has the same calls as scaling; scalable('kiosk') names the service.",
            "register_scalable_target with 1 and 3, put_scaling_policy with tracking(50); run the watching cell again.",
        ),
    ),
    Question(
        number="11.7", title="Steps", points=3, check=bar,
        hints=(
            "Two steps: one for a little too much, one for far too much.",
            "Bounds are counted from the alarm's threshold: 75 % is 15 above 60 %.",
            "[{Lower 0, Upper 15, Adjustment 1}, {Lower 15, Adjustment 3}], and the alarm gets the PolicyARN.",
        ),
    ),
    Question(
        number="11.8", title="A metric of your own", points=3, check=packer,
        hints=(
            "The story says which metric is watched, and which is published.",
            "A metric is its name and its dimensions. Compare the names of the dimensions.",
            'track(backlog(Service="packer")), then publish(8).',
        ),
    ),
    Question(
        number="11.9", title="Challenge: the fair", points=4, check=fair,
        hints=(
            "What keeps it from growing twice within five minutes? And do you know when the crowd comes?",
            "A shorter ScaleOutCooldown, or a scheduled action that raises the minimum before minute 10.",
            "Target 50 with ScaleOutCooldown=60 and room for 20 tasks is enough; then crowd().",
        ),
    ),
)  # fmt: skip
