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
# # Lab 2 · Task definitions
#
# A **task definition** is the recipe: which containers belong together, what they may use, what they are told.
# A **task** is the dish. In this lab you write recipes by hand, see them cooked, see them burn, and mend them.
#
# **Afterwards you can**
#
# * write a task definition from an empty page and know which number is text and why,
# * say what a *revision* is, and what deregistering one does (and does not do),
# * tell `memory` from `memoryReservation`, and work out how many tasks fit on an instance,
# * read an exit code of 137,
# * decide which containers of a task are *essential*,
# * mend eight definitions that AWS refuses.
#
# **Time** about 55 minutes. **Cost** nothing: everything runs on this machine.
#
# The rhythm is always the same: *predict → do → watch → break → fix*, and a challenge at the end.
# After each exercise `lab.check("2.1")` tells you what it sees. Stuck? `lab.hint("2.1")` nudges, three times;
# `lab.solution("2.1")` shows one way of many.

# %% role="setup"
import ecslab

lab = ecslab.connect()
ecs = lab.client("ecs")
lab

# %% [markdown]
# `ecs` is boto3 itself. What you learn here works on AWS word for word.
#
# The line above names your **runtime**. It matters in a few places, and we say so there:
#
# | runtime | containers are | limits |
# |---|---|---|
# | `docker` | real containers | enforced by the kernel |
# | `process` | real processes of this machine | memory is watched and enforced by the lab |
# | `simulated` | a model | worked out, nothing really runs |
#
# One small tool for all exercises: `attempt` registers a definition and repeats what AWS says about it.

# %% role="setup"
from botocore.exceptions import BotoCoreError, ClientError


def attempt(definition):
    """Register a definition; print AWS's answer instead of raising it."""
    try:
        made = ecs.register_task_definition(**definition)["taskDefinition"]
    except (BotoCoreError, ClientError) as refusal:
        print(f"{definition.get('family')}: refused\n   {refusal}")
        return None
    name = f"{made['family']}:{made['revision']}"
    print(f"{name}: accepted")
    return name


def tasks_of(family, cluster="default", status="RUNNING"):
    """The tasks of a family, as DescribeTasks shows them."""
    arns = ecs.list_tasks(cluster=cluster, family=family, desiredStatus=status)["taskArns"]
    return ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []


def call(task, path="/"):
    """What a task answers. RUNNING does not mean that it listens already, so give it a moment."""

    def answer():
        try:
            return lab.curl(task, path=path).text.strip()
        except Exception:
            return ""

    try:
        lab.until(lambda: answer() != "", timeout=10)
    except Exception:
        return "no answer"
    return answer()


def show(tasks):
    """One line per container: where it stands and how it ended."""
    for task in tasks:
        print(task["taskArn"][-8:], task["lastStatus"], task.get("stopCode", ""), task.get("stoppedReason", ""))
        for box in task["containers"]:
            print("   ", box["name"], box["lastStatus"], box.get("exitCode", ""), box.get("reason", ""))


# %% [markdown]
# ## 1 · A definition by hand
#
# A definition has **two levels**, and nearly every first mistake is a number on the wrong one.
#
# ```mermaid
# flowchart TB
#   subgraph D["task definition hello:1"]
#     direction TB
#     S["the task: family · networkMode · cpu and memory as <b>text</b>"]
#     subgraph C["containerDefinitions"]
#       W["web: name · image · cpu and memory as <b>numbers</b><br/>portMappings · environment · essential"]
#     end
#     S --- C
#   end
#   D -->|RunTask| T1["task 3f9c…"]
#   D -->|RunTask| T2["task a71e…"]
# ```
#
# | | at the level of the task | inside a container |
# |---|---|---|
# | `cpu` | text: `"1024"` is one vCPU | number: a share when the CPU is busy |
# | `memory` | text, in MiB: all containers together | number: beyond it the container is killed |
# | if left out | allowed on EC2, not on Fargate | `memory` may be left out if the task has one |
#
# ### Do
#
# Register a definition of the family **`hello`** and run **one** task of it in the cluster `default`:
#
# * the task as a whole has **a quarter of a vCPU and 512 MiB**,
# * one container named `web` with the image `ecslab/web:1`, which may never use more than **128 MiB**,
# * it listens on port **80**; publish that on any free port of the instance,
# * its environment has a variable **`COURSE`** with the value `ecs`.
#
# Then wait until it runs: `lab.wait("tasks_running", cluster="default", tasks=[…])`.

