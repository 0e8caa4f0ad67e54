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
# # Lab 13 · Placement, Spot and availability
#
# Six instances in three availability zones, and nine tasks. Where do they go? Cheaply onto few instances, or safely onto
# many? And what happens when AWS takes a machine back?
#
# **Afterwards you can**
#
# * say in which order ECS decides: what fits, what is allowed, what is preferred,
# * chain placement strategies, and say why their order matters,
# * select instances with the cluster query language,
# * divide a service between on-demand and Spot capacity with `base` and `weight`,
# * have a program survive a Spot interruption,
# * keep a service balanced over zones when one of them fails and comes back.
#
# **Time** about 60 minutes. **Cost** nothing: everything runs on this machine.
#
# `lab.check("13.1")` tells you what it sees, `lab.hint("13.1")` nudges, `lab.solution("13.1")` shows one way of many.

# %% role="setup"
from collections import Counter

import ecslab

lab = ecslab.connect()
ecs, ec2 = lab.client("ecs"), lab.client("ec2")
ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]
lab

# %% [markdown]
# The instances of this lab are only as large as they say: an m5.large counts as 2 vCPUs and 8 GiB whatever your machine
# has. Placement counts **reservations**, never what is used. A zone is a name here; when it "fails", its instances go.


# %% role="setup"
def subnet(zone):
    """The default subnet of a zone."""
    found = {s["AvailabilityZone"]: s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]}
    return found[zone]


def launch(cluster, zone, count=1):
    """Start m5.large instances in a zone that join a cluster."""
    user_data = f"#!/bin/bash\necho ECS_CLUSTER={cluster} >> /etc/ecs/ecs.config\n"
    return ec2.run_instances(
        ImageId="ami-12c6146b", InstanceType="m5.large", MinCount=count, MaxCount=count,
        SubnetId=subnet(zone), UserData=user_data,
    )["Instances"]  # fmt: skip


def instances(cluster="harbour", **query):
    """The container instances of a cluster; filter="…" takes an expression of the cluster query language."""
    arns = ecs.list_container_instances(cluster=cluster, **query)["containerInstanceArns"]
    return (
        ecs.describe_container_instances(cluster=cluster, containerInstances=arns)["containerInstances"] if arns else []
    )


def zone_of(instance):
    """The availability zone of a container instance."""
    return next(a["value"] for a in instance["attributes"] if a["name"] == "ecs.availability-zone")


def tasks_of(family, cluster="harbour"):
    """The tasks of a family that run or will."""
    arns = ecs.list_tasks(cluster=cluster, family=family)["taskArns"]
    return ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []


def running(family, cluster="harbour"):
    """How many tasks of a family are RUNNING."""
    return sum(task["lastStatus"] == "RUNNING" for task in tasks_of(family, cluster))


def stop(*families, cluster="harbour"):
    """Stop every task of these families."""
    for family in families:
        for task in tasks_of(family, cluster):
            ecs.stop_task(cluster=cluster, task=task["taskArn"])
    lab.until(lambda: not any(tasks_of(family, cluster) for family in families), timeout=90)


def where(family, cluster="harbour"):
    """Print how many tasks of a family are on each instance, zone by zone."""
    count = Counter(task.get("containerInstanceArn") for task in tasks_of(family, cluster))
    for instance in sorted(instances(cluster), key=zone_of):
        number = count[instance["containerInstanceArn"]]
        print(f"{zone_of(instance)}  {instance['ec2InstanceId'][-6:]}  {'■' * number} {number}")


if "harbour" not in [arn.rsplit("/", 1)[-1] for arn in ecs.list_clusters()["clusterArns"]]:
    ecs.create_cluster(clusterName="harbour")
    for zone in ZONES:
        launch("harbour", zone, 2)
    lab.until(lambda: len(instances()) == 6, timeout=30)
    for number, instance in enumerate(sorted(instances(), key=zone_of)):
        stack = "blue" if number % 2 else "green"
        target = {"targetId": instance["containerInstanceArn"], "name": "stack", "value": stack}
        ecs.put_attributes(cluster="harbour", attributes=[target])

# %%
where("nothing yet")

