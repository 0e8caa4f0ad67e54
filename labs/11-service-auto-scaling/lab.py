# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 11 · Service auto scaling
#
# A **service** keeps the number of tasks that you wish for. **Service auto scaling** changes the wish: a metric passes
# a threshold, a CloudWatch alarm goes off, a policy works out a new `desiredCount`. In this lab you predict those
# numbers, watch them come true to the minute, and mend what people commonly get wrong.
#
# **Afterwards you can**
#
# * work out how many tasks target tracking will want, and when,
# * say why scaling in takes so much longer than scaling out,
# * find out why a service does not scale: its maximum, or an alarm that nobody feeds,
# * write step scaling, and scaling by a metric of your own,
# * say what two policies do that disagree,
# * bring a shop through a flash crowd without paying for idle tasks.
#
# **Time** about 75 minutes, though you will see many hours pass. **Cost** nothing: everything runs here.
#
# `lab.check("11.1")` tells you what it sees, `lab.hint("11.1")` nudges, `lab.solution("11.1")` shows one way of many.

# %% role="setup"
import ecslab

lab = ecslab.connect(time="virtual", beside=True)
ecs = lab.client("ecs")
scaling = lab.client("application-autoscaling")
cloudwatch = lab.client("cloudwatch")
lab

# %% [markdown]
# This lab's time is **virtual**: `lab.time.advance(minutes=15)` takes a moment. Nothing runs in it, but metrics,
# alarms and policies are reckoned minute by minute as on AWS. In part 6 you do it once more with real containers.
#
# Some tools, and room for many tasks. Each task reserves a quarter of a vCPU (256 units).


# %% role="setup"
def make(name, count, cluster="default", **container):
    """A service of `count` web servers with a quarter of a vCPU each, unless there is one already."""
    if service(name, cluster):
        return
    web = {"name": "web", "image": "ecslab/web:1", "memory": 128, "portMappings": [{"containerPort": 80}]}
    ecs.register_task_definition(family=name, cpu="256", containerDefinitions=[web | container])
    ecs.create_service(cluster=cluster, serviceName=name, taskDefinition=name, desiredCount=count)
    lab.wait("services_stable", cluster=cluster, services=[name])


def service(name, cluster="default"):
    """The service while it is ACTIVE, else None."""
    try:
        found = ecs.describe_services(cluster=cluster, services=[name])["services"]
    except ecs.exceptions.ClusterNotFoundException:
        return None
    return found[0] if found and found[0]["status"] == "ACTIVE" else None


def scalable(name, cluster="default"):
    """What every call of Application Auto Scaling wants to know first: which number of which service."""
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{cluster}/{name}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }


def tracking(target, metric="ECSServiceAverageCPUUtilization", **more):
    """A target tracking configuration."""
    return {"TargetValue": target, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}} | more


def told(name, cluster="default"):
    """What scaling did, and what it did not do and why; newest first."""
    found = scaling.describe_scaling_activities(
        ServiceNamespace="ecs", ResourceId=f"service/{cluster}/{name}", IncludeNotScaledActivities=True
    )["ScalingActivities"]
    for activity in found[:8]:
        print(activity["StartTime"].strftime("%H:%M"), activity["StatusCode"], "·", activity["Description"])
        print("     ", activity["Cause"], *activity.get("NotScaledReasons", []))


instances = ecs.list_container_instances(cluster="default")["containerInstanceArns"]
if len(instances) < 8:
    lab.add_instances(count=8 - len(instances))
    lab.until(lambda: len(ecs.list_container_instances(cluster="default")["containerInstanceArns"]) >= 8)

