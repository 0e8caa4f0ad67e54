# question: 1.7
# expects: misspelt, still-billed
# score: 0
ecs.create_cluster(clusterName="peir")
lab.until(lambda: instances("peir"), timeout=90)
