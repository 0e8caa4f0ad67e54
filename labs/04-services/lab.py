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
# # Lab 4 · Services and scheduling
#
# A task lives once. A **service** is the promise that there will always be enough of them: it replaces what dies,
# rolls out what is new, and tells you what it did. In this lab you make services, hurt them, get one stuck, and free
# it again.
#
# **Afterwards you can**
#
# * create a service and read its events,
# * say what happens to a killed task, and what does not,
# * work out how few and how many tasks a rolling update may have, and choose the two percentages yourself,
# * recognise a deployment that can never move, and one whose image does not exist,
# * tell a service that is throttled from one that restarts for ever,
# * put one task on every instance, scale, and delete in the right order.
#
# **Time** about 60 minutes. **Cost** nothing: everything runs on this machine.
#
# `lab.check("4.1")` tells you what it sees, `lab.hint("4.1")` nudges, `lab.solution("4.1")` shows one way of many.

# %% role="setup"
import ecslab

lab = ecslab.connect()
ecs = lab.client("ecs")
lab

# %% [markdown]
# On the `docker` and `process` runtimes, what you kill here really dies. On `simulated` nothing runs, but everything
# is decided by the same scheduler.
#
# Open a live view beside the notebook, if you like: `lab.show()` in a new cell, then *Create New View for Output*.
#
# Some small tools. `running` and `said` are what you would call most often on AWS, too.


# %% role="setup"
def web_definition(version, family="web", image=None):
    """A web server on a free port, with a health check every five seconds."""
    return {
        "family": family,
        "containerDefinitions": [
            {
                "name": "web",
                "image": image or "ecslab/web:1",
                "memory": 64,
                "portMappings": [{"containerPort": 80}],
                "environment": [{"name": "VERSION", "value": str(version)}],
                "healthCheck": {"command": ["CMD", "app", "health"], "interval": 5, "timeout": 2, "retries": 2},
            }
        ],
    }


def service(name):
    """The service while it is ACTIVE, else None."""
    found = ecs.describe_services(cluster="default", services=[name])["services"]
    return found[0] if found and found[0]["status"] == "ACTIVE" else None


def tasks_of(name, status="RUNNING"):
    """The tasks of a service, oldest first, as DescribeTasks shows them."""
    if service(name) is None:
        return []
    arns = ecs.list_tasks(cluster="default", serviceName=name, desiredStatus=status)["taskArns"]
    found = ecs.describe_tasks(cluster="default", tasks=arns)["tasks"] if arns else []
    return sorted(found, key=lambda task: (task["createdAt"], task["taskArn"]))


def running(name):
    """The ARNs of a service's tasks that are RUNNING, oldest first."""
    return [task["taskArn"] for task in tasks_of(name) if task["lastStatus"] == "RUNNING"]


def healthy(name):
    """Whether every task of a service has passed its health check."""
    return all(task["healthStatus"] == "HEALTHY" for task in tasks_of(name))


def patiently(condition, timeout):
    """Like lab.until, but where it does not come true, go on and look."""
    try:
        lab.until(condition, timeout=timeout)
    except Exception:
        print("That did not happen within", timeout, "seconds.")


def call(task, path="/"):
    """What a task answers. RUNNING does not mean that it listens already, so give it a moment."""

    def answer():
        try:
            return lab.curl(task, path=path).text.strip()
        except Exception:
            return ""

    patiently(lambda: answer() != "", timeout=10)
    return answer() or "no answer"


def said(name, last=6):
    """The last events of a service, newest first."""
    for event in (service(name) or {"events": []})["events"][:last]:
        print(event["createdAt"].strftime("%H:%M:%S"), event["message"])


if not ecs.list_task_definitions(familyPrefix="web")["taskDefinitionArns"]:
    ecs.register_task_definition(**web_definition(1))

# %% [markdown]
# ## 1 · A promise
#
# ```mermaid
# flowchart LR
#   W["what you want<br/>desiredCount 3 · web:1"] --> S{"service scheduler<br/>compares"}
#   R["what there is<br/>2 RUNNING"] --> S
#   S -->|too few| A["start a task"]
#   S -->|too many| B["stop a task"]
#   S -->|equal| C["has reached a steady state"]
#   A --> R
#   B --> R
# ```
#
# It compares again and again, for ever. That is all there is to it, and nearly everything follows from it.
#
# ### Do
#
# Create a service **`web`** in the cluster `default` that keeps **3** tasks of the definition `web` running.
# Wait until it is steady: `lab.wait("services_stable", cluster="default", services=["web"])`.