# %% [markdown]
# ## 1 · How ECS decides
#
# ```mermaid
# flowchart LR
#   A["all instances<br/>of the cluster"] --> B["1 · what fits<br/>CPU, memory, ports, ENI"]
#   B --> C["2 · what is allowed<br/>constraints: distinctInstance, memberOf"]
#   C --> D["3 · what is preferred<br/>strategies, one after the other"]
#   D --> E["one of those left"]
#   B -. "nothing left" .-> F["failures[]: RESOURCE:…"]
#   C -. "nothing left" .-> G["failures[]: …constraint unsatisfied"]
# ```
#
# **Constraints bind, strategies wish.** A strategy never leaves a task unplaced.
#
# | strategy | prefers the instance |
# |---|---|
# | `spread` over a field | whose value of that field has the fewest tasks of this group |
# | `binpack` by `cpu` or `memory` | with the least of it left |
# | `random` | any |
#
# ### Predict
#
# Each task reserves 1024 MiB and no CPU; an m5.large registers 7985 MiB. You run **nine** tasks on the six empty
# instances, each time anew. Hand in four numbers:
#
# 1. `spread` over `attribute:ecs.availability-zone`: tasks **in each zone**?
# 2. `spread` over `instanceId`: the **most** tasks on one instance?
# 3. `binpack` by `memory`: **instances** with at least one task?
# 4. the constraint `distinctInstance`: tasks that are **placed**?

# %% question="13.1" role="answer" needs=""
numbers = None
### BEGIN SOLUTION
numbers = [3, 2, 2, 6]
### END SOLUTION
lab.answer("13.1", numbers)

# %% [markdown]
# ### Watch
#
# `run_task` takes ten tasks at the most, and all of one call are a group. Try what you like, and stop it again.

# %% role="setup"
crate = {"name": "crate", "image": "ecslab/tool:1", "memory": 1024, "command": ["sleep", "86400"], "stopTimeout": 2}
for family in ("crate", "cargo"):
    if not ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"]:
        ecs.register_task_definition(family=family, containerDefinitions=[{**crate, "memory": 64, "memoryReservation": 64}
                                                                          if family == "cargo" else crate])  # fmt: skip

# %%
trial = ecs.run_task(
    cluster="harbour",
    taskDefinition="crate",
    count=9,
    placementStrategy=[{"type": "binpack", "field": "memory"}],
)
where("crate")
print("not placed:", Counter(failure["reason"] for failure in trial["failures"]) or "none")
stop("crate")

# %% question="13.1" role="check"
lab.check("13.1")

# %% question="13.1" role="score" points=4
lab.score("13.1")

# %% [markdown]
# ## 2 · Safe and cheap
#
# Strategies are a **chain**: the first one narrows the choice, the next one chooses among what the first has left.
#
# ### Do
#
# Run **nine** tasks of `cargo` on `harbour` so that every zone has three of them **and** only three instances are in use:
# the other three could be switched off. One `run_task` with a `placementStrategy` of two steps does it.

# %% question="13.2" role="solution" needs=""
### BEGIN SOLUTION
ecs.run_task(
    cluster="harbour",
    taskDefinition="cargo",
    count=9,
    placementStrategy=[
        {"type": "spread", "field": "attribute:ecs.availability-zone"},
        {"type": "binpack", "field": "memory"},
    ],
)
lab.until(lambda: running("cargo") == 9, timeout=90)
### END SOLUTION

# %%
where("cargo")

# %% [markdown]
# `lab.why` has the verdict on every instance for a task of a service; `lab.show(view="placement")` draws the instances
# with what is reserved on them.

# %%
lab.show("harbour", view="placement")

# %% question="13.2" role="check"
lab.check("13.2")

# %% question="13.2" role="score" points=4
lab.score("13.2")

