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
# # Lab 5 · Launch types: EC2 and Fargate
#
# The same task definition, the same API, two kinds of machine underneath: instances that are yours, and a slice of
# somebody else's. What changes, what does it cost, and what do you give up?
#
# **Afterwards you can**
#
# * say who owns what on EC2 and on Fargate,
# * move a definition to Fargate with the fewest changes that do it,
# * choose the cheapest size that Fargate sells,
# * name what Fargate refuses, and find all of it at once,
# * get a task's lines into CloudWatch Logs from Fargate,
# * work out where the break-even is, instead of believing that one of them is always dearer,
# * write one definition that runs on both.
#
# **Time** about 50 minutes. **Cost** nothing: everything runs on this machine.
#
# `lab.check("5.1")` tells you what it sees, `lab.hint("5.1")` nudges, `lab.solution("5.1")` shows one way of many.

# %% role="setup"
import ecslab

lab = ecslab.connect()
ecs, ec2, logs = lab.client("ecs"), lab.client("ec2"), lab.client("logs")
lab

# %% [markdown]
# On this machine "Fargate" is this machine, too: the lab keeps Fargate's **rules** (sizes, modes, refusals, prices), gives
# each task an agent of its own, and shows you no instance. What it cannot give you is the hypervisor's wall between
# two Fargate tasks.


# %% role="setup"
from botocore.exceptions import BotoCoreError, ClientError


def attempt(**definition):
    """Register a definition; print AWS's answer instead of raising it."""
    try:
        made = ecs.register_task_definition(**definition)["taskDefinition"]
    except (BotoCoreError, ClientError) as refusal:
        print(f"{definition.get('family')}: refused\n   {refusal}")
        return None
    print(f"{made['family']}:{made['revision']}: accepted for {', '.join(made['compatibilities'])}")
    return f"{made['family']}:{made['revision']}"


def network(*zones):
    """A networkConfiguration with the default subnet of each zone."""
    found = {s["AvailabilityZone"]: s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]}
    return {"awsvpcConfiguration": {"subnets": [found[zone] for zone in zones or ("us-east-1a",)]}}


def tasks_of(family, status="RUNNING"):
    """The tasks of a family, oldest first."""
    arns = ecs.list_tasks(cluster="default", family=family, desiredStatus=status)["taskArns"]
    found = ecs.describe_tasks(cluster="default", tasks=arns)["tasks"] if arns else []
    return sorted(found, key=lambda task: (task["createdAt"], task["taskArn"]))


def run(family, launch="FARGATE", awsvpc=True):
    """Run one task of the newest revision and wait until it runs or has failed."""
    where = {"networkConfiguration": network()} if awsvpc else {}
    answer = ecs.run_task(cluster="default", taskDefinition=family, launchType=launch, **where)
    for failure in answer["failures"]:
        print("not placed:", failure["reason"], failure.get("detail", ""))
    for task in answer["tasks"]:
        arns = [task["taskArn"]]

        def now(arns=arns):
            return ecs.describe_tasks(cluster="default", tasks=arns)["tasks"][0]

        lab.until(lambda: now()["lastStatus"] in ("RUNNING", "STOPPED"), timeout=60)
        print(family, "on", launch, now()["lastStatus"], now().get("stoppedReason", ""))
    return [task["taskArn"] for task in answer["tasks"]]


def stop(*families):
    """Stop every task of these families."""
    for family in families:
        for task in tasks_of(family):
            ecs.stop_task(cluster="default", task=task["taskArn"])
    lab.until(lambda: not any(tasks_of(family) for family in families), timeout=90)


# %% [markdown]
# ## 1 · Who owns what
#
# ```mermaid
# flowchart TB
#   subgraph EC2["launch type EC2"]
#     direction TB
#     A1["your task"] --- A2["<b>your</b> instance:<br/>type, AMI, patches, agent, its free room"]
#   end
#   subgraph F["launch type FARGATE"]
#     direction TB
#     B1["your task"] --- B2["<b>AWS's</b> machine:<br/>you choose a size, and see no instance"]
#   end
#   C["control plane: the same API, scheduler, IAM, logs"] --> EC2
#   C --> F
# ```
#
# | | EC2 | Fargate |
# |---|---|---|
# | you choose | instance types, number, AMI | CPU and memory of the task, from a list |
# | you pay for | instances, used or not | what the task *asks for*, by the second, one minute at least |
# | network mode | any | `awsvpc` |
# | room | what is left on an instance: `RESOURCE:MEMORY` | there is always some, within your quota |
# | privileged containers, host paths, GPUs, DAEMON services | yes | no |
#
# **Managed Instances**, the third kind, are EC2 instances that AWS chooses, patches and replaces for you; this lab does not
# have them.
#
# ### Predict
#
# For each sentence one word: `"EC2"`, `"FARGATE"`, `"both"` or `"neither"`.
#
# 1. Patching the operating system under the containers is your job.
# 2. A container with `hostPort` 8080 and `containerPort` 80 can be had.
# 3. The task can have an IAM role of its own.
# 4. You are billed for what the program really uses.
# 5. A service with the scheduling strategy DAEMON can be had.
# 6. A task that runs 20 seconds is billed for 60.