# %% question="2.1" role="solution" needs=""
### BEGIN SOLUTION
hello = {
    "family": "hello",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "web",
            "image": "ecslab/web:1",
            "memory": 128,
            "portMappings": [{"containerPort": 80}],
            "environment": [{"name": "COURSE", "value": "ecs"}],
        }
    ],
}
ecs.register_task_definition(**hello)
started = ecs.run_task(cluster="default", taskDefinition="hello")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
### END SOLUTION

# %% [markdown]
# ### Watch
#
# Call it from outside, and ask the program what it sees.

# %%
for task in tasks_of("hello"):
    print(call(task["taskArn"]))
    print(call(task["taskArn"], path="/json"))

# %% question="2.1" role="check"
lab.check("2.1")

# %% question="2.1" role="score" points=4
lab.score("2.1")

# %% [markdown]
# ## 2 · Revisions
#
# A definition is never edited. You register the family again, and AWS adds one to the number.
#
# | you say | AWS understands |
# |---|---|
# | `hello:1` | exactly this revision |
# | `hello` | the newest **ACTIVE** revision, at this moment |
#
# `DeregisterTaskDefinition` makes a revision INACTIVE.
#
# ### Predict
#
# The old task is running when its revision becomes INACTIVE. What will happen to it? Decide before you go on.
#
# ### Do
#
# 1. Register a **second revision** of `hello` that is the same but runs `ecslab/web:2`.
# 2. Run one task of it. Leave the old task alone.
# 3. Retire version 1, so that nobody can start it by mistake.

# %% question="2.2" role="solution" needs="2.1"
### BEGIN SOLUTION
second = ecs.describe_task_definition(taskDefinition="hello")["taskDefinition"]
box = dict(second["containerDefinitions"][0], image="ecslab/web:2")
ecs.register_task_definition(family="hello", cpu="256", memory="512", containerDefinitions=[box])
started = ecs.run_task(cluster="default", taskDefinition="hello")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
ecs.deregister_task_definition(taskDefinition="hello:1")
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
for status in ("ACTIVE", "INACTIVE"):
    print(status, ecs.list_task_definitions(familyPrefix="hello", status=status)["taskDefinitionArns"])
for task in tasks_of("hello"):
    print(task["taskDefinitionArn"].rsplit("/")[-1], "·", call(task["taskArn"]))

# %% question="2.2" role="check"
lab.check("2.2")

# %% question="2.2" role="score" points=4
lab.score("2.2")

# %% [markdown]
# INACTIVE closes the door for new tasks, and nothing else. A running task goes on; a service that uses the
# revision may even start replacements with it.
#
# ## 3 · Reservation and limit
#
# A container has two memory settings. They answer two different questions, and they are easily swapped.
#
# * `memory`: beyond this the container is **killed**.
# * `memoryReservation`: this much is **set aside** for it on the instance.
#
# ```mermaid
# flowchart LR
#   P["placement:<br/>is there room?"] -->|reads| R["memoryReservation<br/>(or memory, if there is none)"]
#   K["kernel:<br/>too much?"] -->|reads| M["memory"]
# ```
#
# Here is a cache that mostly idles and sometimes grows. And a cluster `packing` with **one** instance, so that you
# can count.

# %% role="setup"
cache = {
    "family": "cache",
    "containerDefinitions": [
        {
            "name": "cache",
            "image": "ecslab/worker:1",
            "command": ["work", "--every", "60"],
            "cpu": 10,
            "memory": 2000,
            "memoryReservation": 1024,
            "stopTimeout": 5,
        }
    ],
}
ecs.create_cluster(clusterName="packing")
if not ecs.list_container_instances(cluster="packing")["containerInstanceArns"]:
    lab.add_instances(count=1, cluster="packing", instance_type="m5.large")
lab.until(lambda: ecs.list_container_instances(cluster="packing")["containerInstanceArns"], timeout=60)
if not ecs.list_task_definition_families(familyPrefix="cache")["families"]:
    attempt(cache)