# %% [markdown]
# ## 1 · How many?
#
# ```mermaid
# flowchart LR
#   M["metric<br/>once a minute"] --> H{"AlarmHigh<br/>AlarmLow"} --> P["policy<br/>how many?"] --> B["between<br/>min and max"]
#   B --> D["desiredCount"] --> S["service scheduler<br/>starts and stops tasks"] --> M
# ```
#
# `CPUUtilization` of a service is what its tasks **use**, divided by what they **reserve**. Twice the tasks: half the
# percentage. **Target tracking** looks for the number of tasks at which the metric would be at the target.
#
# ### Predict
#
# How many tasks will there be after the scale-out?
#
# | | tasks now | CPU now | target |
# |---|---|---|---|
# | 1 | 4 | 90 % | 60 % |
# | 2 | 10 | 80 % | 50 % |
# | 3 | 3 | 70 % | 60 % |
#
# Hand in the three counts as a list.

# %% question="11.1" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = [6, 16, 4]
### END SOLUTION
lab.answer("11.1", prediction)

# %% question="11.1" role="check"
lab.check("11.1")

# %% question="11.1" role="score" points=2
lab.score("11.1")

# %% [markdown]
# ## 2 · Scale out
#
# ### Do
#
# The service `shop` runs 4 tasks. Two calls make it scale:
#
# 1. `scaling.register_scalable_target(…)`: **1 to 10** tasks,
# 2. `scaling.put_scaling_policy(…)`: `PolicyType="TargetTrackingScaling"`, average CPU at **60 %**.
#
# `scalable("shop")` gives the three arguments that both want, `tracking(…)` a configuration.

# %% role="setup"
make("shop", 4)

# %% question="11.2" role="solution" needs=""
### BEGIN SOLUTION
scaling.register_scalable_target(**scalable("shop"), MinCapacity=1, MaxCapacity=10)
scaling.put_scaling_policy(
    **scalable("shop"),
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking(60),
)
### END SOLUTION

# %% [markdown]
# ### Watch
#
# Visitors come: 18 requests a second, each needs 0.05 vCPU-seconds. That is 0.9 vCPU for tasks that reserve 1 vCPU
# together. Which minute brings what?

# %%
if not any(load.running for load in lab.loads() if "on shop" in repr(load)):
    load = lab.load("shop", rps=18, cost=0.05)
for minute in range(1, 7):
    lab.time.advance(minutes=1)
    print("minute", minute, "·", service("shop")["desiredCount"], "tasks wanted")
told("shop")
lab.chart("shop", minutes=15)

# %% [markdown]
# You made one policy; it made **two alarms**. Look at their thresholds and at how many minutes they want to see.

# %%
for alarm in cloudwatch.describe_alarms(AlarmNamePrefix="TargetTracking-service/default/shop")["MetricAlarms"]:
    print(alarm["AlarmName"].split("-")[2], alarm["ComparisonOperator"], alarm["Threshold"], end=" · ")
    print(alarm["EvaluationPeriods"], "periods of", alarm["Period"], "s ·", alarm["StateValue"])

# %% question="11.2" role="check"
lab.check("11.2")

# %% question="11.2" role="score" points=3
lab.score("11.2")

# %% [markdown]
# ## 3 · And in again
#
# ### Predict
#
# The visitors go home. A policy with a CPU target of 60 %:
#
# 1. below which percentage does a minute count as low?
# 2. how many low minutes in a row does it take until the first task may go?
#
# Hand in `[percent, minutes]`. (You have just seen what you need.)

# %% question="11.3" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = [54, 15]
### END SOLUTION
lab.answer("11.3", prediction)

# %% question="11.3" role="check"
lab.check("11.3")

# %% question="11.3" role="score" points=2
lab.score("11.3")

# %% [markdown]
# ### Watch

# %%
for load in lab.loads():
    load.stop()
lab.load("shop", rps=6, cost=0.05, minutes=30)
lab.time.advance(minutes=22)
lab.chart("shop", minutes=40)

# %% [markdown]
# Out quickly, in slowly: too few tasks hurt visitors at once, too many only cost. Hence 3 minutes there and 15 here,
# and a gap of a tenth between the two thresholds, so that the service does not swing.
#
# ## 4 · It scales, but not enough
#
# A colleague has made `till` scale. Now a sale begins.