# %% question="4.1" role="solution" needs=""
### BEGIN SOLUTION
ecs.create_service(cluster="default", serviceName="web", taskDefinition="web", desiredCount=3)
lab.wait("services_stable", cluster="default", services=["web"])
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
said("web")
for arn in running("web"):
    print(call(arn))

# %% question="4.1" role="check"
lab.check("4.1")

# %% question="4.1" role="score" points=3
lab.score("4.1")

# %% [markdown]
# ## 2 · Healing
#
# ### Predict
#
# You kill one of the three. Will ECS start **the same** task again, or another one? What will the killed task's
# `lastStatus` be in a minute?
#
# ### Break
#
# 1. Kill one task of `web` with `lab.kill(arn)`: a crash from outside.
# 2. Wait until three run again: `lab.until(lambda: …)` takes a function that becomes true.
# 3. Hand in the id (or ARN) of the task that **replaced** it.

# %% question="4.2" role="answer" needs="4.1"
replacement = None
### BEGIN SOLUTION
before = running("web")
lab.kill(before[0])
lab.until(lambda: len(set(running("web")) - set(before)) == 1 and len(running("web")) == 3, timeout=120)
replacement = next(arn for arn in running("web") if arn not in before)
### END SOLUTION
lab.answer("4.2", replacement)

# %% [markdown]
# ### Watch

# %%
said("web", last=4)
for task in tasks_of("web", status="STOPPED"):
    print(task["taskArn"][-8:], task["lastStatus"], task.get("stopCode"), task.get("stoppedReason"))

# %% question="4.2" role="check"
lab.check("4.2")

# %% question="4.2" role="score" points=2
lab.score("4.2")

# %% [markdown]
# ## 3 · Rolling out
#
# A new version cannot replace three tasks all at once without a gap. Two percentages of `desiredCount` set the frame:
#
# | | means | default |
# |---|---|---|
# | `minimumHealthyPercent` | so many **healthy** tasks must stay, at every moment | 100 |
# | `maximumPercent` | so many tasks **running or coming** there may be, at every moment | 200 |
#
# Tasks come whole, so ECS has to round.
#
# *When is a task healthy?* When its health check says so. This lab's definition has one (every five seconds). Without
# one, and without a load balancer, ECS waits 40 seconds after RUNNING; then every step would take that long.
#
# ### Predict
#
# `desiredCount` 3, `minimumHealthyPercent` **50**, `maximumPercent` **150**. How few, and how many, may there be?
# Hand in `[lower, upper]`.

# %% question="4.3" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = [2, 4]
### END SOLUTION
lab.answer("4.3", prediction)

# %% question="4.3" role="check"
lab.check("4.3")

# %% question="4.3" role="score" points=1
lab.score("4.3")

# %% [markdown]
# Yours have just started. Wait until their health check has said so:

# %%
patiently(lambda: healthy("web"), timeout=60)
for task in tasks_of("web"):
    print(task["taskArn"][-8:], task["lastStatus"], task["healthStatus"])

# %% [markdown]
# ### Do
#
# Roll out **version 2** in all three places. Your visitors need **at least 2** tasks at every moment, and your budget
# ends at **4**.
#
# `web_definition(2)` gives you the definition to register. The check reads the journal: it knows how many tasks there
# were at each moment.

# %% question="4.4" role="solution" needs="4.1"
### BEGIN SOLUTION
ecs.register_task_definition(**web_definition(2))
ecs.update_service(
    cluster="default",
    service="web",
    taskDefinition="web",
    deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 150},
)
lab.wait("services_stable", cluster="default", services=["web"])
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
said("web", last=10)
for arn in running("web"):
    print(call(arn))

# %% question="4.4" role="check"
lab.check("4.4")

# %% question="4.4" role="score" points=3
lab.score("4.4")

# %% [markdown]
# ## 4 · Stuck
#
# "No downtime, and no extra cost": a colleague sets **100 and 100** and rolls out version 3.
#
# ### Predict
#
# It may not stop one (100 % must stay) and may not start one (100 % is the most). What will the service do? What will
# it say?
#
# ### Break

