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
# # Lab 3 · The life of a task
#
# From PROVISIONING to STOPPED: who moves a task on, in which order its containers come and go, and what the last words of
# a task tell you.
#
# **Afterwards you can**
#
# * name the states of a task in order, and say which of them a task without a network interface skips,
# * read a stop code, a stopped reason and an exit code, and say from them what happened,
# * have one container wait for another: until it has started, has ended well, or is healthy,
# * keep a task from waiting for ever,
# * give a program the time it needs to end,
# * run one definition with other words for every customer,
# * choose whose end is the end of the task, and the order in which the others go,
# * migrate a database exactly once.
#
# **Time** about 55 minutes. **Cost** nothing: everything runs on this machine.
#
# `lab.check("3.1")` tells you what it sees, `lab.hint("3.1")` nudges, `lab.solution("3.1")` shows one way of many.

# %% role="setup"
import ecslab

lab = ecslab.connect()
ecs, ec2 = lab.client("ecs"), lab.client("ec2")
lab

# %% [markdown]
# Signals, exit codes and health checks are real on `docker` and `process`; on `simulated` they are worked out from what the
# lab's program would do. `register` and `start` save some typing.


# %% role="setup"
def box(name, *command, image="ecslab/tool:1", **more):
    """A container that does what its command says: ("work",), ("exit", "1"), ("log", "3"), …"""
    found = {"name": name, "image": image, "memory": 64, "stopTimeout": 2, **more}
    return found | ({"command": list(command)} if command else {})


def register(family, *containers, **more):
    """Register a revision; prints what AWS says where it is refused."""
    try:
        made = ecs.register_task_definition(family=family, containerDefinitions=list(containers), **more)
    except ecs.exceptions.ClientError as refusal:
        print("refused:", refusal)
        return None
    return made["taskDefinition"]["taskDefinitionArn"]


def described(arn):
    """A task as DescribeTasks shows it."""
    return ecs.describe_tasks(cluster="default", tasks=[arn])["tasks"][0]


def start(family, until=("RUNNING", "STOPPED"), **more):
    """Run one task of the newest revision, and wait until it is where it should be."""
    arn = ecs.run_task(cluster="default", taskDefinition=family, **more)["tasks"][0]["taskArn"]
    lab.until(lambda: described(arn)["lastStatus"] in until, timeout=60)
    return arn


def tasks_of(family, status="RUNNING"):
    """The tasks of a family, as they are wanted."""
    arns = ecs.list_tasks(cluster="default", family=family, desiredStatus=status)["taskArns"]
    return ecs.describe_tasks(cluster="default", tasks=arns)["tasks"] if arns else []


def end(arn):
    """Stop a task and wait until it is STOPPED."""
    ecs.stop_task(cluster="default", task=arn)
    lab.until(lambda: described(arn)["lastStatus"] == "STOPPED", timeout=90)
    return arn


def last_words(arn):
    """How a task ended: stop code, reason, and the exit code of each container."""
    task = described(arn)
    codes = {c["name"]: c.get("exitCode") for c in task["containers"]}
    print(task["lastStatus"], task.get("stopCode"), "·", task.get("stoppedReason"), "·", codes)


