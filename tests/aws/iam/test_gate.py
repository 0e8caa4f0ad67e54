"""The gate over real HTTP with boto3: ten decisions, the codes of each protocol, sessions, passing roles."""

from __future__ import annotations

from typing import Any

from tests.aws.iam.conftest import ACCOUNT, Account, allow, code_of, deny, document, message_of, trust

CLUSTER = f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/default"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
TASKS = {"Service": "ecs-tasks.amazonaws.com"}
CONTAINER = {"name": "web", "image": "ecslab/web:1", "memory": 64}


def test_a_policy_scoped_to_an_arn_allows_that_arn_only(account: Account) -> None:
    ecs = account.user("anna", allow("ecs:DescribeClusters", CLUSTER))("ecs")
    account.enforce()
    assert code_of(lambda: ecs.describe_clusters(clusters=["default"])) == ""
    assert code_of(lambda: ecs.describe_clusters(clusters=["other"])) == "AccessDeniedException"


def test_a_condition_must_hold(account: Account) -> None:
    west = {"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}
    here = {"Condition": {"StringEquals": {"ecs:cluster": CLUSTER}}}
    ecs = account.user("anna", allow("ecs:ListClusters", **west), allow("ecs:ListTasks", **here))("ecs")
    account.enforce()
    assert code_of(ecs.list_clusters) == "AccessDeniedException"
    assert code_of(lambda: ecs.list_tasks(cluster="default")) == ""


def test_an_explicit_deny_wins(account: Account) -> None:
    ecs = account.user("anna", allow("ecs:*"), deny("ecs:DeleteCluster"))("ecs")
    account.enforce()
    assert code_of(ecs.list_clusters) == ""
    assert "explicit deny" in message_of(lambda: ecs.delete_cluster(cluster="default"))


def test_not_action_allows_everything_else(account: Account) -> None:
    user = account.user("anna", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    account.enforce()
    assert code_of(user("ecs").list_clusters) == ""
    assert code_of(user("iam").list_users) == "AccessDenied"


def test_a_boundary_limits_a_user(account: Account) -> None:
    boundary = account.iam.create_policy(PolicyName="OnlyEcs", PolicyDocument=document(allow("ecs:*")))["Policy"]["Arn"]
    user = account.user("anna", allow("*"), PermissionsBoundary=boundary)
    account.enforce()
    assert account.iam.get_user(UserName="anna")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert code_of(user("ecs").list_clusters) == ""
    assert "permissions boundary" in message_of(lambda: user("sqs").list_queues())
    account.iam.delete_user_permissions_boundary(UserName="anna")
    assert code_of(user("sqs").list_queues) == ""


def test_a_boundary_limits_a_role(account: Account) -> None:
    boundary = account.iam.create_policy(PolicyName="OnlyEcs", PolicyDocument=document(allow("ecs:*")))["Policy"]["Arn"]
    account.role("worker", trust(ROOT), allow("*"))
    account.iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=boundary)
    keys = account.served.api.handle("POST", "iam/keys", {"role": "worker"})
    account.enforce()
    sqs = account.client("sqs", _spelled(keys))
    assert "permissions boundary" in message_of(sqs.list_queues)


def test_a_group_gives_its_members_what_it_has(account: Account) -> None:
    user = account.user("anna")
    account.iam.create_group(GroupName="readers")
    account.iam.put_group_policy(GroupName="readers", PolicyName="read", PolicyDocument=document(allow("ecs:List*")))
    account.enforce()
    assert code_of(user("ecs").list_clusters) == "AccessDeniedException"
    account.iam.add_user_to_group(GroupName="readers", UserName="anna")
    assert code_of(user("ecs").list_clusters) == ""


def test_a_managed_policy_speaks_by_its_default_version(account: Account) -> None:
    user = account.user("anna")
    arn = account.iam.create_policy(PolicyName="P", PolicyDocument=document(allow("ecs:ListClusters")))["Policy"]["Arn"]
    account.iam.attach_user_policy(UserName="anna", PolicyArn=arn)
    account.enforce()
    assert code_of(user("ecs").list_clusters) == ""
    account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("s3:*")), SetAsDefault=True)
    assert code_of(user("ecs").list_clusters) == "AccessDeniedException"


def test_policies_of_aws_can_be_attached(account: Account) -> None:
    user = account.user("anna")
    account.iam.attach_user_policy(UserName="anna", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    account.enforce()
    assert code_of(user("s3").list_buckets) == ""
    assert code_of(lambda: user("s3").create_bucket(Bucket="menu")) == "AccessDenied"


# roles


def test_a_role_must_trust_who_assumes_it(account: Account) -> None:
    user = account.user("anna", allow("sts:AssumeRole"))
    service = account.role("for-tasks", trust(TASKS))
    friend = account.role("for-anna", trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/anna"}))
    account.enforce()
    sts = user("sts")
    assert code_of(lambda: sts.assume_role(RoleArn=service, RoleSessionName="x1")) == "AccessDenied"
    assert code_of(lambda: sts.assume_role(RoleArn=friend, RoleSessionName="x1")) == ""


def test_an_external_id_must_be_given(account: Account) -> None:
    account.user("guest", allow("sts:AssumeRole"))
    sts = account.user("anna", allow("sts:AssumeRole"))("sts")
    must = {"Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}
    arn = account.role("partner", trust(ROOT, **must))
    account.enforce()
    assert code_of(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="x1")) == "AccessDenied"
    assert code_of(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="x1", ExternalId="secret")) == ""


def test_a_session_policy_narrows_the_role(account: Account) -> None:
    account.role("worker", trust(ROOT), allow("ecs:*"))
    keys = account.served.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/worker",
        RoleSessionName="narrow",
        Policy=document(allow("ecs:ListClusters")),
    )["Credentials"]
    account.enforce()
    ecs = account.client("ecs", keys)
    assert code_of(ecs.list_clusters) == ""
    assert "session policy" in message_of(lambda: ecs.describe_clusters())