# %%
there = ecs.list_container_instances(cluster="packing")["containerInstanceArns"]
for instance in ecs.describe_container_instances(cluster="packing", containerInstances=there)["containerInstances"]:
    for resource in instance["registeredResources"]:
        print(resource["name"], resource.get("integerValue", resource.get("stringSetValue")))

# %% [markdown]
# ### Predict
#
# In a moment we ask for **10** tasks of `cache` on this one instance. **How many will run?**

# %% question="2.3" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = 7
### END SOLUTION
lab.answer("2.3", prediction)

# %% question="2.3" role="check"
lab.check("2.3")

# %% question="2.3" role="score" points=1
lab.score("2.3")

# %% [markdown]
# ### Watch
#
# Look closely at the answer: the call succeeds. What found no room is in `failures`, and only there. A script that
# does not read `failures` believes that all is well.

# %%
answer = ecs.run_task(cluster="packing", taskDefinition="cache:1", count=10)
print(len(answer["tasks"]), "started")
for failure in answer["failures"]:
    print(failure["reason"])
if answer["tasks"]:
    lab.wait("tasks_running", cluster="packing", tasks=[task["taskArn"] for task in answer["tasks"]])

# %% [markdown]
# ### Fix
#
# Twelve customers want a cache, on this **one** instance. Each must still be able to grow to **2000 MiB** for a
# moment, when the others are idle.
#
# Make **12** tasks of a new revision of `cache` run in `packing`. The old ones may go (`ecs.stop_task`).

# %% question="2.4" role="solution" needs="2.3"
### BEGIN SOLUTION
old = [task["taskArn"] for task in tasks_of("cache", "packing")]
for arn in old:
    ecs.stop_task(cluster="packing", task=arn)
if old:
    lab.wait("tasks_stopped", cluster="packing", tasks=old)
ecs.register_task_definition(
    family="cache", containerDefinitions=[cache["containerDefinitions"][0] | {"memoryReservation": 512}]
)
first = ecs.run_task(cluster="packing", taskDefinition="cache", count=10)["tasks"]
more = ecs.run_task(cluster="packing", taskDefinition="cache", count=2)["tasks"]
lab.wait("tasks_running", cluster="packing", tasks=[task["taskArn"] for task in first + more])
### END SOLUTION

# %% question="2.4" role="check"
lab.check("2.4")

# %% question="2.4" role="score" points=3
lab.score("2.4")

# %% [markdown]
# You have just **oversold** the instance: 12 × 2000 MiB are promised, and it does not have them. That is a choice,
# and often a good one. It stops being good when all customers grow at the same time.
#
# Make room before we go on.

# %%
for task in tasks_of("cache", "packing"):
    ecs.stop_task(cluster="packing", task=task["taskArn"])

# %% [markdown]
# ## 4 · Out of memory
#
# This program takes 128 MiB and keeps them. It gets 64.

# %% role="setup"
greedy = {
    "family": "greedy",
    "containerDefinitions": [
        {"name": "app", "image": "ecslab/tool:1", "command": ["hog", "128"], "memory": 64},
    ],
}
if not ecs.list_task_definition_families(familyPrefix="greedy")["families"]:
    attempt(greedy)

# %% [markdown]
# ### Predict
#
# It will be stopped. Which **exit code** will ECS report for the container?

# %% question="2.5" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = 137
### END SOLUTION
lab.answer("2.5", prediction)

# %% question="2.5" role="check"
lab.check("2.5")

# %% question="2.5" role="score" points=1
lab.score("2.5")

# %% [markdown]
# ### Break
#
# `lab.why(task)` puts into words what `DescribeTasks` holds. On AWS you look at the same three fields: `stopCode`
# and `stoppedReason` of the task, `exitCode` and `reason` of the container.

# %%
doomed = ecs.run_task(cluster="default", taskDefinition="greedy:1")["tasks"][0]["taskArn"]
lab.wait("tasks_stopped", cluster="default", tasks=[doomed])
show(ecs.describe_tasks(cluster="default", tasks=[doomed])["tasks"])
lab.why(doomed)

