# question: 3.1
# expects: order, half
# score: 0
states = [["PENDING", "PROVISIONING", "ACTIVATING", "RUNNING"], ["PROVISIONING"]]
lab.answer("3.1", states)