# %% question="5.1" role="answer" needs=""
words = None
### BEGIN SOLUTION
words = ["EC2", "EC2", "both", "neither", "EC2", "FARGATE"]
### END SOLUTION
lab.answer("5.1", words)

# %% question="5.1" role="check"
lab.check("5.1")

# %% question="5.1" role="score" points=3
lab.score("5.1")

# %% [markdown]
# ## 2 · The move
#
# The shop has run on instances for years:

# %% role="setup"
shop = {
    "family": "shop",
    "networkMode": "bridge",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "ecslab/web:1",
            "cpu": 200,
            "memory": 300,
            "portMappings": [{"containerPort": 80, "hostPort": 8080}],
            "environment": [{"name": "VERSION", "value": "7"}],
            "extraHosts": [{"hostname": "printer", "ipAddress": "10.0.0.9"}],
            "logConfiguration": {"logDriver": "json-file"},
            "privileged": True,
        }
    ],
}
if not ecs.list_task_definitions(familyPrefix="shop")["taskDefinitionArns"]:
    attempt(**shop)

# %% [markdown]
# `lab.lint` tells everything that AWS would refuse, at once; AWS itself stops at the first thing it finds.

# %%
lab.lint(shop, requiresCompatibilities=["FARGATE"])

# %% [markdown]
# ### Do
#
# Register a revision of **`shop`** that is fit for Fargate, and run one task of it there (`run("shop")`). Keep what the
# program needs (image, environment, the port it listens on) and choose the **smallest** size that holds it. It needs
# neither the printer nor privileges, nor logs for now.

# %% question="5.2" role="solution" needs=""
### BEGIN SOLUTION
web = {
    "name": "web",
    "image": "ecslab/web:1",
    "portMappings": [{"containerPort": 80}],
    "environment": [{"name": "VERSION", "value": "7"}],
}
attempt(
    family="shop",
    networkMode="awsvpc",
    requiresCompatibilities=["FARGATE"],
    cpu="256",
    memory="512",
    containerDefinitions=[web],
)
run("shop")
### END SOLUTION

# %% [markdown]
# ### Watch
#
# A Fargate task has no container instance, but a platform version and an interface of its own.

# %%
for task in tasks_of("shop"):
    print(task["launchType"], task.get("platformVersion"), "instance:", task.get("containerInstanceArn", "none"))
    print(lab.curl(task).text.strip())

# %% question="5.2" role="check"
lab.check("5.2")

# %% question="5.2" role="score" points=4
lab.score("5.2")

# %% [markdown]
# ## 3 · Sizes off the peg
#
# | cpu | vCPU | memory (MiB) |
# |---|---|---|
# | 256 | ¼ | 512, 1024, 2048 |
# | 512 | ½ | 1024 to 4096 in steps of 1024 |
# | 1024 | 1 | 2048 to 8192 in steps of 1024 |
# | 2048 | 2 | 4096 to 16384 in steps of 1024 |
# | 4096 | 4 | 8192 to 30720 in steps of 1024 |
# | 8192 | 8 | 16384 to 61440 in steps of 4096 |
# | 16384 | 16 | 32768 to 122880 in steps of 8192 |
#
# ### Predict
#
# The cheapest size for a task that needs
#
# 1. 900 CPU units and 2.2 GB,
# 2. 200 CPU units and 3 GB,
# 3. 300 CPU units and 600 MiB,
# 4. 5 vCPU and 17 GB.
#
# Hand in four pairs `(cpu, memory)`, as numbers.

# %% question="5.3" role="answer" needs=""
sizes = None
### BEGIN SOLUTION
sizes = [(1024, 3072), (512, 3072), (512, 1024), (8192, 20480)]
### END SOLUTION
lab.answer("5.3", sizes)

# %% question="5.3" role="check"
lab.check("5.3")