# %%
if service("web"):
    third = ecs.register_task_definition(**web_definition(3))["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(
        cluster="default",
        service="web",
        taskDefinition=third,
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 100},
    )
    patiently(lambda: "unable to stop or start" in service("web")["events"][0]["message"], timeout=120)
    said("web", last=2)
    for deployment in service("web")["deployments"]:
        print(deployment["status"], deployment["taskDefinition"][-5:], "running", deployment["runningCount"])

# %% [markdown]
# It says so once, and then it waits. For ever, if need be.
#
# ### Fix
#
# Let the rollout come to its end. Three tasks are wanted, as before, and there must be **at least 2** at every moment.
# Do not stop tasks yourself: the next deployment would be stuck again.

# %% question="4.5" role="solution" needs="4.1"
### BEGIN SOLUTION
ecs.update_service(
    cluster="default",
    service="web",
    deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 200},
)
lab.wait("services_stable", cluster="default", services=["web"])
### END SOLUTION

# %% question="4.5" role="check"
lab.check("4.5")

# %% question="4.5" role="score" points=3
lab.score("4.5")

# %% [markdown]
# ## 5 · An image that does not exist
#
# Somebody types the tag wrong, and deploys.
#
# ### Predict
#
# Which `lastStatus` will the new tasks never reach? Will visitors notice?
#
# ### Break

# %%
if service("web"):
    fourth = web_definition(4, image="ecslab/web:does-not-exist")
    fourth = ecs.register_task_definition(**fourth)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(
        cluster="default",
        service="web",
        taskDefinition=fourth,
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 200},
    )

    def failures():
        return [task for task in tasks_of("web", "STOPPED") if task["taskDefinitionArn"] == fourth]

    patiently(lambda: len(failures()) >= 2, timeout=120)
    for task in failures():
        print(task["taskArn"][-8:], task.get("stopCode"), task.get("stoppedReason"))
    said("web")
    print(len(running("web")), "tasks are running")

# %% [markdown]
# The tasks stop before they were ever RUNNING: `TaskFailedToStart`. ECS tries again, and after some failures in a row
# it makes pauses, up to 15 minutes long. (*operations are being throttled*, it says on AWS, or *is unable to
# consistently start tasks successfully*.) Meanwhile the old tasks carry on: that is what `minimumHealthyPercent` buys
# you.
#
# ### Fix
#
# Get the service back to **three good tasks**. Whether with an older revision or with a new one is up to you. It must
# be the same service, and visitors must not notice: at least 2 tasks at every moment.

# %% question="4.6" role="solution" needs="4.5"
### BEGIN SOLUTION
ecs.update_service(cluster="default", service="web", taskDefinition=third)
lab.wait("services_stable", cluster="default", services=["web"])
### END SOLUTION

# %% question="4.6" role="check"
lab.check("4.6")

# %% question="4.6" role="score" points=3
lab.score("4.6")

# %% [markdown]
# ## 6 · For ever
#
# The image `ecslab/web:broken` starts well, runs for two seconds, and exits with 1. A service `fragile` is to keep one
# of them running.
#
# ### Predict
#
# What will ECS do?
#
# * **a** It tries three times; then the service fails.
# * **b** It tries until the deployment is marked FAILED, and goes back to the last good one.
# * **c** It tries for ever, with pauses that grow up to 15 minutes.
# * **d** It tries for ever, without growing pauses.

# %% question="4.7" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = "d"
### END SOLUTION
lab.answer("4.7", prediction)

# %% question="4.7" role="check"
lab.check("4.7")

# %% question="4.7" role="score" points=1
lab.score("4.7")

# %% [markdown]
# ### Watch

# %%
if service("fragile") is None:
    ecs.register_task_definition(
        family="fragile", containerDefinitions=[{"name": "web", "image": "ecslab/web:broken", "memory": 64}]
    )
    ecs.create_service(cluster="default", serviceName="fragile", taskDefinition="fragile", desiredCount=1)
patiently(lambda: service("fragile") is None or len(tasks_of("fragile", "STOPPED")) >= 4, timeout=120)
for task in tasks_of("fragile", "STOPPED"):
    print(task["startedAt"].strftime("%H:%M:%S"), task.get("stoppedReason"), task["containers"][0].get("exitCode"))

# %% [markdown]
# Leave it to its misery for now. Its turn comes in exercise 4.10.
#
# ## 7 · Out and in
#
# ### Do
#
# Visitors are coming. Scale `web` to **5** tasks and wait until they run. Then it is night: scale back to **2**.
# (It must be well for that. If it still has the bad image, mend it first.)