# %% [markdown]
# ## 3 · The cluster query language
#
# A `memberOf` constraint, and the `filter` of ListContainerInstances, take an expression about instances:
#
# ```text
# attribute:ecs.instance-type =~ m5.* and not(task:group == service:web)
# ```
#
# | subject | | operators |
# |---|---|---|
# | `attribute:NAME` | built in (`ecs.availability-zone`, `ecs.instance-type`, …) or your own | `==` `!=` `=~` (matches) |
# | `runningTasksCount`, `registeredAt`, `agentConnected`, `agentVersion` | | `>` `>=` `<` `<=` |
# | `task:group` | the groups with a task on the instance | `in [a, b]`, `exists` |
#
# Each instance of `harbour` has an attribute of your colleagues' making: `stack`, which is `blue` or `green`.
#
# ### Predict
#
# Write four expressions; each shall select, now and whenever instances come and go, exactly
#
# 1. the instances in zone us-east-1a or us-east-1b,
# 2. the blue ones that are not in us-east-1c,
# 3. those on which no task runs,
# 4. those that have **no** attribute `gpu`.
#
# `instances(filter="…")` tries one.

# %% question="13.3" role="answer" needs=""
expressions = None
### BEGIN SOLUTION
expressions = [
    "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]",
    "attribute:stack == blue and attribute:ecs.availability-zone != us-east-1c",
    "runningTasksCount == 0",
    "attribute:gpu !exists",
]
### END SOLUTION
lab.answer("13.3", expressions)

# %%
for instance in instances(filter="attribute:stack == blue"):
    print(zone_of(instance), instance["ec2InstanceId"], instance["runningTasksCount"], "tasks")

# %% question="13.3" role="check"
lab.check("13.3")

# %% question="13.3" role="score" points=4
lab.score("13.3")

# %% [markdown]
# ## 4 · Rules that bind
#
# ### Do
#
# The `lighthouse` needs an instance of its own for every copy, and there are cables to zones **a** and **b** only. Make a
# **service** `lighthouse` on `harbour` of the definition `lighthouse` with **three** tasks, so that ECS *refuses* to place
# a copy anywhere else rather than only *prefers* the right places.

# %% role="setup"
if not ecs.list_task_definitions(familyPrefix="lighthouse")["taskDefinitionArns"]:
    lamp = {"name": "lamp", "image": "ecslab/tool:1", "memory": 64, "command": ["work"], "stopTimeout": 2}
    ecs.register_task_definition(family="lighthouse", containerDefinitions=[lamp])

# %% question="13.4" role="solution" needs=""
### BEGIN SOLUTION
ecs.create_service(
    cluster="harbour",
    serviceName="lighthouse",
    taskDefinition="lighthouse",
    desiredCount=3,
    placementConstraints=[
        {"type": "distinctInstance"},
        {"type": "memberOf", "expression": "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]"},
    ],
)
lab.until(lambda: running("lighthouse") == 3, timeout=90)
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
where("lighthouse")

# %%
for task in tasks_of("lighthouse")[:1]:
    print(lab.why(task))

# %% question="13.4" role="check"
lab.check("13.4")

# %% question="13.4" role="score" points=3
lab.score("13.4")

# %% [markdown]
# ## 5 · Base and weight
#
# Fargate has no instances to choose, but two **capacity providers**: `FARGATE`, and `FARGATE_SPOT` at about a third of
# the price, which AWS may take back at any time. A **strategy** divides the tasks:
#
# * the **base** is filled first (only one provider may have one),
# * what is beyond is divided by **weight**.
#
# A provider with weight 0 gets nothing beyond its base. A strategy and a `launchType` exclude each other.
#
# ### Predict
#
# `FARGATE` has base 2 and weight 1, `FARGATE_SPOT` weight 3. How many tasks are on each of them with **10** tasks, and
# with **22**? Hand in `[[FARGATE, FARGATE_SPOT], [FARGATE, FARGATE_SPOT]]`.

# %% question="13.5" role="answer" needs=""
shares = None
### BEGIN SOLUTION
shares = [[4, 6], [7, 15]]
### END SOLUTION
lab.answer("13.5", shares)

# %% question="13.5" role="check"
lab.check("13.5")

# %% question="13.5" role="score" points=2
lab.score("13.5")

# %% [markdown]
# ## 6 · Two that stay
#
# ### Do
#
# The service **`kiosk`** on the cluster `default` shall have **five** tasks of the definition `kiosk`: **two always on
# FARGATE**, and everything beyond, however far it is scaled out, on **FARGATE_SPOT**. The cluster has to know its capacity
# providers first (`put_cluster_capacity_providers`).