# %% question="5.3" role="score" points=4
lab.score("5.3")

# %% [markdown]
# ## 4 · What Fargate refuses
#
# ### Predict
#
# Each letter adds one thing to a definition that Fargate takes. Hand in the letters of those it **refuses**.

# %% role="setup"
box = {"name": "app", "image": "ecslab/web:1"}
plain = {
    "family": "trial",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [box],
}
trials = {
    "a": {"containerDefinitions": [{**box, "privileged": True}]},
    "b": {"containerDefinitions": [{**box, "readonlyRootFilesystem": True}]},
    "c": {"volumes": [{"name": "data", "host": {"sourcePath": "/srv/data"}}]},
    "d": {"volumes": [{"name": "scratch"}]},
    "e": {"containerDefinitions": [{**box, "portMappings": [{"containerPort": 80, "hostPort": 8080}]}]},
    "f": {"containerDefinitions": [{**box, "stopTimeout": 300}]},
    "g": {"ephemeralStorage": {"sizeInGiB": 100}},
    "h": {"placementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.instance-type == t3.small"}]},
    "i": {"containerDefinitions": [{**box, "healthCheck": {"command": ["CMD", "app", "health"]}}]},
}
trials

# %% question="5.4" role="answer" needs=""
refused = None
### BEGIN SOLUTION
refused = ["a", "c", "e", "f", "h"]
### END SOLUTION
lab.answer("5.4", refused)

# %% [markdown]
# ### Watch
#
# Hand in first, then try one: `lab.lint(plain, **trials["a"])`.

# %%
lab.lint(plain, **trials["b"])

# %% question="5.4" role="check"
lab.check("5.4")

# %% question="5.4" role="score" points=3
lab.score("5.4")

# %% [markdown]
# ## 5 · Where are the lines?
#
# On an instance you could log in and read the Docker logs. On Fargate there is nobody to log in to: lines leave the task
# by `awslogs`, `splunk` or `awsfirelens`, or they are gone.
#
# ### Break

# %% role="setup"
speaker = {
    "name": "app",
    "image": "ecslab/tool:1",
    "command": ["log", "3", "then", "sleep", "3600"],
    "stopTimeout": 2,
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": "/ecs/speaker",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "speaker",
        },
    },
}
size = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}

# %%
attempt(family="speaker", containerDefinitions=[speaker], **size)

# %% [markdown]
# Not the program writes the lines to CloudWatch, but Fargate, and it needs a role to do so: the **execution role**. Your
# account has the usual one, `ecsTaskExecutionRole`; `execution_role` below is its ARN.
#
# ### Fix
#
# Register **`speaker`** so that it is accepted, and run one task of it on Fargate that **reaches RUNNING** and whose lines
# arrive in the log group `/ecs/speaker`. (What does the managed policy of that role not allow? `lab.why(task)` tells,
# should it fail. `logs` is the client of CloudWatch Logs.)

# %% role="setup"
execution_role = f"arn:aws:iam::{lab.account}:role/ecsTaskExecutionRole"

# %% question="5.5" role="solution" needs=""
### BEGIN SOLUTION
logs.create_log_group(logGroupName="/ecs/speaker")
attempt(family="speaker", containerDefinitions=[speaker], executionRoleArn=execution_role, **size)
run("speaker")
### END SOLUTION

# %% [markdown]
# ### Watch
#
# A stream is called `prefix/container/task-id`.