# %% role="setup"
make("till", 4)
if not scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=["service/default/till"])[
    "ScalableTargets"
]:
    scaling.register_scalable_target(**scalable("till"), MinCapacity=2, MaxCapacity=5)
    scaling.put_scaling_policy(
        **scalable("till"),
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking(60),
    )

# %% [markdown]
# ### Break

# %%
lab.load("till", rps=30, cost=0.05)
lab.time.advance(minutes=15)
told("till")
lab.chart("till", minutes=20)

# %% [markdown]
# ### Fix
#
# Find out what keeps it, and mend it. In the end the tasks must use **no more than 60 %** of their CPU, by the policy
# and not by hand. Then let a quarter of an hour pass: `lab.time.advance(minutes=15)`.

# %% question="11.4" role="solution" needs=""
### BEGIN SOLUTION
scaling.register_scalable_target(**scalable("till"), MinCapacity=2, MaxCapacity=12)
lab.time.advance(minutes=15)
### END SOLUTION

# %%
told("till")
lab.chart("till", minutes=20)

# %% question="11.4" role="check"
lab.check("11.4")

# %% question="11.4" role="score" points=3
lab.score("11.4")

# %% [markdown]
# ## 5 · Two policies
#
# A service runs 6 tasks, between 1 and 20, with two target tracking policies: CPU 60 % and memory 60 %. All alarms
# have had the time that they need.
#
# ### Predict
#
# | | CPU | memory | besides |
# |---|---|---|---|
# | 1 | 90 % | 20 % | |
# | 2 | 20 % | 58 % | |
# | 3 | 20 % | 20 % | |
# | 4 | 20 % | 20 % | a deployment is under way |
#
# Hand in a list of four words, each `"out"`, `"in"` or `"stay"`.

# %% question="11.5" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = ["out", "stay", "in", "stay"]
### END SOLUTION
lab.answer("11.5", prediction)

# %% question="11.5" role="check"
lab.check("11.5")

# %% question="11.5" role="score" points=4
lab.score("11.5")

# %% [markdown]
# ## 6 · For real
#
# Once more, with real requests to real tasks, twenty lab seconds a second (it takes about a minute). On the
# `simulated` runtime it is the virtual lab again.

# %% role="setup"
real = ecslab.connect(time="scaled:20", beside=True)
real_ecs, real_scaling = real.client("ecs"), real.client("application-autoscaling")
if not real_ecs.describe_services(services=["kiosk"])["services"]:
    web = {"name": "web", "image": "ecslab/web:1", "memory": 128, "portMappings": [{"containerPort": 80}]}
    real_ecs.register_task_definition(family="kiosk", cpu="256", containerDefinitions=[web])
    real_ecs.create_service(serviceName="kiosk", taskDefinition="kiosk", desiredCount=1)
    real.until(lambda: real_ecs.describe_services(services=["kiosk"])["services"][0]["runningCount"] == 1, timeout=1200)

# %% [markdown]
# ### Do
#
# Ten requests a second of 0.02 vCPU-seconds will come to `kiosk`: 80 % of its only task. Make it scale between **1 and
# 3** tasks, average CPU at **50 %**. Use `real_scaling`, not `scaling`.

# %% question="11.6" role="solution" needs=""
### BEGIN SOLUTION
real_scaling.register_scalable_target(**scalable("kiosk"), MinCapacity=1, MaxCapacity=3)
real_scaling.put_scaling_policy(
    **scalable("kiosk"),
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking(50),
)
### END SOLUTION

# %% [markdown]
# ### Watch


# %%
def kiosk(count, minutes):
    """Wait until so many tasks are wanted; where it does not happen, go on and look."""
    try:
        real.time.until(
            lambda: real_ecs.describe_services(services=["kiosk"])["services"][0]["desiredCount"] == count, minutes
        )
    except Exception:
        print("There are not", count, "tasks after", minutes, "minutes.")


