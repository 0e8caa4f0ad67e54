# question: 11.4
# expects: silenced
scaling.put_scaling_policy(
    **scalable("till"),
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking(100),
)