# %% [markdown]
# ### Fix
#
# The program is right; its allowance is not. Register a new revision of `greedy` with which it **lives**, and run
# it. Keep the others on the instance safe: its hard limit must not be above **256 MiB**. Do not touch the command.

# %% question="2.6" role="solution" needs="2.5"
### BEGIN SOLUTION
ecs.register_task_definition(
    family="greedy", containerDefinitions=[greedy["containerDefinitions"][0] | {"memory": 224}]
)
started = ecs.run_task(cluster="default", taskDefinition="greedy")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
### END SOLUTION

# %% [markdown]
# Give it three seconds to take what it wants, then look.

# %%
lab.time.sleep(3)
show(tasks_of("greedy"))

# %% question="2.6" role="check"
lab.check("2.6")

# %% question="2.6" role="score" points=3
lab.score("2.6")

# %% [markdown]
# ## 5 · Who may die?
#
# Containers of one task live together. When an **essential** container ends, for whatever reason and with whatever
# exit code, ECS stops the whole task. Every container is essential until you say otherwise.
#
# Here `web` serves visitors. Beside it runs `helper`, which is not very good: it dies after three seconds.

# %% role="setup"
pair = {
    "family": "pair",
    "containerDefinitions": [
        {"name": "web", "image": "ecslab/web:1", "memory": 64, "portMappings": [{"containerPort": 80}]},
        {"name": "helper", "image": "ecslab/tool:1", "command": ["exit", "1", "--after", "3"], "memory": 32},
    ],
}
if not ecs.list_task_definition_families(familyPrefix="pair")["families"]:
    attempt(pair)

# %% [markdown]
# ### Predict
#
# What will be left after five seconds: both, `web` alone, `helper` alone, or nothing? And will `web` have an exit
# code of 0, 1, 137 or 143? (Not graded. Say it aloud; it helps.)
#
# ### Watch

# %%
couple = ecs.run_task(cluster="default", taskDefinition="pair:1")["tasks"][0]["taskArn"]
lab.wait("tasks_stopped", cluster="default", tasks=[couple])
show(ecs.describe_tasks(cluster="default", tasks=[couple])["tasks"])

# %% [markdown]
# `web` did nothing wrong. It was told to go (SIGTERM), tidied up and left with 0.
#
# ### Fix
#
# Register a new revision of `pair` in which the helper may die and visitors never notice. Leave the helper's
# command as it is. Run one task of it.

# %% question="2.7" role="solution" needs=""
### BEGIN SOLUTION
web, helper = pair["containerDefinitions"]
ecs.register_task_definition(family="pair", containerDefinitions=[web, helper | {"essential": False}])
started = ecs.run_task(cluster="default", taskDefinition="pair")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
### END SOLUTION

# %%
lab.time.sleep(6)
show(tasks_of("pair"))

# %% question="2.7" role="check"
lab.check("2.7")

# %% question="2.7" role="score" points=3
lab.score("2.7")

# %% [markdown]
# ### Break
#
# And the other way round: what if **`web`** is killed? `lab.kill` is a crash from outside, a SIGKILL.

# %%
for task in tasks_of("pair"):
    lab.kill(task["taskArn"], container="web")
    lab.wait("tasks_stopped", cluster="default", tasks=[task["taskArn"]])
    show(ecs.describe_tasks(cluster="default", tasks=[task["taskArn"]])["tasks"])

# %% [markdown]
# ## 6 · Eight repairs
#
# Colleagues have sent you eight definitions. AWS refuses each of them, for **one** reason each.

