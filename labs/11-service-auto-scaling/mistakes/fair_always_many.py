# question: 11.9
# expects: idle
# score: 2.67
scaling.register_scalable_target(**scalable("fair"), MinCapacity=16, MaxCapacity=16)
scaling.put_scheduled_action(
    **scalable("fair"), ScheduledActionName="open", Schedule=at(1), ScalableTargetAction={"MinCapacity": 16}
)
crowd()