# %% role="setup"
network = {"awsvpcConfiguration": {"subnets": [subnet(zone) for zone in ZONES]}}
fargate = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
if not ecs.list_task_definitions(familyPrefix="kiosk")["taskDefinitionArns"]:
    till = {"name": "till", "image": "ecslab/tool:1", "command": ["work"], "stopTimeout": 2}
    ecs.register_task_definition(family="kiosk", containerDefinitions=[till], **fargate)

# %% question="13.6" role="solution" needs=""
### BEGIN SOLUTION
ecs.put_cluster_capacity_providers(
    cluster="default", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
)
ecs.create_service(
    cluster="default",
    serviceName="kiosk",
    taskDefinition="kiosk",
    desiredCount=5,
    networkConfiguration=network,
    capacityProviderStrategy=[
        {"capacityProvider": "FARGATE", "base": 2, "weight": 0},
        {"capacityProvider": "FARGATE_SPOT", "weight": 1},
    ],
)
lab.until(lambda: running("kiosk", "default") == 5, timeout=90)
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
print(Counter(task.get("capacityProviderName") for task in tasks_of("kiosk", "default")))

# %% question="13.6" role="check"
lab.check("13.6")

# %% question="13.6" role="score" points=4
lab.score("13.6")

# %% [markdown]
# ## 7 · Two minutes' notice
#
# "A Spot task has two minutes to finish." Not quite. The *warning* comes two minutes ahead, and with it, **at once**,
# SIGTERM. When SIGKILL follows, the container's `stopTimeout` says: 30 seconds if nothing is said, 120 at the most on
# Fargate. And nothing falls back to on-demand: a service starts a new Spot task, if there is one to be had.
#
# ### Break
#
# The program `ledger` needs five seconds to close its books after SIGTERM, and its definition gives it two.


# %% role="setup"
def ledger(**more):
    """The ledger's container: after SIGTERM it takes FINISH seconds to finish."""
    return {
        "name": "ledger",
        "image": "ecslab/tool:1",
        "command": ["work"],
        "environment": [{"name": "FINISH", "value": "5"}],
        **more,
    }


def spot_run():
    """Run a task of the newest `ledger` on Fargate Spot and wait until it works."""
    ecs.put_cluster_capacity_providers(
        cluster="default", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    task = ecs.run_task(
        cluster="default", taskDefinition="ledger", networkConfiguration=network,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )["tasks"][0]["taskArn"]  # fmt: skip
    lab.until(lambda: "worked" in str(lab.logs(task)), timeout=60)
    return task


def end_of(task):
    """How a task ended: stop code, reason, exit code."""
    lab.wait("tasks_stopped", cluster="default", tasks=[task])
    seen = ecs.describe_tasks(cluster="default", tasks=[task])["tasks"][0]
    return seen["stopCode"], seen["stoppedReason"], seen["containers"][0].get("exitCode")


# %%
if not ecs.list_task_definitions(familyPrefix="ledger")["taskDefinitionArns"]:
    ecs.register_task_definition(family="ledger", containerDefinitions=[ledger(stopTimeout=2)], **fargate)
    task = spot_run()
    lab.interrupt(task)
    print(end_of(task))

# %% [markdown]
# 137: killed in the middle of a page.
#
# ### Fix
#
# Give the ledger the time it needs, as much as Fargate allows and without touching the program. Then run it on Spot
# (`spot_run()`) and take it back (`lab.interrupt(task)`): it shall end with 0.

# %% question="13.7" role="solution" needs=""
### BEGIN SOLUTION
ecs.register_task_definition(family="ledger", containerDefinitions=[ledger(stopTimeout=120)], **fargate)
task = spot_run()
lab.interrupt(task)
print(end_of(task))
### END SOLUTION

# %% question="13.7" role="check"
lab.check("13.7")

# %% question="13.7" role="score" points=3
lab.score("13.7")

# %% [markdown]
# ## 8 · Challenge: the ferry
#
# The service `ferry` runs with six tasks on `harbour`, packed as tightly as can be:


# %% role="setup"
if not ecs.list_task_definitions(familyPrefix="ferry")["taskDefinitionArns"]:
    boat = {
        "name": "boat", "image": "ecslab/web:1", "memory": 64, "portMappings": [{"containerPort": 80}], "stopTimeout": 2,
        "healthCheck": {"command": ["CMD", "app", "health"], "interval": 5},
    }  # fmt: skip
    ecs.register_task_definition(family="ferry", networkMode="bridge", containerDefinitions=[boat])
    ecs.create_service(
        cluster="harbour", serviceName="ferry", taskDefinition="ferry", desiredCount=6,
        placementStrategy=[{"type": "binpack", "field": "memory"}],
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 150},
    )  # fmt: skip
    lab.until(lambda: running("ferry") == 6, timeout=90)


