# question: 13.3
# expects: by-name
# score: 3
names = ", ".join(i["ec2InstanceId"] for i in instances() if zone_of(i) != "us-east-1c")
expressions = [
    f"ec2InstanceId in [{names}]",
    "attribute:stack == blue and attribute:ecs.availability-zone != us-east-1c",
    "runningTasksCount == 0",
    "attribute:gpu !exists",
]
lab.answer("13.3", expressions)
