# question: 8.4
# expects: T3
# score: 2
# Both roles get the permission, to be safe.
parameter_arn = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shop/db-password"
for name in ("kitchen-task", "kitchen-execution"):
    wanted = allow(["ssm:GetParameter", "ssm:GetParameters"], parameter_arn)
    iam.put_role_policy(RoleName=name, PolicyName="more", PolicyDocument=policy(wanted))
start("kitchen")
