# question: 11.9
# expects: too-late
scaling.register_scalable_target(**scalable("fair"), MinCapacity=2, MaxCapacity=20)
scaling.put_scaling_policy(
    **scalable("fair"),
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking(60),
)
crowd()
