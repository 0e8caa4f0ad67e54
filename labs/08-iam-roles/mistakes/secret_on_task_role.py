# question: 8.4
# expects: T3
# score: 0
# The task role gets the permission.
iam.put_role_policy(RoleName="kitchen-task", PolicyName="more", PolicyDocument=policy(allow("ssm:GetParameters")))
start("kitchen")