# %%
broken = {
    "fix-units": {
        "family": "fix-units",
        "cpu": 256,
        "memory": 512,
        "containerDefinitions": [{"name": "web", "image": "ecslab/web:1"}],
    },
    "fix-memory": {
        "family": "fix-memory",
        "containerDefinitions": [{"name": "web", "image": "ecslab/web:1", "cpu": 64}],
    },
    "fix-essential": {
        "family": "fix-essential",
        "containerDefinitions": [{"name": "web", "image": "ecslab/web:1", "memory": 64, "essential": False}],
    },
    "fix-size": {
        "family": "fix-size",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "4096",
        "containerDefinitions": [{"name": "web", "image": "ecslab/web:1"}],
    },
    "fix-fargate": {
        "family": "fix-fargate",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "web", "image": "ecslab/web:1"}],
    },
    "fix-ports": {
        "family": "fix-ports",
        "networkMode": "awsvpc",
        "containerDefinitions": [
            {
                "name": "web",
                "image": "ecslab/web:1",
                "memory": 64,
                "portMappings": [{"containerPort": 80, "hostPort": 8080}],
            }
        ],
    },
    "fix-export": {
        "family": "fix-export",
        "revision": 7,
        "status": "ACTIVE",
        "networkMode": "bridge",
        "compatibilities": ["EC2"],
        "containerDefinitions": [{"name": "web", "image": "ecslab/web:1", "cpu": 64, "memory": 64}],
    },
    "fix-swapped": {
        "family": "fix-swapped",
        "containerDefinitions": [
            {"name": "web", "image": "ecslab/web:1", "cpu": 64, "memory": 128, "memoryReservation": 256}
        ],
    },
}

# %% [markdown]
# ### Watch
#
# Read the refusals before you read the definitions: whoever can read them well is quick at the console, too. (Two of
# them do not even reach AWS: boto3 knows the types and field names of the API, and objects by itself.)

# %%
for definition in broken.values():
    attempt(definition)

# %% [markdown]
# ### Fix
#
# Mend each with the **smallest** change, and register it under its own family. Amounts, images and the rest stay as
# they are. `fix-size` and `fix-fargate` must stay Fargate definitions.
#
# You get a point for each, so begin with the ones you see at once.

# %% question="2.8" role="solution" needs=""
### BEGIN SOLUTION
web = {"name": "web", "image": "ecslab/web:1"}
attempt(broken["fix-units"] | {"cpu": "256", "memory": "512"})
attempt(broken["fix-memory"] | {"containerDefinitions": [web | {"cpu": 64, "memory": 64}]})
attempt(broken["fix-essential"] | {"containerDefinitions": [web | {"memory": 64}]})
attempt(broken["fix-size"] | {"memory": "2048"})
attempt(broken["fix-fargate"] | {"networkMode": "awsvpc"})
ports = web | {"memory": 64, "portMappings": [{"containerPort": 80}]}
attempt(broken["fix-ports"] | {"containerDefinitions": [ports]})
export = broken["fix-export"]
attempt({key: export[key] for key in ("family", "networkMode", "containerDefinitions")})
swapped = web | {"cpu": 64, "memory": 256, "memoryReservation": 128}
attempt(broken["fix-swapped"] | {"containerDefinitions": [swapped]})
### END SOLUTION

# %% question="2.8" role="check"
lab.check("2.8")

# %% question="2.8" role="score" points=8
lab.score("2.8")

# %% [markdown]
# ## 7 · Challenge: the convoy
#
# A colleague wants a web server with ten helpers, and the licence in everybody's environment. AWS says no, twice
# over: a task has **at most 10 containers**, and a definition **at most 64 KB**.

# %%
licence = "You may use this program as you like. " * 200
colleague = {
    "family": "convoy",
    "containerDefinitions": [
        {"name": "web", "image": "ecslab/web:1", "memory": 512, "portMappings": [{"containerPort": 80}]},
        *[
            {
                "name": f"helper-{number}",
                "image": "ecslab/worker:1",
                "memory": 512,
                "environment": [{"name": "LICENCE", "value": licence}],
            }
            for number in range(1, 11)
        ],
    ],
}
attempt(colleague)

# %% [markdown]
# Sail a convoy that AWS accepts:
#
# * family `convoy`, **exactly ten** containers: `web`, which answers on port 80, and **nine** helpers with the image
#   `ecslab/worker:1`,
# * at most 64 KB of definition (who needs the licence nine times?),
# * all ten together reserve **at most 1024 MiB**,
# * a helper that goes down must not take the convoy with it.
#
# Register it and run one task of it in `default`.

