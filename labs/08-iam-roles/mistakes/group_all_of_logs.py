# question: 8.5
# expects: too-wide
# score: 1
# Everything in logs is allowed.
iam.put_role_policy(RoleName="till-execution", PolicyName="more", PolicyDocument=policy(allow("logs:*")))
start("till")