def storm(zone):
    """A zone fails: all its instances are gone."""
    lost = [i["ec2InstanceId"] for i in instances() if zone_of(i) == zone]
    if lost:
        ec2.terminate_instances(InstanceIds=lost)
        lab.until(lambda: not [i for i in instances() if zone_of(i) == zone], timeout=60)


# %%
where("ferry")

# %% [markdown]
# One storm, and all boats are gone. Have the service
#
# 1. spread over the zones, so that no zone has more than two boats, and
# 2. even itself out **by itself** when a zone comes back after a storm (`availabilityZoneRebalancing`).
#
# Then prove it: let the storm come over us-east-1c (`storm("us-east-1c")`), wait until six boats run in the other two
# zones, bring new instances (`launch("harbour", "us-east-1c", 2)`), and watch. A service changes its placement with
# `update_service`; what runs already stays where it is until something moves it.

# %% question="13.8" role="solution" needs=""
### BEGIN SOLUTION
ecs.update_service(
    cluster="harbour",
    service="ferry",
    placementStrategy=[{"type": "spread", "field": "attribute:ecs.availability-zone"}],
    availabilityZoneRebalancing="ENABLED",
    forceNewDeployment=True,
)


def boats():
    """RUNNING boats by zone."""
    home = {i["containerInstanceArn"]: zone_of(i) for i in instances()}
    alive = [task for task in tasks_of("ferry") if task["lastStatus"] == "RUNNING"]
    return Counter(home.get(task.get("containerInstanceArn")) for task in alive)


lab.until(lambda: sorted(boats().values()) == [2, 2, 2], timeout=300)
storm("us-east-1c")
lab.until(lambda: sorted(boats().values()) == [3, 3], timeout=300)
launch("harbour", "us-east-1c", 2)
lab.until(lambda: sorted(boats().values()) == [2, 2, 2], timeout=300)
### END SOLUTION

# %%
where("ferry")

# %% question="13.8" role="check"
lab.check("13.8")

# %% question="13.8" role="score" points=5
lab.score("13.8")

# %% [markdown]
# ## What stays
#
# | you want | take |
# |---|---|
# | to survive the loss of a zone | `spread` over `attribute:ecs.availability-zone`, and rebalancing on |
# | few instances | `binpack`; as the **second** step if you want both |
# | one copy on each instance at the most | the constraint `distinctInstance` (or a DAEMON service for exactly one) |
# | only certain instances | the constraint `memberOf` with an expression |
# | cheap capacity with a floor | `FARGATE` with a base, `FARGATE_SPOT` with the weight |
# | programs that survive Spot | handle SIGTERM, `stopTimeout` up to 120 |
#
# **For the exam.** A service that names no strategy spreads over zones. `distinctInstance` cannot stand in a task
# definition; `memberOf` can. RunTask without room answers with HTTP 200 and `failures[]`. Fargate and Auto Scaling group
# providers do not mix in one strategy. EC2 Spot instances are drained only where the agent is told to
# (`ECS_ENABLE_SPOT_INSTANCE_DRAINING=true`) or managed draining does it.
#
# **In this lab** a Spot interruption comes when *you* say so. How AWS rounds shares that do not divide is not
# documented; here whoever is furthest behind is next.

# %%
for name, cluster in (("lighthouse", "harbour"), ("ferry", "harbour"), ("kiosk", "default")):
    known = ecs.describe_services(cluster=cluster, services=[name])["services"]
    if known and known[0]["status"] == "ACTIVE":
        ecs.delete_service(cluster=cluster, service=name, force=True)
stop("cargo")
