# question: 11.4
# expects: max-below-need
scaling.register_scalable_target(**scalable("till"), MinCapacity=2, MaxCapacity=8)
lab.time.advance(minutes=15)
