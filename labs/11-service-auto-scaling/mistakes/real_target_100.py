# question: 11.6
# expects: not-out
real_scaling.register_scalable_target(**scalable("kiosk"), MinCapacity=1, MaxCapacity=3)
real_scaling.put_scaling_policy(
    **scalable("kiosk"),
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking(100),
)
