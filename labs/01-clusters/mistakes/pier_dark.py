# question: 1.7
# expects: dark
# score: 3
ec2.terminate_instances(InstanceIds=[i["InstanceId"] for i in stray()])
join("pier")
