# question: 1.2
# expects: default
ecs.create_cluster(clusterName="dock")
user_data = "#!/bin/bash\necho ECS_CLUSTER=default >> /etc/ecs/ecs.config\n"
ec2.run_instances(ImageId=image, InstanceType="t3.medium", MinCount=2, MaxCount=2, UserData=user_data)
lab.until(lambda: len(instances()) == 4, timeout=30)
