# question: 11.8
# expects: by-hand
ecs.update_service(service="packer", desiredCount=6)
publish(3)