# %% question="4.8" role="solution" needs="4.5"
### BEGIN SOLUTION
for wanted in (5, 2):
    ecs.update_service(cluster="default", service="web", desiredCount=wanted)
    lab.wait("services_stable", cluster="default", services=["web"])
### END SOLUTION

# %% [markdown]
# ### Watch
#
# Who stopped them, and what for?

# %%
for task in tasks_of("web", "STOPPED")[-3:]:
    print(task["taskArn"][-8:], task.get("stopCode"), task.get("stoppedReason"))

# %% question="4.8" role="check"
lab.check("4.8")

# %% question="4.8" role="score" points=2
lab.score("4.8")

# %% [markdown]
# ## 8 · One on each
#
# A log collector must run **once on every instance**, also on those that join tomorrow. The cluster has two instances
# now; in a minute it will have three.
#
# ### Do
#
# Create a service **`logger`** that runs the definition `logger` once on each instance.

# %% role="setup"
if not ecs.list_task_definitions(familyPrefix="logger")["taskDefinitionArns"]:
    ecs.register_task_definition(
        family="logger",
        containerDefinitions=[{"name": "logger", "image": "ecslab/worker:1", "command": ["work"], "memory": 32}],
    )

# %% question="4.9" role="solution" needs=""
### BEGIN SOLUTION
ecs.create_service(cluster="default", serviceName="logger", taskDefinition="logger", schedulingStrategy="DAEMON")
lab.until(lambda: len(running("logger")) == 2, timeout=60)
### END SOLUTION

# %% [markdown]
# ### Watch
#
# A third instance joins. Nobody touches the service.


# %%
def instances():
    return ecs.list_container_instances(cluster="default", status="ACTIVE")["containerInstanceArns"]


if len(instances()) < 3:
    lab.add_instances(count=1)
lab.until(lambda: len(instances()) >= 3, timeout=60)
patiently(lambda: service("logger") is None or len(running("logger")) >= 3, timeout=10)
for task in tasks_of("logger"):
    print(task["taskArn"][-8:], "on instance", task["containerInstanceArn"][-8:])

# %% question="4.9" role="check"
lab.check("4.9")

# %% question="4.9" role="score" points=3
lab.score("4.9")

# %% [markdown]
# And if you had given it a number as well? Ask AWS:

# %%
from botocore.exceptions import ClientError

try:
    ecs.create_service(
        cluster="default",
        serviceName="logger-too",
        taskDefinition="logger",
        schedulingStrategy="DAEMON",
        desiredCount=2,
    )
    ecs.delete_service(cluster="default", service="logger-too", force=True)
except ClientError as refusal:
    print(refusal)

# %% [markdown]
# ## 9 · The end of a service
#
# ### Break
#
# `fragile` has suffered enough. Just delete it?

# %%
try:
    if service("fragile") and service("fragile")["desiredCount"]:
        ecs.delete_service(cluster="default", service="fragile")
except ClientError as refusal:
    print(refusal)

# %% [markdown]
# ### Do
#
# Make `fragile` disappear, and its task with it.

# %% question="4.10" role="solution" needs="4.8"
### BEGIN SOLUTION
ecs.update_service(cluster="default", service="fragile", desiredCount=0)
ecs.delete_service(cluster="default", service="fragile")
lab.wait("services_inactive", cluster="default", services=["fragile"])
### END SOLUTION

# %% question="4.10" role="check"
lab.check("4.10")

# %% question="4.10" role="score" points=1
lab.score("4.10")

# %% [markdown]
# ## 10 · Challenge: under attack
#
# The service **`shield`** will be attacked: every eight seconds one of its tasks is killed, six times over. And after
# the second blow, in the middle of it all, version 2 is rolled out.
#
# * At every moment **at least 4** tasks must be running.
# * There must never be **more than 8**: running and coming ones together.
# * In the end version 2 must be out, everywhere.
#
# You choose `desiredCount`, `minimumHealthyPercent` and `maximumPercent`. Then you may only watch.
#
# Create the service with the definition `shield:1`, and wait until it is steady.

# %% role="setup"
if not ecs.list_task_definitions(familyPrefix="shield")["taskDefinitionArns"]:
    ecs.register_task_definition(**web_definition(1, family="shield"))
    ecs.register_task_definition(**web_definition(2, family="shield"))

