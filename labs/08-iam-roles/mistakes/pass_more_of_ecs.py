# question: 8.9
# expects: T8
# score: 0
# More of ECS is not PassRole.
iam.put_user_policy(UserName="deployer", PolicyName="pass", PolicyDocument=policy(allow(["ecs:*", "sts:AssumeRole"])))
