# question: 3.1
# expects: no-interface
# score: 1
states = [["PENDING", "ACTIVATING", "RUNNING"], ["PROVISIONING", "DEPROVISIONING"]]
lab.answer("3.1", states)