# %%
for group in logs.describe_log_groups(logGroupNamePrefix="/ecs/speaker")["logGroups"]:
    for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]:
        lines = logs.get_log_events(logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"])["events"]
        print(stream["logStreamName"][:40], [line["message"] for line in lines])

# %% question="5.5" role="check"
lab.check("5.5")

# %% question="5.5" role="score" points=3
lab.score("5.5")

# %% [markdown]
# ## 6 · What it costs
#
# | us-east-1, on demand | per hour |
# |---|---|
# | Fargate, Linux x86 | 0.04048 $ for a vCPU and 0.004445 $ for a GB |
# | one m5.large (2 vCPU, 8 GB) | 0.096 $, with 7985 MiB for tasks |
#
# ### Predict
#
# Tasks of ¼ vCPU (256 units) and ½ GB (512 MiB), all day long. Hand in, in dollars **per hour** and to four digits:
#
# 1. ten such tasks on Fargate,
# 2. ten such tasks on as few m5.large as hold them,
# 3. sixteen such tasks on Fargate,
# 4. sixteen such tasks on as few m5.large as hold them.

# %% question="5.6" role="answer" needs=""
dollars = None
### BEGIN SOLUTION
one = 0.25 * 0.04048 + 0.5 * 0.004445
dollars = [round(10 * one, 4), 2 * 0.096, round(16 * one, 4), 2 * 0.096]
### END SOLUTION
lab.answer("5.6", dollars)

# %% question="5.6" role="check"
lab.check("5.6")

# %% question="5.6" role="score" points=3
lab.score("5.6")

# %% [markdown]
# So neither is always cheaper: instances win when they are **full**. Reserved Instances do not touch Fargate; Compute
# Savings Plans do. And whoever counts only the hours forgets the ones spent patching.
#
# ## 7 · One on each
#
# A `watchman` shall run on **every instance** you have, also on those that come tomorrow: nobody wants to count. On
# Fargate the same program shall run **twice**.
#
# ### Do
#
# Two services of the definitions below: **`watchman`** on EC2, and **`watchman-fargate`** on Fargate.

# %% role="setup"
known = {arn.rsplit("/", 1)[-1].split(":")[0] for arn in ecs.list_task_definitions()["taskDefinitionArns"]}
guard = {"name": "guard", "image": "ecslab/tool:1", "memory": 32, "command": ["work"], "stopTimeout": 2}
for family, more in (("watchman", {}), ("watchman-fargate", size)):
    if family not in known:
        ecs.register_task_definition(family=family, containerDefinitions=[guard], **more)

# %% question="5.7" role="solution" needs=""
### BEGIN SOLUTION
ecs.create_service(
    cluster="default", serviceName="watchman", taskDefinition="watchman", launchType="EC2", schedulingStrategy="DAEMON"
)
ecs.create_service(
    cluster="default",
    serviceName="watchman-fargate",
    taskDefinition="watchman-fargate",
    launchType="FARGATE",
    desiredCount=2,
    networkConfiguration=network("us-east-1a", "us-east-1b"),
)
lab.until(lambda: len([t for t in tasks_of("watchman") if t["lastStatus"] == "RUNNING"]) >= 2, timeout=60)
lab.until(lambda: len([t for t in tasks_of("watchman-fargate") if t["lastStatus"] == "RUNNING"]) == 2, timeout=60)
### END SOLUTION

# %% question="5.7" role="check"
lab.check("5.7")

# %% question="5.7" role="score" points=3
lab.score("5.7")

# %% [markdown]
# ## 8 · Challenge: the frog
#
# One definition, **`frog`**, that is good for **both** launch types; one task of the *same revision* on EC2 and one on
# Fargate, and both answer on port 80. The image is `ecslab/web:1`.

# %% question="5.8" role="solution" needs=""
### BEGIN SOLUTION
attempt(
    family="frog",
    networkMode="awsvpc",
    requiresCompatibilities=["EC2", "FARGATE"],
    cpu="256",
    memory="512",
    containerDefinitions=[{"name": "web", "image": "ecslab/web:1", "portMappings": [{"containerPort": 80}]}],
)
run("frog", "EC2")
run("frog", "FARGATE")
### END SOLUTION

# %%
for task in tasks_of("frog"):
    print(task["launchType"], task["taskDefinitionArn"].rsplit("/", 1)[-1], lab.curl(task).text.strip().splitlines()[0])

# %% question="5.8" role="check"
lab.check("5.8")

# %% question="5.8" role="score" points=4
lab.score("5.8")

# %% [markdown]
# ## What stays
#
# | you have | take |
# |---|---|
# | steady load that fills machines, GPUs, special hardware, privileged containers | EC2 |
# | spiky load, small teams, no wish to patch | Fargate |
# | jobs that may be interrupted | `FARGATE_SPOT`, or Spot instances (Lab 13) |
#
# **For the exam.** Fargate: `awsvpc`, task-level `cpu` and `memory` from the list, as text; `hostPort` empty or equal to
# `containerPort`; `awslogs`, `splunk` or `awsfirelens`; an execution role for ECR, logs and secrets; no DAEMON, no
# placement strategies, no host volumes; `stopTimeout` up to 120; 20 GiB of ephemeral storage, up to 200.
# `requiresCompatibilities` is checked when you register; `compatibilities` in the answer says what would do.

# %%
for name in ("watchman", "watchman-fargate"):
    known = ecs.describe_services(cluster="default", services=[name])["services"]
    if known and known[0]["status"] == "ACTIVE":
        ecs.delete_service(cluster="default", service=name, force=True)
stop("shop", "speaker", "frog")
