# question: 8.9
# expects: any-service
# score: 2
# The two roles may be passed to any service.
iam.put_user_policy(
    UserName="deployer",
    PolicyName="pass",
    PolicyDocument=policy(allow("iam:PassRole", [role_arn("stall-task"), role_arn("stall-execution")])),
)
