# question: 8.5
# expects: T9
# score: 0
# A permission that is for streams does not make groups.
iam.put_role_policy(
    RoleName="till-execution",
    PolicyName="more",
    PolicyDocument=policy(allow(["logs:CreateLogStream", "logs:PutLogEvents"])),
)
start("till")
