# question: 1.2
# expects: type, count
ecs.create_cluster(clusterName="dock")
join("dock", 1, "m5.large")
