# question: 8.4
# expects: wrong-permission
# score: 0
# GetParameter is not GetParameters.
iam.put_role_policy(RoleName="kitchen-execution", PolicyName="more", PolicyDocument=policy(allow("ssm:GetParameter")))
start("kitchen")
