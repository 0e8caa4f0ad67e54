# question: 11.7
# expects: no-action, not-scaled
# score: 1
scaling.put_scaling_policy(
    **scalable("bar"),
    PolicyName="steps",
    PolicyType="StepScaling",
    StepScalingPolicyConfiguration={
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [
            {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 15, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 15, "ScalingAdjustment": 3},
        ],
    },
)
