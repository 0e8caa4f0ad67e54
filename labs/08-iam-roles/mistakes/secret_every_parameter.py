# question: 8.4
# expects: too-wide
# score: 2
# Every parameter of the account is allowed.
iam.put_role_policy(RoleName="kitchen-execution", PolicyName="more", PolicyDocument=policy(allow("ssm:GetParameters")))
start("kitchen")
