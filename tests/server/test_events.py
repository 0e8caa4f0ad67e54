"""Events on the served lab: rules, targets and schedules over HTTP, on virtual time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.server.conftest import Served

REGION = "arn:aws:events:us-east-1:123456789012:"
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/default"
MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceEventsRole"


def queue(served: Served, name: str = "told") -> tuple[str, str]:
    """A queue's URL and ARN."""
    url = served.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:123456789012:{name}"


def messages(served: Served, url: str) -> list[Any]:
    """The bodies of all messages of a queue, in order."""
    found: list[Any] = []
    while True:
        batch = served.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if not batch:
            return found
        found += [json.loads(m["Body"]) for m in batch]


def rule(served: Served, name: str, target: dict[str, Any], **given: Any) -> None:
    """A rule with one target."""
    events = served.client("events")
    if "EventPattern" in given:
        given["EventPattern"] = json.dumps(given["EventPattern"])
    events.put_rule(Name=name, **given)
    answer = events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])
    assert answer["FailedEntryCount"] == 0


def role(served: Served, name: str, service: str, *, managed: bool = True) -> str:
    """A role that a service may assume, with AWS's policy for running tasks or with none."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    iam = served.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    if managed:
        iam.attach_role_policy(RoleName=name, PolicyArn=MANAGED)
    return str(arn)


def short(served: Served, family: str = "batch", **more: Any) -> str:
    """A task that ends by itself after five seconds."""
    return served.register(family, container={"dockerLabels": {"sim.duration": "5", "sim.exit_code": "0"}}, **more)


def started_by(served: Served, who: str) -> list[Any]:
    """All tasks that somebody started, oldest first."""
    return [t for t in served.lab.backend.store.all_tasks() if t.started_by == who]


def count(served: Served, namespace: str, name: str, **dimensions: str) -> float:
    """The sum of a metric over the last day."""
    from ecslab.aws import cloudwatch

    metric = cloudwatch.key_of(namespace, name, dimensions)
    now = served.lab.timeline.now()
    (value,) = cloudwatch.read(served.lab.backend.place, metric, "Sum", 86_400, start=now - 86_000, end=now + 400)
    return value or 0.0


def ecs_target(definition: str, role_arn: str, **more: Any) -> dict[str, Any]:
    """A target that runs a task on the default cluster."""
    return {"Arn": CLUSTER, "RoleArn": role_arn, "EcsParameters": {"TaskDefinitionArn": definition, **more}}


def test_a_rule_on_stopped_tasks_tells_a_queue_once_for_each(served: Served) -> None:
    url, arn = queue(served)
    pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["STOPPED"]}}
    rule(served, "stopped", {"Arn": arn}, EventPattern=pattern)
    task = served.ecs.run_task(taskDefinition=served.register())["tasks"][0]["taskArn"]
    served.until(lambda: served.task(task).last_status == "RUNNING")
    served.ecs.stop_task(task=task, reason="enough")
    served.until(lambda: served.task(task).last_status == "STOPPED")
    served.lab.timeline.advance(1)
    (event,) = messages(served, url)
    assert event["detail-type"] == "ECS Task State Change"
    assert event["resources"] == [task]
    assert event["detail"]["stoppedReason"] == "enough"
    assert event["detail"]["stopCode"] == "UserInitiated"
    assert event["detail"]["version"] == served.ecs.describe_tasks(tasks=[task])["tasks"][0]["version"]


def test_a_task_is_told_in_the_order_of_its_versions_with_no_version_twice(served: Served) -> None:
    url, arn = queue(served)
    rule(served, "all", {"Arn": arn}, EventPattern={"detail-type": ["ECS Task State Change"]})
    task = served.ecs.run_task(taskDefinition=short(served))["tasks"][0]["taskArn"]
    served.until(lambda: served.task(task).last_status == "STOPPED")
    served.lab.timeline.advance(1)
    told = [(e["detail"]["version"], e["detail"]["lastStatus"]) for e in messages(served, url)]
    versions = [version for version, _ in told]
    assert versions == sorted(set(versions))
    assert told[0][0] == 1
    assert list(dict.fromkeys(status for _, status in told)) == [
        "PENDING",
        "ACTIVATING",
        "RUNNING",
        "DEACTIVATING",
        "STOPPING",
        "STOPPED",
    ]


def test_a_cron_rule_runs_a_task_every_five_minutes(served: Served) -> None:
    target = ecs_target(short(served), role(served, "runner", "events.amazonaws.com"))
    rule(served, "often", target, ScheduleExpression="cron(0/5 * * * ? *)")
    served.lab.timeline.advance(3600)
    tasks = started_by(served, "events-rule/often")
    assert len(tasks) == 12
    assert all(task.created_at % 300 == 0 for task in tasks)
    assert [task.last_status for task in tasks[:-1]] == ["STOPPED"] * 11
    assert count(served, "AWS/Events", "Invocations", RuleName="often") == 12
    assert count(served, "AWS/Events", "FailedInvocations", RuleName="often") == 0


def test_a_rate_counts_from_when_the_rule_was_made_and_ends_when_it_is_disabled(served: Served) -> None:
    target = ecs_target(short(served), role(served, "runner", "events.amazonaws.com"))
    rule(served, "rate", target, ScheduleExpression="rate(10 minutes)")
    made = served.lab.timeline.now() - 1  # putting the target took a second
    served.lab.timeline.advance(1805)
    times = [task.created_at for task in started_by(served, "events-rule/rate")]
    assert [round(at - made) for at in times] == [600, 1200, 1800]
    served.client("events").disable_rule(Name="rate")
    served.lab.timeline.advance(3600)
    assert count(served, "AWS/Events", "TriggeredRules", RuleName="rate") == 3
    served.client("events").enable_rule(Name="rate")
    served.lab.timeline.advance(600)
    assert count(served, "AWS/Events", "TriggeredRules", RuleName="rate") == 4


def test_the_input_of_an_ecs_target_overrides_the_task(served: Served) -> None:
    given = {"containerOverrides": [{"name": "web", "command": ["sleep", "1"], "environment": []}]}
    target = ecs_target(
        short(served),
        role(served, "runner", "events.amazonaws.com"),
        TaskCount=2,
        LaunchType="EC2",
        Group="nightly",
        PlacementStrategy=[{"type": "spread", "field": "instanceId"}],
    )
    rule(served, "with", {**target, "Input": json.dumps(given)}, ScheduleExpression="rate(1 minute)")
    served.lab.timeline.advance(61)
    tasks = started_by(served, "events-rule/with")
    assert len(tasks) == 2
    assert {task.group for task in tasks} == {"nightly"}
    assert tasks[0].overrides["containerOverrides"] == given["containerOverrides"]
    assert tasks[0].container_instance_arn != tasks[1].container_instance_arn


def test_a_role_that_does_not_trust_eventbridge_runs_nothing_and_the_journal_says_why(served: Served) -> None:
    wrong = role(served, "wrong", "ecs-tasks.amazonaws.com")
    rule(served, "never", ecs_target(short(served), wrong), ScheduleExpression="rate(1 minute)")
    served.lab.timeline.advance(61)
    assert started_by(served, "events-rule/never") == []
    (entry,) = served.lab.journal.read(kind="event.failed")
    assert entry.data["error"] == "NO_PERMISSIONS"
    assert "Principal is Service ecs-tasks.amazonaws.com, not events.amazonaws.com" in entry.text
    (denied,) = served.lab.journal.read(kind="iam.denied")
    assert denied.data["action"] == "sts:AssumeRole"
    assert count(served, "AWS/Events", "FailedInvocations", RuleName="never") == 1


def test_a_role_without_run_task_is_refused_in_awss_words(served: Served) -> None:
    bare = role(served, "bare", "events.amazonaws.com", managed=False)
    rule(served, "never", ecs_target(short(served), bare), ScheduleExpression="rate(1 minute)")
    served.lab.timeline.advance(61)
    (entry,) = served.lab.journal.read(kind="event.failed")
    assert "is not authorized to perform: ecs:RunTask on resource" in entry.text


def test_a_role_must_be_allowed_to_pass_the_roles_of_the_task(served: Served) -> None:
    runner = role(served, "runner", "events.amazonaws.com", managed=False)
    allowed = {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    put = served.client("iam").put_role_policy
    put(RoleName="runner", PolicyName="run", PolicyDocument=json.dumps(policy))
    own = role(served, "job", "ecs-tasks.amazonaws.com", managed=False)
    definition = short(served, taskRoleArn=own)
    rule(served, "pass", ecs_target(definition, runner), ScheduleExpression="rate(1 minute)")
    served.lab.timeline.advance(61)
    (entry,) = served.lab.journal.read(kind="event.failed")
    assert "iam:PassRole" in entry.text
    assert own in entry.text
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": own}
    policy["Statement"] = [allowed, passing]
    put(RoleName="runner", PolicyName="run", PolicyDocument=json.dumps(policy))
    served.lab.timeline.advance(60)
    assert len(started_by(served, "events-rule/pass")) == 1


def test_a_task_that_finds_no_room_is_a_failed_invocation_with_its_reason(served: Served) -> None:
    big = served.register("big", container={"memory": 900_000})
    target = ecs_target(big, role(served, "runner", "events.amazonaws.com"))
    url, dead = queue(served, "dead")
    rule(served, "big", {**target, "DeadLetterConfig": {"Arn": dead}}, ScheduleExpression="rate(1 minute)")
    served.lab.timeline.advance(61)
    (entry,) = served.lab.journal.read(kind="event.failed")
    assert entry.data["error"] == "RESOURCE:MEMORY"
    assert count(served, "AWS/Events", "InvocationsSentToDlq", RuleName="big") == 1
    sqs = served.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "RESOURCE:MEMORY"
    assert json.loads(message["Body"])["detail-type"] == "Scheduled Event"


def test_a_schedule_runs_its_task_once_at_its_time_in_its_zone(served: Served) -> None:
    definition, runner = short(served), role(served, "clock", "scheduler.amazonaws.com")
    served.client("scheduler").create_schedule(
        Name="once",
        ScheduleExpression="at(2026-01-01T03:30:00)",
        ScheduleExpressionTimezone="Europe/Berlin",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": CLUSTER,
            "RoleArn": runner,
            "EcsParameters": {"TaskDefinitionArn": definition, "TaskCount": 1},
            "Input": json.dumps(
                {"containerOverrides": [{"name": "web", "command": ["<aws.scheduler.scheduled-time>"]}]}
            ),
        },
    )
    served.lab.timeline.advance(3 * 3600)
    (task,) = started_by(served, "chronos-schedule/once")
    assert task.created_at == 1_767_225_600.0 + 2.5 * 3600
    assert task.overrides["containerOverrides"][0]["command"] == ["2026-01-01T02:30:00Z"]
    assert served.client("scheduler").list_schedules()["Schedules"] == []


def test_a_schedule_by_rate_begins_at_once_and_ends_with_its_end_date(served: Served) -> None:
    definition, runner = short(served), role(served, "clock", "scheduler.amazonaws.com")
    now = served.lab.timeline.now()
    given: dict[str, Any] = {
        "Name": "rate",
        "ScheduleExpression": "rate(10 minutes)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "EndDate": now + 1900,
        "Target": {"Arn": CLUSTER, "RoleArn": runner, "EcsParameters": {"TaskDefinitionArn": definition}},
    }
    served.client("scheduler").create_schedule(**given)
    served.lab.timeline.advance(3000)
    times = [task.created_at for task in started_by(served, "chronos-schedule/rate")]
    assert [round((at - times[0]) / 600) for at in times] == [0, 1, 2, 3]
    assert times[0] - now < 5
    assert count(served, "AWS/Scheduler", "InvocationAttemptCount", ScheduleGroup="default") == 4


def test_a_disabled_schedule_rests_until_it_is_enabled_and_a_deleted_one_for_good(served: Served) -> None:
    url, arn = queue(served)
    clock = role(served, "clock", "scheduler.amazonaws.com", managed=False)
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": arn}]}
    served.client("iam").put_role_policy(RoleName="clock", PolicyName="send", PolicyDocument=json.dumps(allowed))
    scheduler = served.client("scheduler")
    given: dict[str, Any] = {
        "Name": "hourly",
        "ScheduleExpression": "cron(0 * * * ? *)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arn, "RoleArn": clock, "Input": '{"job": 1}'},
    }
    scheduler.create_schedule(**given, State="DISABLED")
    served.lab.timeline.advance(7200)
    assert messages(served, url) == []
    scheduler.update_schedule(**given, State="ENABLED")
    served.lab.timeline.advance(7200)
    assert messages(served, url) == [{"job": 1}] * 2
    scheduler.delete_schedule(Name="hourly")
    served.lab.timeline.advance(7200)
    assert messages(served, url) == []


def test_a_schedule_whose_role_scheduler_cannot_assume_is_refused_at_once(served: Served) -> None:
    wrong = role(served, "wrong", "events.amazonaws.com")
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role") as refused:
        served.client("scheduler").create_schedule(
            Name="once",
            ScheduleExpression="at(2026-01-01T03:30:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": CLUSTER, "RoleArn": wrong, "EcsParameters": {"TaskDefinitionArn": short(served)}},
        )
    assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize("expression", ["rate(5 minute)", "cron(* * * * *)", "at(tomorrow)"])
def test_an_expression_that_cannot_be_read_is_refused_with_what_to_write(served: Served, expression: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        served.client("events").put_rule(Name="x", ScheduleExpression=expression)
    with pytest.raises(ClientError, match="Invalid Schedule Expression"):
        served.client("scheduler").create_schedule(
            Name="x",
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": CLUSTER, "RoleArn": "arn:aws:iam::123456789012:role/x"},
        )


def test_a_target_on_a_cluster_needs_its_parameters_and_a_role(served: Served) -> None:
    events = served.client("events")
    events.put_rule(Name="x", ScheduleExpression="rate(1 minute)")
    with pytest.raises(ClientError, match="EcsParameters must be specified for target: 1"):
        events.put_targets(Rule="x", Targets=[{"Id": "1", "Arn": CLUSTER}])
    bare = {"Id": "1", "Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": "web"}}
    with pytest.raises(ClientError, match="RoleArn must be specified for target: 1"):
        events.put_targets(Rule="x", Targets=[bare])


@pytest.mark.parametrize(
    "given",
    [{"Input": "hello"}, {"InputTransformer": {"InputPathsMap": {"t": "$.time"}, "InputTemplate": "it is <t>"}}],
)
def test_an_input_that_is_not_json_is_refused(served: Served, given: dict[str, Any]) -> None:
    events = served.client("events")
    events.put_rule(Name="x", ScheduleExpression="rate(1 minute)")
    with pytest.raises(ClientError, match="for target 1"):
        events.put_targets(Rule="x", Targets=[{"Id": "1", "Arn": queue(served)[1], **given}])


def test_a_target_on_fargate_has_its_network_and_its_capacity_providers(served: Served) -> None:
    definition = served.register(
        "far",
        cpu="256",
        memory="512",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        executionRoleArn="ecsTaskExecutionRole",
        container={"memory": 512},
    )
    subnet = served.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    served.ecs.put_cluster_capacity_providers(
        cluster="default", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    target = ecs_target(
        definition,
        role(served, "runner", "events.amazonaws.com"),
        NetworkConfiguration={"awsvpcConfiguration": {"Subnets": [subnet], "AssignPublicIp": "ENABLED"}},
        CapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        PropagateTags="TASK_DEFINITION",
    )
    rule(served, "far", target, ScheduleExpression="rate(1 minute)")
    served.lab.timeline.advance(90)
    (task,) = started_by(served, "events-rule/far")
    assert (task.last_status, task.launch_type, task.capacity_provider_name) == ("RUNNING", "FARGATE", "FARGATE_SPOT")


def test_a_flexible_schedule_fires_within_its_window_from_its_start_on(served: Served) -> None:
    definition, runner = short(served), role(served, "clock", "scheduler.amazonaws.com")
    start = 1_767_225_600 + 3600
    served.client("scheduler").create_schedule(
        Name="flexible",
        ScheduleExpression="rate(1 hour)",
        StartDate=start,
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        Target={"Arn": CLUSTER, "RoleArn": runner, "EcsParameters": {"TaskDefinitionArn": definition}},
    )
    served.lab.timeline.advance(3 * 3600)
    entries = served.lab.journal.read(kind="event.delivered")
    waits = [(entry.at - start) % 3600 for entry in entries]
    assert [int(entry.at - start) // 3600 for entry in entries] == [0, 1]
    assert all(0 < wait <= 900 for wait in waits)
    assert waits[0] != waits[1]


def test_a_schedule_that_fails_is_buried_in_its_queue(served: Served) -> None:
    url, dead = queue(served, "dead")
    bare = role(served, "bare", "scheduler.amazonaws.com", managed=False)
    served.client("scheduler").create_schedule(
        Name="bare",
        ScheduleExpression="at(2026-01-01T00:10:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": CLUSTER,
            "RoleArn": bare,
            "EcsParameters": {"TaskDefinitionArn": short(served)},
            "DeadLetterConfig": {"Arn": dead},
        },
    )
    served.lab.timeline.advance(601)
    assert messages(served, url) == [{}]
    (failed,) = served.lab.journal.read(kind="event.failed")
    assert "ecs:RunTask" in failed.text
    assert count(served, "AWS/Scheduler", "TargetErrorCount", ScheduleGroup="default") == 1


def test_a_schedule_in_a_group_that_is_not_there_is_refused(served: Served) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        served.client("scheduler").create_schedule(
            Name="x",
            GroupName="nowhere",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": CLUSTER, "RoleArn": role(served, "clock", "scheduler.amazonaws.com")},
        )


def test_a_service_tells_its_deployment_and_its_steady_state_when_they_happen(served: Served) -> None:
    url, arn = queue(served)
    kinds = ["ECS Service Action", "ECS Deployment State Change"]
    rule(served, "service", {"Arn": arn}, EventPattern={"source": ["aws.ecs"], "detail-type": kinds})
    began = served.lab.timeline.now()
    served.ecs.create_service(serviceName="web", taskDefinition=served.register(), desiredCount=2)
    service = served.lab.backend.store.service
    served.until(lambda: service("default", "web").primary.rollout_state == "COMPLETED", 120)
    served.lab.timeline.advance(1)
    told = [(e["detail"]["eventName"], e["detail"]["eventType"]) for e in messages(served, url)]
    assert told[0] == ("SERVICE_DEPLOYMENT_IN_PROGRESS", "INFO")
    assert sorted(told[1:]) == [("SERVICE_DEPLOYMENT_COMPLETED", "INFO"), ("SERVICE_STEADY_STATE", "INFO")]
    assert served.lab.timeline.now() - began > 40


def test_a_service_without_room_tells_the_reason(served: Served) -> None:
    url, arn = queue(served)
    rule(served, "action", {"Arn": arn}, EventPattern={"detail": {"eventType": ["ERROR", "WARN"]}})
    big = served.register("big", container={"memory": 900_000})
    served.ecs.create_service(serviceName="big", taskDefinition=big, desiredCount=1)
    served.lab.timeline.advance(2)
    (event,) = messages(served, url)
    assert event["detail"]["eventName"] == "SERVICE_TASK_PLACEMENT_FAILURE"
    assert event["detail"]["reason"] == "RESOURCE:MEMORY"
    assert event["resources"] == ["arn:aws:ecs:us-east-1:123456789012:service/default/big"]


def test_a_service_whose_tasks_do_not_start_is_impaired_and_its_deployment_fails(served: Served) -> None:
    url, arn = queue(served)
    rule(served, "bad", {"Arn": arn}, EventPattern={"detail": {"eventType": [{"anything-but": "INFO"}]}})
    broken = served.register("broken", container={"dockerLabels": {"sim.pull_error": "missing"}})
    served.ecs.create_service(
        serviceName="broken",
        taskDefinition=broken,
        desiredCount=1,
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": False}},
    )
    served.lab.timeline.advance(600)
    told = [(e["detail-type"], e["detail"]["eventName"], e["detail"]["eventType"]) for e in messages(served, url)]
    assert ("ECS Service Action", "SERVICE_TASK_START_IMPAIRED", "WARN") in told
    assert ("ECS Deployment State Change", "SERVICE_DEPLOYMENT_FAILED", "ERROR") in told


def test_an_instance_tells_what_is_left_on_it_with_the_version_that_the_api_shows(served: Served) -> None:
    url, arn = queue(served)
    rule(served, "instance", {"Arn": arn}, EventPattern={"detail-type": ["ECS Container Instance State Change"]})
    task = served.ecs.run_task(taskDefinition=served.register())["tasks"][0]
    served.lab.timeline.advance(0)
    (event,) = messages(served, url)
    detail = event["detail"]
    (shown,) = served.ecs.describe_container_instances(containerInstances=[task["containerInstanceArn"]])[
        "containerInstances"
    ]
    assert event["resources"] == [task["containerInstanceArn"]]
    assert detail["version"] == shown["version"]
    left = {r["name"]: r.get("integerValue") for r in detail["remainingResources"]}
    whole = {r["name"]: r.get("integerValue") for r in detail["registeredResources"]}
    assert whole["MEMORY"] - left["MEMORY"] == 64
    served.ecs.update_container_instances_state(containerInstances=[task["containerInstanceArn"]], status="DRAINING")
    served.lab.timeline.advance(0)
    assert messages(served, url)[-1]["detail"]["status"] == "DRAINING"


def test_one_event_reaches_topics_and_log_groups_and_what_the_template_makes_of_it(served: Served) -> None:
    url, queue_arn = queue(served)
    sns, logs, events = served.client("sns"), served.client("logs"), served.client("events")
    topic = sns.create_topic(Name="alarm")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"})
    logs.create_log_group(logGroupName="/aws/events/ecs")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["shop"]}))
    transformer = {
        "InputPathsMap": {"who": "$.detail.customer", "n": "$.detail.items[0].n", "no": "$.detail.nothing"},
        "InputTemplate": '{"text": "<who> wants <n><no>", "n": <n>, "rule": "<aws.events.rule-name>"}',
    }
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/ecs"
    events.put_targets(
        Rule="all",
        Targets=[
            {"Id": "topic", "Arn": topic, "InputPath": "$.detail.items"},
            {"Id": "group", "Arn": group, "InputTransformer": transformer},
            {"Id": "function", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:f"},
        ],
    )
    detail = {"customer": 'Ann "A"', "items": [{"n": 3}]}
    answer = events.put_events(Entries=[{"Source": "shop", "DetailType": "Order", "Detail": json.dumps(detail)}])
    assert answer["FailedEntryCount"] == 0
    served.lab.timeline.advance(0)
    assert messages(served, url) == [[{"n": 3}]]
    (line,) = logs.filter_log_events(logGroupName="/aws/events/ecs")["events"]
    assert json.loads(line["message"]) == {"text": 'Ann "A" wants 3', "n": 3, "rule": "all"}
    (failed,) = served.lab.journal.read(kind="event.failed")
    assert "function:f is none of them" in failed.text


def test_events_in_the_name_of_aws_are_refused_and_the_others_are_taken(served: Served) -> None:
    entries = [
        {"Source": "aws.ecs", "DetailType": "x", "Detail": "{}"},
        {"Source": "shop", "DetailType": "x", "Detail": "no"},
        {"Source": "shop", "DetailType": "x", "Detail": "{}"},
    ]
    answer = served.client("events").put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 2
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == ["NotAuthorizedForSourceException", "MalformedDetail", None]


def test_a_stopped_task_starts_another_by_a_rule_on_its_exit_code(served: Served) -> None:
    failing = served.register("failing", container={"dockerLabels": {"sim.duration": "1", "sim.exit_code": "3"}})
    repair = ecs_target(short(served, "repair"), role(served, "runner", "events.amazonaws.com"))
    pattern = {"detail": {"lastStatus": ["STOPPED"], "containers": {"exitCode": [{"anything-but": 0}]}}}
    rule(served, "repair", repair, EventPattern=pattern)
    served.ecs.run_task(taskDefinition=failing)
    served.ecs.run_task(taskDefinition=short(served, "fine"))
    served.lab.timeline.advance(60)
    assert len(started_by(served, "events-rule/repair")) == 1


def test_a_rule_that_answers_its_own_tasks_does_not_stop_the_clock(served: Served) -> None:
    target = ecs_target(short(served), role(served, "runner", "events.amazonaws.com"))
    rule(served, "loop", target, EventPattern={"detail": {"lastStatus": ["STOPPED"]}})
    served.ecs.run_task(taskDefinition=short(served, "first"))
    served.lab.timeline.advance(60)
    assert 2 <= len(started_by(served, "events-rule/loop")) < 20


def test_while_iam_is_enforced_a_queue_must_let_eventbridge_in(served: Served) -> None:
    url, arn = queue(served)
    rule(served, "shop", {"Arn": arn}, EventPattern={"source": ["shop"]})
    entry = {"Source": "shop", "DetailType": "x", "Detail": "{}"}
    served.lab.gate.enforce = True
    served.client("events").put_events(Entries=[entry])
    served.lab.timeline.advance(0)
    assert messages(served, url) == []
    (failed,) = served.lab.journal.read(kind="event.failed")
    assert "sqs:SendMessage" in failed.text
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": f"{REGION}rule/shop"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    served.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    served.client("events").put_events(Entries=[entry])
    served.lab.timeline.advance(0)
    assert len(messages(served, url)) == 1


def test_while_iam_is_enforced_a_user_must_be_allowed_to_pass_the_role_of_a_target(served: Served) -> None:
    iam, runner = served.client("iam"), role(served, "runner", "events.amazonaws.com")
    clock = role(served, "clock", "scheduler.amazonaws.com")
    definition = short(served)
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    rules = "arn:aws:events:us-east-1:123456789012:rule/night"
    schedule = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/night"
    statements = [
        {"Effect": "Allow", "Action": ["events:PutRule", "events:PutTargets"], "Resource": rules},
        {"Effect": "Allow", "Action": "scheduler:CreateSchedule", "Resource": schedule},
    ]

    def allow() -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy)

    allow()
    served.lab.gate.enforce = True
    events = boto3.client("events", endpoint_url=served.endpoint, region_name="us-east-1", **own)
    scheduler = boto3.client("scheduler", endpoint_url=served.endpoint, region_name="us-east-1", **own)
    given: dict[str, Any] = {
        "Name": "night",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": CLUSTER, "RoleArn": clock, "EcsParameters": {"TaskDefinitionArn": definition}},
    }
    targets = [{"Id": "1", **ecs_target(definition, runner)}]
    events.put_rule(Name="night", ScheduleExpression="cron(0 3 * * ? *)")
    with pytest.raises(ClientError, match="events:PutRule"):
        events.put_rule(Name="day", ScheduleExpression="cron(0 3 * * ? *)")
    with pytest.raises(ClientError, match="iam:PassRole"):
        events.put_targets(Rule="night", Targets=targets)
    with pytest.raises(ClientError, match="iam:PassRole"):
        scheduler.create_schedule(**given)
    statements.append({"Effect": "Allow", "Action": "iam:PassRole", "Resource": [runner, clock]})
    allow()
    assert events.put_targets(Rule="night", Targets=targets)["FailedEntryCount"] == 0
    assert scheduler.create_schedule(**given)["ScheduleArn"] == schedule


def test_the_same_calls_give_the_same_journal_with_rules_too(serve: Callable[..., Served]) -> None:
    def story() -> list[str]:
        served = serve()
        target = ecs_target(short(served), role(served, "runner", "events.amazonaws.com"))
        rule(served, "often", target, ScheduleExpression="cron(0/5 * * * ? *)")
        rule(served, "told", {"Arn": queue(served)[1]}, EventPattern={"source": ["aws.ecs"]})
        served.lab.timeline.advance(1200)
        told = [f"{e.at} {e.kind} {e.text}" for e in served.lab.journal.read() if e.kind != "lab.opened"]
        served.lab.close()
        return told

    assert story() == story()


def test_after_a_reset_nothing_fires_and_new_rules_do(served: Served) -> None:
    target = ecs_target(short(served), role(served, "runner", "events.amazonaws.com"))
    rule(served, "rate", target, ScheduleExpression="rate(1 minute)")
    served.lab.reset()
    served.lab.timeline.advance(300)
    assert started_by(served, "events-rule/rate") == []
    url, arn = queue(served)
    rule(served, "task", {"Arn": arn}, EventPattern={"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]})
    served.ecs.run_task(taskDefinition=short(served))
    served.lab.timeline.advance(1)
    assert messages(served, url)


def test_without_rules_nothing_is_drawn_queued_or_measured(served: Served) -> None:
    served.ecs.run_task(taskDefinition=short(served))
    served.lab.timeline.advance(60)
    assert served.lab.journal.read(kind="event.") == ()
    assert not [m for m in served.client("cloudwatch").list_metrics()["Metrics"] if m["Namespace"] == "AWS/Events"]