# %% question="4.11" role="solution" needs=""
### BEGIN SOLUTION
ecs.create_service(
    cluster="default",
    serviceName="shield",
    taskDefinition="shield:1",
    desiredCount=6,
    deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 130},
)
lab.wait("services_stable", cluster="default", services=["shield"])
### END SOLUTION

# %% [markdown]
# ### Break
#
# If it goes wrong, delete the service (`force=True`), wait until it is INACTIVE, choose other numbers, and run the attack again.


# %%
def attack(name, blows=6, every=8):
    """Kill a running task every few seconds, and roll out version 2 meanwhile."""
    for blow in range(blows):
        targets = running(name)
        if blow == 2:
            ecs.update_service(cluster="default", service=name, taskDefinition="shield:2")
        if targets:
            lab.kill(targets[blow % len(targets)])
        lab.time.sleep(every)
        print("blow", blow + 1, "·", len(running(name)), "running")


if service("shield") and service("shield")["taskDefinition"].endswith("shield:1"):
    patiently(lambda: healthy("shield"), timeout=60)
    attack("shield")
    patiently(lambda: len(service("shield")["deployments"]) == 1, timeout=240)
    patiently(lambda: len(running("shield")) == service("shield")["desiredCount"], timeout=60)
    said("shield", last=3)

# %% question="4.11" role="check"
lab.check("4.11")

# %% question="4.11" role="score" points=4
lab.score("4.11")

# %% [markdown]
# `lab.story()` now tells you the whole attack, sentence by sentence.
#
# ## What you know now
#
# | | |
# |---|---|
# | service | compares what you want with what there is, again and again |
# | a killed task | stays STOPPED; another one, with another id, takes its place |
# | lower bound | `ceil(desired × minimumHealthyPercent / 100)` |
# | upper bound | `floor(desired × maximumPercent / 100)` |
# | 100 and 100 | can never move |
# | never RUNNING | growing pauses, up to 15 minutes |
# | RUNNING, then exit | restarted at once, for ever, unless a circuit breaker is on (lab 14) |
# | DAEMON | one per instance; no number |
# | deleting | want none, then delete; or `force` |
#
# ## As an exam would ask
#
# **1.** A service with 4 tasks, `minimumHealthyPercent` 100 and `maximumPercent` 100 gets a new definition. Nothing
# happens. What is the smallest change that keeps all 4 alive throughout?
#
# <details><summary>Answer</summary>
#
# `maximumPercent` 125 (or more): 5 tasks may exist, so one new one can start before an old one stops. Lowering the
# minimum works, too, but then only 3 stay.
# </details>
#
# **2.** Five tasks, 60 and 140. How few and how many?
#
# <details><summary>Answer</summary>
#
# At least 3 (`5 × 0.6`), at most 7 (`5 × 1.4`).
# </details>
#
# **3.** A container exits with 1 ten seconds after it has started, all night long. In the morning the log has thousands
# of starts. What would have ended it?
#
# <details><summary>Answer</summary>
#
# The deployment circuit breaker (with rollback). By default it is off, and ECS replaces tasks for ever: the pauses
# that grow up to 15 minutes are only for tasks that never reach RUNNING.
# </details>
#
# **4.** You want a monitoring agent on each EC2 instance and on Fargate. One DAEMON service?
#
# <details><summary>Answer</summary>
#
# Only for EC2: DAEMON is not supported on Fargate, where there is no instance of yours. There it becomes a sidecar.
# </details>
#
# **5.** An operator stops a hanging task of a service with StopTask. A minute later the service has…
#
# (a) one task fewer · (b) the same task, restarted · (c) a new task in its place · (d) status DRAINING
#
# <details><summary>Answer</summary>
#
# **c.** `desiredCount` has not changed, so the scheduler starts another one.
# </details>
#
# **6.** The image tag `latest` was pushed again, but the service still runs the old code. Why, and what now?
#
# <details><summary>Answer</summary>
#
# Nothing told the service. The tag was resolved to a digest when the deployment began, and all its tasks keep to it.
# `update_service(forceNewDeployment=True)` starts a new deployment; better still, use a tag per build.
# </details>
#
# **7.** `DeleteService` answers *The service cannot be stopped while it is scaled above 0.* Two ways on?
#
# <details><summary>Answer</summary>
#
# Scale to 0 first, or delete with `force`.
# </details>
#
# ## Clean up

# %%
for name in ("web", "logger", "shield", "fragile"):
    if service(name):
        ecs.delete_service(cluster="default", service=name, force=True)
lab