if real_scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId="service/default/kiosk")[
    "ScalingPolicies"
]:
    with real.load("kiosk", rps=10, cost=0.02):
        kiosk(2, minutes=12)
    kiosk(1, minutes=25)
real.chart("kiosk", minutes=45)

# %% question="11.6" role="check"
real.check("11.6")

# %% question="11.6" role="score" points=3
real.score("11.6")

# %% [markdown]
# ## 7 · Steps
#
# Target tracking decides itself how many. **Step scaling** does what you write: an alarm of your own goes off, and the
# policy adds more tasks the further the metric is above the alarm's threshold.
#
# *The bounds of a step are counted from the threshold.* With a threshold of 60, a step from 0 to 15 is for a metric
# from 60 to 75.
#
# ### Do
#
# `bar` runs 4 tasks. Where CPU is above 60 %, add **1** task; from 75 % on add **3**. Two calls:
#
# 1. `put_scaling_policy` with `PolicyType="StepScaling"` and a `StepScalingPolicyConfiguration`
#    (`AdjustmentType="ChangeInCapacity"`, `StepAdjustments=[…]`); it answers with its `PolicyARN`,
# 2. `alarm("bar-busy", 60, arn)` makes the alarm that calls it: CPU of `bar` above 60 % in one minute.

# %% role="setup"
make("bar", 4)
scaling.register_scalable_target(**scalable("bar"), MinCapacity=1, MaxCapacity=12)


def alarm(name, threshold, *actions, service="bar"):
    """An alarm on a service's CPU that goes off after one minute above the threshold."""
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": service}],
        Statistic="Average",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=threshold,
        Period=60,
        EvaluationPeriods=1,
        AlarmActions=list(actions),
    )


# %% question="11.7" role="solution" needs=""
### BEGIN SOLUTION
steps = scaling.put_scaling_policy(
    **scalable("bar"),
    PolicyName="steps",
    PolicyType="StepScaling",
    StepScalingPolicyConfiguration={
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [
            {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 15, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 15, "ScalingAdjustment": 3},
        ],
        "Cooldown": 300,
    },
)["PolicyARN"]
alarm("bar-busy", 60, steps)
### END SOLUTION

# %% [markdown]
# ### Watch
#
# The load is 90 % of 4 tasks.

# %%
lab.load("bar", rps=18, cost=0.05, minutes=5)
lab.time.advance(minutes=4)
told("bar")
print(service("bar")["desiredCount"], "tasks wanted")
lab.chart("bar", minutes=10)

# %% question="11.7" role="check"
lab.check("11.7")

# %% question="11.7" role="score" points=3
lab.score("11.7")

# %% [markdown]
# ## 8 · A metric of your own
#
# `packer` takes orders from a queue. Its CPU says little about how much is waiting, so a colleague publishes the
# **backlog per task** once a minute, and has the service track it: 10 waiting orders for each task.
#
# ### Break
#
# Sixty orders wait, and nothing happens.

# %% role="setup"
make("packer", 2)


def publish(minutes, orders=60):
    """For so many minutes, what the shop publishes: the waiting orders divided by the tasks there are."""
    for _ in range(minutes):
        cloudwatch.put_metric_data(
            Namespace="Shop",
            MetricData=[
                {
                    "MetricName": "BacklogPerTask",
                    "Dimensions": [{"Name": "Service", "Value": "packer"}],
                    "Value": orders / max(1, service("packer")["runningCount"]),
                }
            ],
        )
        lab.time.advance(minutes=1)


def backlog(**dimensions):
    """A target tracking configuration for 10 waiting orders per task, read from a metric with these dimensions."""
    metric = {"Namespace": "Shop", "MetricName": "BacklogPerTask", "Statistic": "Average"}
    given = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {"TargetValue": 10, "CustomizedMetricSpecification": {**metric, "Dimensions": given}}


def track(configuration):
    """Have `packer` follow a target tracking configuration."""
    scaling.put_scaling_policy(
        **scalable("packer"),
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )


