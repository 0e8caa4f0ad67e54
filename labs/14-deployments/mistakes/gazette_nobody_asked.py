# question: 14.5
# expects: not-rolled-back, not-asked, too-late
# score: 0
ecs.update_service(cluster="default", service="gazette", taskDefinition=version(2))
ends("gazette")
