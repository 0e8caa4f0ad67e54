# question: 1.2
# expects: no-user-data
ecs.create_cluster(clusterName="dock")
ec2.run_instances(ImageId=image, InstanceType="t3.medium", MinCount=2, MaxCount=2)