scaling.register_scalable_target(**scalable("packer"), MinCapacity=1, MaxCapacity=10)
if not scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId="service/default/packer")[
    "ScalingPolicies"
]:
    track(backlog(ServiceName="packer"))

# %%
publish(6)
print(service("packer")["desiredCount"], "tasks wanted")
for found in cloudwatch.describe_alarms(AlarmNamePrefix="TargetTracking-service/default/packer")["MetricAlarms"]:
    print(found["AlarmName"].split("-")[2], found["StateValue"], found["Dimensions"])
lab.story(subject="packer")

# %% [markdown]
# ### Fix
#
# The alarms stay `INSUFFICIENT_DATA`: nobody publishes what they watch. Find what differs, mend it, and let
# `publish(8)` pass. The policy shall bring `packer` to the tasks that it needs.

# %% question="11.8" role="solution" needs=""
### BEGIN SOLUTION
track(backlog(Service="packer"))
publish(8)
### END SOLUTION

# %%
told("packer")

# %% question="11.8" role="check"
lab.check("11.8")

# %% question="11.8" role="score" points=3
lab.score("11.8")

# %% [markdown]
# ## 9 · Challenge: the fair
#
# `fair` sells tickets. For ten minutes hardly anybody comes, then everybody:
#
# | minutes | requests a second (0.05 vCPU-seconds each) |
# |---|---|
# | 0–10 | 4 |
# | 10–15 | 20 |
# | 15–30 | 40 |
# | 30–60 | 8 |
#
# Bring it through that hour with
#
# * **at most 5 minutes** in which its average CPU is 80 % or more,
# * **at most 610 task-minutes** (one task for an hour is 60 of them).
#
# Scale as you like: policies, cooldowns, scheduled actions (`at(8)` is an expression for eight minutes from now).
# `crowd()` begins anew with 2 tasks and lets the hour pass; the last one counts. The service is there already.

# %% role="setup"
from datetime import timedelta

make("fair", 2)


def at(minutes):
    """The `Schedule` of a scheduled action so many minutes from now."""
    return (lab.time.now() + timedelta(minutes=minutes)).strftime("at(%Y-%m-%dT%H:%M:%S)")


def crowd():
    """One hour at the fair."""
    ecs.update_service(service="fair", desiredCount=2)
    lab.load("fair", pattern=[(0, 4), (10, 20), (15, 40), (30, 8)], cost=0.05, minutes=60)
    lab.time.advance(minutes=60)


# %% question="11.9" role="solution" needs=""
### BEGIN SOLUTION
scaling.register_scalable_target(**scalable("fair"), MinCapacity=2, MaxCapacity=20)
scaling.put_scaling_policy(
    **scalable("fair"),
    PolicyName="cpu",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking(50, ScaleOutCooldown=60),
)
crowd()
### END SOLUTION

# %%
lab.chart("fair", minutes=60)

# %% question="11.9" role="check"
lab.check("11.9")

# %% question="11.9" role="score" points=4
lab.score("11.9")

# %% [markdown]
# ## What stays
#
# | you see | it is |
# |---|---|
# | scaling out takes three minutes, in fifteen | the two alarms of target tracking |
# | `AlreadyAtMaxCapacity` | MaxCapacity below what is needed |
# | an alarm that stays INSUFFICIENT_DATA | a metric, or a set of dimensions, that nobody publishes |
# | it grows in steps five minutes apart | the scale-out cooldown |
# | it does not shrink | another policy does not agree, a deployment is under way, or the minimum |
#
# **For the exam.** Service auto scaling changes the number of *tasks*. Whether instances are there for them is cluster auto
# scaling's business, a later lab. Any policy may scale out; all must agree to scale in. Requests per target is often the
# better metric for a web service, and the backlog *per task* for a worker: the length of a queue alone does not fall
# when tasks are added.

# %%
for load in (*lab.loads(), *real.loads()):
    load.stop()