# %% question="2.9" role="solution" needs=""
### BEGIN SOLUTION
web = {"name": "web", "image": "ecslab/web:1", "memory": 128, "portMappings": [{"containerPort": 80}]}
helpers = [
    {"name": f"helper-{number}", "image": "ecslab/worker:1", "memory": 64, "essential": False}
    for number in range(1, 10)
]
ecs.register_task_definition(family="convoy", containerDefinitions=[web, *helpers])
started = ecs.run_task(cluster="default", taskDefinition="convoy")["tasks"]
lab.wait("tasks_running", cluster="default", tasks=[task["taskArn"] for task in started])
### END SOLUTION

# %% [markdown]
# ### Break
#
# A storm sinks one helper. Run this cell once your convoy sails.

# %%
for task in tasks_of("convoy"):
    victims = [box["name"] for box in task["containers"] if box["name"] != "web"]
    if task["lastStatus"] == "RUNNING" and victims:
        lab.kill(task["taskArn"], container=victims[-1])
lab.time.sleep(4)
show(tasks_of("convoy"))

# %% question="2.9" role="check"
lab.check("2.9")

# %% question="2.9" role="score" points=4
lab.score("2.9")

# %% [markdown]
# ## What you know now
#
# | | |
# |---|---|
# | two levels | task: `cpu`, `memory` as text, for all containers together; container: numbers, for itself |
# | revision | never edited, only followed; INACTIVE stops new tasks, not old ones |
# | `memoryReservation` | what placement sets aside |
# | `memory` | what the kernel kills at: exit code 137, `OutOfMemoryError` |
# | `essential` | true unless you say otherwise; one essential end is the end of the task |
# | quotas | 10 containers, 64 KB |
# | `failures` | RunTask answers 200 and tells you there what did not fit |
#
# ## As an exam would ask
#
# **1.** An application on EC2 with `memory: 512` and `memoryReservation: 256` is killed now and then with exit code
# 137. The instance has 3 GB free. What do you change?
#
# (a) raise `memoryReservation` · (b) raise `memory` · (c) use a larger instance · (d) add CPU shares
#
# <details><summary>Answer</summary>
#
# **b.** The container is killed at its own hard limit; how much the instance has free does not matter. The
# reservation only decides where it is placed.
# </details>
#
# **2.** After `DeregisterTaskDefinition`, a service that uses this revision…
#
# (a) stops its tasks · (b) rolls to the newest revision · (c) goes on and can still replace tasks · (d) becomes INACTIVE
#
# <details><summary>Answer</summary>
#
# **c.** INACTIVE means no *new* RunTask and no *new* service with it. What uses it goes on using it.
# </details>
#
# **3.** A log router beside the application crashes, and the application goes down with it each time. The smallest
# change?
#
# <details><summary>Answer</summary>
#
# `essential: false` on the log router. Whether you may lose logs meanwhile is the question to ask next.
# </details>
#
# **4.** A pipeline copies the output of `describe-task-definition` into `register-task-definition` and fails with an
# unknown parameter. Why?
#
# <details><summary>Answer</summary>
#
# The description holds fields that AWS adds: `taskDefinitionArn`, `revision`, `status`, `requiresAttributes`,
# `compatibilities`, `registeredAt`, `registeredBy`. Take them out first.
# </details>
#
# **5.** Which of these can Fargate run? (a) 256 CPU, 512 MiB · (b) 256 CPU, 4 GB · (c) 300 CPU, 600 MiB · (d) no size
# at all
#
# <details><summary>Answer</summary>
#
# **a.** Sizes come in fixed pairs, and they are required.
# </details>
#
# **6.** A developer sets the password of the database in `environment`. What is wrong with it?
#
# <details><summary>Answer</summary>
#
# Whoever may call `DescribeTaskDefinition` can read it, in every revision, for ever. Use `secrets` (lab 9).
# </details>
#
# **7.** A script calls RunTask with `count=10`, gets HTTP 200 and reports success, but only seven tasks run. Whose
# mistake is it?
#
# <details><summary>Answer</summary>
#
# The script's: it did not read `failures`. Three entries there say `RESOURCE:MEMORY`.
# </details>
#
# ## Clean up
#
# Stop what still runs. Definitions cost nothing and may stay.

# %%
for cluster in ("default", "packing"):
    for arn in ecs.list_tasks(cluster=cluster)["taskArns"]:
        ecs.stop_task(cluster=cluster, task=arn, reason="end of lab 2")
lab
