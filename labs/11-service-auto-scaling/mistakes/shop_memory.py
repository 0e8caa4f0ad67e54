# question: 11.2
# expects: wrong-metric
scaling.register_scalable_target(**scalable("shop"), MinCapacity=1, MaxCapacity=10)
scaling.put_scaling_policy(
    **scalable("shop"),
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking(60, "ECSServiceAverageMemoryUtilization"),
)