def known(family):
    """Whether a family has a revision."""
    return bool(ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"])


subnet = next(s["SubnetId"] for s in ec2.describe_subnets()["Subnets"])
network = {"awsvpcConfiguration": {"subnets": [subnet]}}

# %% [markdown]
# ## 1 · Eight states
#
# ```mermaid
# stateDiagram-v2
#   direction LR
#   PROVISIONING --> PENDING: interface is there
#   PENDING --> ACTIVATING: the agent has it
#   ACTIVATING --> RUNNING: all have started
#   RUNNING --> DEACTIVATING: to be stopped
#   DEACTIVATING --> STOPPING
#   STOPPING --> DEPROVISIONING: containers are gone
#   DEPROVISIONING --> STOPPED: interface is gone
# ```
#
# `lastStatus` walks; `desiredStatus` is only ever `RUNNING` or `STOPPED`. (Whoever lists tasks with
# `desiredStatus="PENDING"` gets none, always.)
#
# ### Predict
#
# Two lists: the states a task in **awsvpc** mode goes through **from the beginning to RUNNING**, in order; and those of all
# eight that a task in **bridge** mode never has.

# %% question="3.1" role="answer" needs=""
states = None
### BEGIN SOLUTION
states = [["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"], ["PROVISIONING", "DEPROVISIONING"]]
### END SOLUTION
lab.answer("3.1", states)

# %% [markdown]
# ### Watch

# %%
if not known("walk"):
    register("walk", box("app", "log", "2"), networkMode="awsvpc")
walker = start("walk", until=("STOPPED",), networkConfiguration=network)
lab.story(subject=walker)

# %% question="3.1" role="check"
lab.check("3.1")

# %% question="3.1" role="score" points=3
lab.score("3.1")

# %% [markdown]
# ## 2 · Last words
#
# A STOPPED task can be described for about an hour. Three fields tell what happened:
#
# | | says | for example |
# |---|---|---|
# | `stopCode` | **who** ended it | `EssentialContainerExited`, `UserInitiated`, `TaskFailedToStart`, `ServiceSchedulerInitiated` |
# | `stoppedReason` | why, in words | `CannotPullContainerError: …` |
# | `exitCode` of a container | how its process ended | 0 well, 1 badly, 143 by SIGTERM, 137 by SIGKILL or for lack of memory |
#
# ### Predict
#
# Five tasks of one container each. Hand in a pair `(stopCode, exitCode)` for each; `None` where there is no exit code.
#
# 1. The program does its work and exits with 0.
# 2. `stop_task`; the program hears SIGTERM, tidies up and exits with 0.
# 3. `stop_task`; the program ignores SIGTERM.
# 4. The image does not exist.
# 5. The program crashes with 1.

# %% question="3.2" role="answer" needs=""
endings = None
### BEGIN SOLUTION
endings = [
    ("EssentialContainerExited", 0),
    ("UserInitiated", 0),
    ("UserInitiated", 137),
    ("TaskFailedToStart", None),
    ("EssentialContainerExited", 1),
]
### END SOLUTION
lab.answer("3.2", endings)

# %% [markdown]
# ### Watch

# %%
if not known("ending-1"):
    register("ending-1", box("app", "log", "1"))
    register("ending-2", box("app", "work"))
    register("ending-3", box("app", "stubborn"))
    register("ending-4", box("app", image="ecslab/nowhere:1"))
    register("ending-5", box("app", "exit", "1"))
for number in "145":
    last_words(start(f"ending-{number}", until=("STOPPED",)))
for number in "23":
    stubborn = start(f"ending-{number}")
    lab.until(lambda arn=stubborn: len(lab.logs(arn)), timeout=30)
    last_words(end(stubborn))

# %% question="3.2" role="check"
lab.check("3.2")

# %% question="3.2" role="score" points=4
lab.score("3.2")

# %% [markdown]
# ## 3 · First the one, then the other
#
# `dependsOn` has a container wait for another one of the same task:
#
# | condition | until the other one | |
# |---|---|---|
# | `START` | has started | |
# | `COMPLETE` | has ended, however | it must not be essential |
# | `SUCCESS` | has ended with 0 | it must not be essential |
# | `HEALTHY` | is HEALTHY | it needs a `healthCheck` in the **definition**; that of a Dockerfile is ignored |
#
# Containers are stopped in the reverse order.
#
# ### Break
#
# The `shop` migrates its database before it serves. Or so they thought:


# %% role="setup"
def migrate(**more):
    """The migration: it takes a second and ends with 0."""
    return box("migrate", "log", "3", "--every", "0.4", **more)


def web(**more):
    """The web server."""
    return box("web", "serve", image="ecslab/web:1", portMappings=[{"containerPort": 80}], **more)


# %%
if not known("shop"):
    register("shop", migrate(essential=False), web())
    begun = start("shop")
    lab.until(lambda: len(lab.logs(begun)) > 3, timeout=30)
for task in tasks_of("shop")[:1]:
    print(lab.logs(task["taskArn"]))

# %% [markdown]
# The server listens in the middle of the migration.
#
# ### Fix
#
# Register **`shop`** so that `web` starts **only after `migrate` has ended with 0**, and run a task of it.

# %% question="3.3" role="solution" needs=""
### BEGIN SOLUTION
register("shop", migrate(essential=False), web(dependsOn=[{"containerName": "migrate", "condition": "SUCCESS"}]))
start("shop")
### END SOLUTION

# %% question="3.3" role="check"
lab.check("3.3")

# %% question="3.3" role="score" points=3
lab.score("3.3")

# %% [markdown]
# ## 4 · Started is not ready
#
# A database that has started does not answer yet. Whether it does, a **health check** finds out: a command that is run
# *inside* the container, every `interval` seconds (5 to 300), and ends with 0 when all is well. `app health` is such a
# command: it asks the program beside it at the port it is told (`--port`).
#
# ### Do
#
# Register **`bank`** with two containers and run one task of it: `db`, a server on port 5432 (`database()` makes it), and
# `web`, which starts when `db` is **HEALTHY**.


# %% role="setup"
def database(**more):
    """A server on port 5432."""
    return box("db", "serve", "--port", "5432", image="ecslab/web:1", **more)


# %% question="3.4" role="solution" needs=""
### BEGIN SOLUTION
alive = {"command": ["CMD", "app", "health", "--port", "5432"], "interval": 5}
register("bank", database(healthCheck=alive), web(dependsOn=[{"containerName": "db", "condition": "HEALTHY"}]))
start("bank")
### END SOLUTION

# %% question="3.4" role="check"
lab.check("3.4")

# %% question="3.4" role="score" points=3
lab.score("3.4")

# %% [markdown]
# ## 5 · Waiting for ever
#
# In `clinic` the database never becomes healthy: somebody's health check asks the wrong port. `web` waits, and waits.

# %% role="setup"
wrong = {"command": ["CMD", "app", "health", "--port", "9"], "interval": 5, "retries": 10, "startPeriod": 0}


def clinic(**more):
    """The clinic's containers; what is given goes into `db`."""
    waiting = web(dependsOn=[{"containerName": "db", "condition": "HEALTHY"}])
    return [database(healthCheck=wrong, **more), waiting]


# %%
if not known("clinic"):
    register("clinic", *clinic())
    stuck = start("clinic", until=("ACTIVATING", "STOPPED"))
    print(described(stuck)["lastStatus"], {c["name"]: c["lastStatus"] for c in described(stuck)["containers"]})
    ecs.stop_task(cluster="default", task=stuck)

# %% [markdown]
# ### Fix
#
# Leave the health check as it is (the people of the clinic will look after it). Have the task **give up by itself** when
# `db` is not healthy **five seconds** after its start, and run it until it is STOPPED.

# %% question="3.5" role="solution" needs=""
### BEGIN SOLUTION
register("clinic", *clinic(startTimeout=5))
given_up = start("clinic", until=("STOPPED",))
last_words(given_up)
### END SOLUTION

# %% question="3.5" role="check"
lab.check("3.5")

# %% question="3.5" role="score" points=3
lab.score("3.5")

# %% [markdown]
# ## 6 · Time to say goodbye
#
# To stop a container, ECS sends SIGTERM, waits for `stopTimeout` seconds (30 if nothing is said), and then sends SIGKILL.
# The `clerk` writes the day's last page after SIGTERM; that takes three seconds.


# %% role="setup"
def clerk(**more):
    """The clerk: after SIGTERM it takes FINISH seconds to finish."""
    return box("clerk", "work", environment=[{"name": "FINISH", "value": "3"}], **more)


# %%
if not known("clerk"):
    register("clerk", clerk(stopTimeout=2))
    hurried = start("clerk")
    lab.until(lambda: len(lab.logs(hurried)), timeout=30)
    last_words(end(hurried))

# %% [markdown]
# 137: the page is torn.
#
# ### Fix
#
# Register a revision of **`clerk`** that lets the same program finish, run it, and stop it: it shall end with **0**.

# %% question="3.6" role="solution" needs=""
### BEGIN SOLUTION
register("clerk", clerk(stopTimeout=10))
calm = start("clerk")
lab.until(lambda: len(lab.logs(calm)), timeout=30)
last_words(end(calm))
### END SOLUTION

# %% question="3.6" role="check"
lab.check("3.6")

# %% question="3.6" role="score" points=3
lab.score("3.6")

# %% [markdown]
# ## 7 · Same definition, other words
#
# The `printer` prints two pages. Today one customer wants **four** and another **six**. A revision for each customer? A run
# may **override** what a definition says: command, environment, CPU, memory, roles. Not the image, and not the network.

# %% role="setup"
if not known("printer"):
    register("printer", box("press", "log", "2"))

# %% [markdown]
# ### Do
#
# Without registering anything, run `printer` for both customers until the tasks are STOPPED:
# `run_task(…, overrides={"containerOverrides": [{"name": …, "command": […]}]})`.

# %% question="3.7" role="solution" needs=""
### BEGIN SOLUTION
for pages in ("4", "6"):
    other = {"containerOverrides": [{"name": "press", "command": ["log", pages]}]}
    start("printer", until=("STOPPED",), overrides=other)
### END SOLUTION

# %% question="3.7" role="check"
lab.check("3.7")

# %% question="3.7" role="score" points=3
lab.score("3.7")

# %% [markdown]
# ## 8 · One for all
#
# When an **essential** container ends, ECS stops the others too. It stops them as `dependsOn` says, backwards: who needs
# another is stopped first.
#
# In a `kiosk` the `till` writes into the `ledger`, also for a second after SIGTERM; a `report` is done quickly.


# %% role="setup"
def report(**more):
    """A report: it ends by itself, with 0."""
    return box("report", "log", "2", "--every", "0.4", **more)


def ledger(**more):
    """The ledger: after SIGTERM it closes at once."""
    return box("ledger", "work", **more)


def till(**more):
    """The till: after SIGTERM it needs a second more, and the ledger with it."""
    return box("till", "work", environment=[{"name": "FINISH", "value": "1"}], **{"stopTimeout": 5, **more})


# %%
if not known("kiosk"):
    register("kiosk", report(), ledger(), till())
    shut = start("kiosk", until=("STOPPED",))
    last_words(shut)
    print(lab.story(subject=shut))

# %% [markdown]
# The report has shut the kiosk, and the ledger was closed before the till.
#
# ### Fix
#
# Register **`kiosk`** so that the report may end while the others go on, and so that the till is always stopped **before**
# the ledger. Run it, wait until the report is over, and stop the task.

# %% question="3.8" role="solution" needs=""
### BEGIN SOLUTION
register(
    "kiosk", report(essential=False), ledger(), till(dependsOn=[{"containerName": "ledger", "condition": "START"}])
)
kiosk = start("kiosk")
lab.until(lambda: any(c["name"] == "report" and c["lastStatus"] == "STOPPED" for c in described(kiosk)["containers"]))
last_words(end(kiosk))
### END SOLUTION

# %% question="3.8" role="check"
lab.check("3.8")

# %% question="3.8" role="score" points=4
lab.score("3.8")

# %% [markdown]
# ## 9 · Challenge: exactly once
#
# The `forum` is to run as a **service** of **two** tasks, and its database has to be migrated before: **exactly once**, and
# with success, before the first of the two exists. The definitions are there: `forum-migrate` and `forum`.

# %% role="setup"
if not known("forum-migrate"):
    register("forum-migrate", migrate())
    register("forum", web())

# %% question="3.9" role="solution" needs=""
### BEGIN SOLUTION
migration = start("forum-migrate", until=("STOPPED",))
assert described(migration)["containers"][0]["exitCode"] == 0
ecs.create_service(cluster="default", serviceName="forum", taskDefinition="forum", desiredCount=2)
lab.until(lambda: sum(t["lastStatus"] == "RUNNING" for t in tasks_of("forum")) == 2, timeout=60)
### END SOLUTION

# %% question="3.9" role="check"
lab.check("3.9")

# %% question="3.9" role="score" points=4
lab.score("3.9")

# %% [markdown]
# ## What stays
#
# | you see | it was |
# |---|---|
# | `EssentialContainerExited`, 0 | the program's own end: a batch job is done |
# | `EssentialContainerExited`, 137 | SIGKILL: out of memory (`reason` says so), or a kill from outside |
# | `UserInitiated`, 143 | SIGTERM, and the program did not care to handle it |
# | `UserInitiated`, 137 | it did not end within `stopTimeout` |
# | `TaskFailedToStart` | it never ran: image, secret, log group, network, a dependency |
#
# **For the exam.** `dependsOn` is within one task; between tasks there is no order but the one you make. `SUCCESS` and
# `COMPLETE` want a non-essential container. `startTimeout` and `stopTimeout` are 2 to 120 on Fargate. A health check of a
# Dockerfile means nothing to ECS. A **restart policy** restarts one container within its task, without a new task; the
# container must have run for `restartAttemptPeriod` (60 seconds at least). This lab does not restart containers: here a
# container that has ended stays ended, whatever its restart policy says.
#
# **In this lab** on the `process` runtime a signal goes to the program itself, as if it were PID 1 of its container.

# %%
known_forum = ecs.describe_services(cluster="default", services=["forum"])["services"]
if known_forum and known_forum[0]["status"] == "ACTIVE":
    ecs.delete_service(cluster="default", service="forum", force=True)
for family in ("shop", "bank", "clinic", "clerk"):
    for task in tasks_of(family):
        ecs.stop_task(cluster="default", task=task["taskArn"])