def test_a_session_says_who_it_is_and_ends_by_lab_time(account: Account) -> None:
    arn = account.role("worker", trust(ROOT), allow("ecs:*"))
    keys = account.served.client("sts").assume_role(RoleArn=arn, RoleSessionName="short", DurationSeconds=900)
    keys = keys["Credentials"]
    now = account.served.lab.timeline.now()
    assert abs(keys["Expiration"].timestamp() - now - 900) < 5
    me = account.client("sts", keys).get_caller_identity()["Arn"]
    assert me == f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/short"
    account.served.lab.timeline.advance(901)
    assert code_of(account.client("ecs", keys).list_clusters) == "ExpiredTokenException"
    assert code_of(account.client("iam", keys).list_users) == "ExpiredToken"
    assert code_of(account.client("s3", keys).list_buckets) == "ExpiredToken"


def test_a_role_that_does_not_exist_cannot_be_assumed(account: Account) -> None:
    sts = account.served.client("sts")
    said = message_of(lambda: sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/nobody", RoleSessionName="x1"))
    assert "sts:AssumeRole" in said
    assert "no such role" in said


# passing roles


def test_registering_a_definition_passes_both_roles(account: Account) -> None:
    task, execution = account.role("app", trust(TASKS)), account.role("exec", trust(TASKS))
    to_tasks = {"Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}}
    ecs = account.user("anna", allow("ecs:*"), allow("iam:PassRole", task, **to_tasks))("ecs")
    account.enforce()
    register: dict[str, Any] = {"family": "web", "containerDefinitions": [CONTAINER]}
    assert code_of(lambda: ecs.register_task_definition(taskRoleArn=task, **register)) == ""
    said = message_of(lambda: ecs.register_task_definition(taskRoleArn=task, executionRoleArn=execution, **register))
    assert "iam:PassRole" in said
    assert execution in said


def test_running_a_task_passes_the_roles_of_its_definition(account: Account) -> None:
    role, other = account.role("app", trust(TASKS)), account.role("other", trust(TASKS))
    account.served.ecs.register_task_definition(family="web", containerDefinitions=[CONTAINER], taskRoleArn=role)
    ecs = account.user("anna", allow("ecs:*"), allow("iam:PassRole", role))("ecs")
    nobody = account.user("bob", allow("ecs:*"))("ecs")
    account.enforce()
    assert code_of(lambda: ecs.run_task(taskDefinition="web")) == ""
    assert role in message_of(lambda: nobody.run_task(taskDefinition="web"))
    assert role in message_of(lambda: nobody.create_service(serviceName="s", taskDefinition="web", desiredCount=1))
    assert other in message_of(lambda: ecs.run_task(taskDefinition="web", overrides={"taskRoleArn": other}))


# protocols, keys and signatures


def test_each_protocol_gets_its_own_code(account: Account) -> None:
    user = account.user("anna")
    account.enforce()
    calls = {
        "AccessDeniedException": [
            user("ecs").list_clusters,
            user("ssm").describe_parameters,
            user("secretsmanager").list_secrets,
            user("logs").describe_log_groups,
            user("dynamodb").list_tables,
            user("lambda").list_functions,
            user("scheduler").list_schedules,
            user("events").list_rules,
            user("ecr").describe_repositories,
            user("kms").list_keys,
        ],
        "AccessDenied": [
            user("iam").list_users,
            user("s3").list_buckets,
            user("elbv2").describe_load_balancers,
            user("autoscaling").describe_auto_scaling_groups,
        ],
        "AuthorizationError": [user("sns").list_topics],
        "UnauthorizedOperation": [user("ec2").describe_instances],
    }
    for code, several in calls.items():
        for call in several:
            assert code_of(call) == code
    assert code_of(user("sqs").list_queues).startswith("AccessDenied")
    assert code_of(user("cloudwatch").list_metrics).startswith("AccessDenied")


def test_what_is_allowed_reaches_every_service(account: Account) -> None:
    user = account.user("anna", allow("*"))
    account.enforce()
    s3 = user("s3")
    s3.create_bucket(Bucket="menu")
    s3.put_object(Bucket="menu", Key="a folder/to day+é.txt", Body=b"soup")
    assert s3.get_object(Bucket="menu", Key="a folder/to day+é.txt")["Body"].read() == b"soup"
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "menu", "Key": "a folder/to day+é.txt"})
    import urllib.request

    assert urllib.request.urlopen(url).read() == b"soup"
    queue = user("sqs").create_queue(QueueName="orders")["QueueUrl"]
    user("sqs").send_message(QueueUrl=queue, MessageBody="one & two = three")
    assert user("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "one & two = three"
    user("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 1.0}])
    user("dynamodb").list_tables()
    user("lambda").list_functions()
    user("ec2").describe_instances()
    user("sns").create_topic(Name="news")
    user("sts").get_caller_identity()
    user("ssm").put_parameter(Name="/shop/db", Value="x", Type="String")
    user("secretsmanager").create_secret(Name="pass", SecretString="s")


def test_a_wrong_secret_is_told_by_the_signature(account: Account) -> None:
    account.user("anna", allow("*"))
    key = account.served.api.handle("POST", "iam/keys", {"user": "anna"})["access_key_id"]
    wrong = {"AccessKeyId": key, "SecretAccessKey": "wrong"}
    assert code_of(account.client("ecs", wrong).list_clusters) == "InvalidSignatureException"
    assert code_of(account.client("iam", wrong).list_users) == "SignatureDoesNotMatch"
    assert code_of(account.client("s3", wrong).list_buckets) == "SignatureDoesNotMatch"


def test_a_token_must_belong_to_its_key(account: Account) -> None:
    arn = account.role("worker", trust(ROOT), allow("ecs:*"))
    keys = account.served.client("sts").assume_role(RoleArn=arn, RoleSessionName="one")["Credentials"]
    forged = {**keys, "SessionToken": "made up"}
    assert code_of(account.client("ecs", forged).list_clusters) == "UnrecognizedClientException"
    assert code_of(account.client("iam", forged).list_users) == "InvalidClientTokenId"
    assert code_of(account.client("ecs", {**keys, "SessionToken": None}).list_clusters) == "UnrecognizedClientException"


# on, off, and root


def test_enforcement_is_off_until_it_is_switched_on(account: Account) -> None:
    ecs = account.user("anna")("ecs")
    assert code_of(ecs.list_clusters) == ""
    account.enforce()
    assert code_of(ecs.list_clusters) == "AccessDeniedException"
    account.enforce(False)
    assert code_of(ecs.list_clusters) == ""


def test_root_is_never_denied(account: Account) -> None:
    account.enforce()
    assert code_of(account.served.ecs.list_clusters) == ""
    assert code_of(account.iam.list_users) == ""
    assert account.denied() == []


def test_a_denial_is_told_with_its_reasons(account: Account) -> None:
    ecs = account.user("anna", allow("ecs:ListClusters"))("ecs")
    account.enforce()
    assert code_of(ecs.describe_clusters) == "AccessDeniedException"
    newest = account.denied("anna")[0]
    assert newest["action"] == "ecs:DescribeClusters"
    assert newest["resource"] == CLUSTER
    assert newest["principal"] == f"arn:aws:iam::{ACCOUNT}:user/anna"
    assert newest["sentences"]
    assert account.denied("bob") == []


def test_a_bucket_policy_can_let_a_user_in(account: Account) -> None:
    user = account.user("anna")
    account.served.client("s3").create_bucket(Bucket="menu")
    account.enforce()
    assert code_of(lambda: user("s3").list_objects_v2(Bucket="menu")) == "AccessDenied"
    statement = allow("s3:ListBucket", "arn:aws:s3:::menu", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/anna"})
    account.served.client("s3").put_bucket_policy(Bucket="menu", Policy=document(statement))
    assert code_of(lambda: user("s3").list_objects_v2(Bucket="menu")) == ""


def test_a_transaction_needs_what_its_parts_need(account: Account) -> None:
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"
    for name in ("orders", "menu"):
        account.served.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    dynamodb = account.user("anna", allow("dynamodb:PutItem", table))("dynamodb")
    account.enforce()
    put = {"Put": {"TableName": "orders", "Item": {"id": {"S": "1"}}}}
    other = {"Put": {"TableName": "menu", "Item": {"id": {"S": "1"}}}}
    assert code_of(lambda: dynamodb.transact_write_items(TransactItems=[put])) == ""
    assert code_of(lambda: dynamodb.transact_write_items(TransactItems=[put, other])) == "AccessDeniedException"


def test_a_policy_for_the_account_leaves_the_decision_to_iam(account: Account) -> None:
    user = account.user("anna")
    account.served.client("s3").create_bucket(Bucket="menu")
    statement = allow("s3:*", "arn:aws:s3:::menu", Principal=ROOT)
    account.served.client("s3").put_bucket_policy(Bucket="menu", Policy=document(statement))
    account.enforce()
    assert code_of(lambda: user("s3").list_objects_v2(Bucket="menu")) == "AccessDenied"


def _spelled(keys: dict[str, Any]) -> dict[str, Any]:
    return {
        "AccessKeyId": keys["access_key_id"],
        "SecretAccessKey": keys["secret_access_key"],
        "SessionToken": keys.get("token"),
    }
