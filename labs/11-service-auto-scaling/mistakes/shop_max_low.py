# question: 11.2
# expects: max-below-need
scaling.register_scalable_target(**scalable("shop"), MinCapacity=1, MaxCapacity=5)
scaling.put_scaling_policy(
    **scalable("shop"),
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking(60),
)
