# question: 8.9
# expects: any-role,any-service
# score: 1
# Any role may be passed, to anybody.
iam.put_user_policy(UserName="deployer", PolicyName="pass", PolicyDocument=policy(allow("iam:PassRole")))
