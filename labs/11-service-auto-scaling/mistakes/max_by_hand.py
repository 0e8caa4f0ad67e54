# question: 11.4
# expects: by-hand
ecs.update_service(service="till", desiredCount=10)
lab.time.advance(minutes=15)
