# question: 11.7
# expects: wrong-steps
steps = scaling.put_scaling_policy(
    **scalable("bar"),
    PolicyName="steps",
    PolicyType="StepScaling",
    StepScalingPolicyConfiguration={
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    },
)["PolicyARN"]
alarm("bar-busy", 60, steps)
