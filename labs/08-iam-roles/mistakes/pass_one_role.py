# question: 8.9
# expects: T8
# score: 0
# Only one of the two roles may be passed.
iam.put_user_policy(
    UserName="deployer", PolicyName="pass", PolicyDocument=policy(allow("iam:PassRole", role_arn("stall-task")))
)
