# question: 11.7
# expects: absolute-bounds, not-scaled
steps = scaling.put_scaling_policy(
    **scalable("bar"),
    PolicyName="steps",
    PolicyType="StepScaling",
    StepScalingPolicyConfiguration={
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [
            {"MetricIntervalLowerBound": 60, "MetricIntervalUpperBound": 75, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 75, "ScalingAdjustment": 3},
        ],
    },
)["PolicyARN"]
alarm("bar-busy", 60, steps)
