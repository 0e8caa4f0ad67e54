# question: 11.9
# expects: max-below-need
scaling.register_scalable_target(**scalable("fair"), MinCapacity=2, MaxCapacity=8)
scaling.put_scaling_policy(
    **scalable("fair"),
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking(50, ScaleOutCooldown=60),
)
crowd()
