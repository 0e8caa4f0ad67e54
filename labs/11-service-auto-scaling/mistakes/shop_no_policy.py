# question: 11.2
# expects: no-policy
scaling.register_scalable_target(**scalable("shop"), MinCapacity=1, MaxCapacity=10)
