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
# # Lab 6 · Task networking
#
# Two containers, two tasks, two instances: who reaches whom, and under which address? One word of the task definition
# decides it, and most of what goes wrong between containers goes wrong here.
#
# **Afterwards you can**
#
# * say what each of the four network modes gives a task, and choose one,
# * tell whose `localhost` it is, and mend a program that dials the wrong one,
# * run several copies on one instance without a quarrel over ports,
# * find a task's network interface, its subnet and its zone, and put a service into two zones,
# * work out how many tasks with an interface fit on an instance,
# * seal a task that is to talk to nobody.
#
# **Time** about 60 minutes. **Cost** nothing: everything runs on this machine.
#
# `lab.check("6.1")` tells you what it sees, `lab.hint("6.1")` nudges, `lab.solution("6.1")` shows one way of many.

# %% role="setup"
from urllib.parse import quote

import ecslab

lab = ecslab.connect()
ecs, ec2 = lab.client("ecs"), lab.client("ec2")
lab

# %% [markdown]
# What is real depends on your runtime:
#
# | | |
# |---|---|
# | `docker` | real network namespaces: a task in awsvpc mode has its own, with the address of its interface |
# | `process` | an address of its own for each task, but no walls: whoever knows an address gets there, and none mode seals nothing |
# | `simulated` | nothing is sent; who reaches whom is computed by the same rules |
#
# The program in the containers is a small web server that can also *ask*: `ask(task, url)` has it fetch a URL **from
# inside** and shows what came of it. That is how you look at a network: from where the packet starts.


# %% role="setup"
def box(name, port, **more):
    """A container with a web server on a port."""
    return {
        "name": name,
        "image": "ecslab/web:1",
        "memory": 64,
        "command": ["serve", "--port", str(port)],
        "portMappings": [{"containerPort": port}],
        **more,
    }


def network(*zones):
    """A networkConfiguration with the default subnet of each zone."""
    found = {s["AvailabilityZone"]: s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]}
    return {"awsvpcConfiguration": {"subnets": [found[zone] for zone in zones or ("us-east-1a",)]}}


def tasks_of(family, status="RUNNING"):
    """The tasks of a family, oldest first."""
    arns = ecs.list_tasks(cluster="default", family=family, desiredStatus=status)["taskArns"]
    found = ecs.describe_tasks(cluster="default", tasks=arns)["tasks"] if arns else []
    return sorted(found, key=lambda task: (task["createdAt"], task["taskArn"]))


def running(family):
    """The ARNs of a family's RUNNING tasks, oldest first."""
    return [task["taskArn"] for task in tasks_of(family) if task["lastStatus"] == "RUNNING"]


def start(family, count=1, **where):
    """Run tasks of a family and wait for them: on Fargate with network=…, on your instances without."""
    before = set(running(family))
    if "network" in where:
        where = {"launchType": "FARGATE", "networkConfiguration": where["network"]}
    answer = ecs.run_task(cluster="default", taskDefinition=family, count=count, **where)
    for failure in answer["failures"]:
        print("not placed:", failure["reason"], failure.get("detail", ""))
    wanted = {task["taskArn"] for task in answer["tasks"]}
    try:
        lab.until(lambda: wanted <= set(running(family)), timeout=60)
    except Exception:
        print("They did not all start. lab.why(arn) says why.")
    return [arn for arn in running(family) if arn not in before]


def stop(*families):
    """Stop every task of these families."""
    for family in families:
        for task in tasks_of(family):
            ecs.stop_task(cluster="default", task=task["taskArn"])
    lab.until(lambda: not any(tasks_of(family) for family in families), timeout=90)


def inside(task, port=80):
    """HOST:PORT at which OTHER containers reach a port of a task: on ECS its network interface's address."""
    return lab.url(task, port).rsplit("/", 1)[-1]


def ask(task, url, port=80):
    """What a container of a task gets from a URL."""
    said = lab.curl(task, port, path=f"/fetch?url={quote(url, safe='')}")
    return said.text.strip()


fargate = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}

# %% [markdown]
# ## 1 · Four modes
#
# ```mermaid
# flowchart TB
#   subgraph I["container instance · 172.31.0.4"]
#     subgraph A["awsvpc task"]
#       direction LR
#       A1["web"] --- A2["cache"]
#     end
#     subgraph B["bridge task"]
#       direction LR
#       B1["web<br/>own localhost"]
#       B2["cache<br/>own localhost"]
#     end
#     H["host task<br/>on the instance itself"]
#     N["none task<br/>sealed"]
#   end
#   E["its own network interface<br/>172.31.9.21"] --- A
#   P["instance port 32768"] --> B1
# ```
#
# | `networkMode` | the containers of a task | seen from outside at |
# |---|---|---|
# | `awsvpc` | share one namespace with a network interface (ENI) of its own | the interface's address, every port |
# | `bridge` | each has a namespace of its own behind the instance's bridge | the instance's address, the **mapped** ports |
# | `host` | use the instance's own namespace | the instance's address, their own ports |
# | `none` | are alone with a loopback | nowhere |
#
# ### Predict
#
# Which mode is it? Hand in five words, in this order:
#
# 1. The task has an address of its own in the subnet.
# 2. Each container has its own `localhost`; a port is mapped to a port of the instance.
# 3. The program listens on the instance's own address; nothing is mapped.
# 4. Nothing gets in, and nothing gets out.
# 5. It is the only one that Fargate takes.

# %% question="6.1" role="answer" needs=""
words = None
### BEGIN SOLUTION
words = ["awsvpc", "bridge", "host", "none", "awsvpc"]
### END SOLUTION
lab.answer("6.1", words)

# %% question="6.1" role="check"
lab.check("6.1")

# %% question="6.1" role="score" points=2
lab.score("6.1")

# %% [markdown]
# ## 2 · Whose localhost?
#
# A web server keeps what it needs often in a cache beside it, and talks to it over `localhost`: the *sidecar* pattern.
# In awsvpc mode the containers of one task share their namespace, and so they share `localhost`. Two tasks do not.
#
# ### Do
#
# Register the family **`pair`** in awsvpc mode with two containers: **`web`** on port 80 and **`cache`** on port 9000
# (`box` makes them; `**fargate` has the rest that Fargate wants). Run **two** tasks of it:
# `start("pair", 2, network=network())`.

# %% question="6.2" role="solution" needs=""
### BEGIN SOLUTION
ecs.register_task_definition(
    family="pair", containerDefinitions=[box("web", 80), box("cache", 9000, essential=False)], **fargate
)
start("pair", 2, network=network())
### END SOLUTION

# %% [markdown]
# ### Watch
#
# Each `web` asks `localhost:9000`. Compare the task ids in the answers.

# %%
for arn in running("pair"):
    print(arn[-8:], "at", inside(arn))
    print("   localhost:9000 →", ask(arn, "http://localhost:9000/"))

# %%
lab.show(view="network")

# %% question="6.2" role="check"
lab.check("6.2")

# %% question="6.2" role="score" points=4
lab.score("6.2")

# %% [markdown]
# ## 3 · Nobody at localhost
#
# On the laptop of a colleague both programs ran side by side, and the frontend called the backend at `localhost`.
# Now they are two tasks, so that they can be scaled apart.
#
# ### Break


# %% role="setup"
def frontend(backend):
    """The frontend's definition; BACKEND is where it calls the backend."""
    web = box("web", 80, environment=[{"name": "BACKEND", "value": backend}])
    return {"family": "frontend", "containerDefinitions": [web], **fargate}


# %%
if not running("backend"):
    ecs.register_task_definition(family="backend", containerDefinitions=[box("web", 80)], **fargate)
    ecs.register_task_definition(**frontend("http://localhost:9000/"))
    start("backend", network=network())
    start("frontend", network=network())
for arn in running("frontend"):
    print(arn[-8:], "calls localhost:9000 →", ask(arn, "http://localhost:9000/"))

# %% [markdown]
# *Connection refused*: there is somebody at that address (the task itself), but nobody listens on that port.
#
# ### Fix
#
# Have the frontend call the backend, and leave them two tasks. The backend runs already;
# `inside(arn)` is the address at which other tasks reach it. `frontend(url)` makes the definition.

# %% question="6.3" role="solution" needs=""
### BEGIN SOLUTION
backend = running("backend")[-1]
ecs.register_task_definition(**frontend(f"http://{inside(backend)}/"))
stop("frontend")
start("frontend", network=network())
### END SOLUTION

# %% question="6.3" role="check"
lab.check("6.3")

# %% question="6.3" role="score" points=3
lab.score("6.3")

# %% [markdown]
# An address in a variable is a crutch: the next backend task will have another address. Names that follow the tasks are
# service discovery and Service Connect, a later lab.
#
# ## 4 · A quarrel over a port
#
# In bridge mode a container's port is mapped to a port **of the instance**, and each instance has each port once.
#
# ### Predict
#
# The definition `menu` maps container port 80 to **host port 8080**. You have two instances. You run **three** tasks.
# What happens to the third?
#
# ### Break

# %%
if not ecs.list_task_definitions(familyPrefix="menu", sort="DESC")["taskDefinitionArns"]:
    fixed = box("web", 80, portMappings=[{"containerPort": 80, "hostPort": 8080}])
    ecs.register_task_definition(family="menu", networkMode="bridge", containerDefinitions=[fixed])
    start("menu", 3)
for task in tasks_of("menu"):
    print(task["taskArn"][-8:], [b["hostPort"] for c in task["containers"] for b in c["networkBindings"]])

# %% [markdown]
# `RESOURCE:PORTS`. The call itself succeeded: `RunTask` answers with HTTP 200 and a list of `failures`.
#
# ### Fix
#
# Three tasks of `menu` shall run on the two instances, in bridge mode, each reachable on **some** port. Stop what runs
# (`stop("menu")`), and let the instance choose the ports.

# %% question="6.4" role="solution" needs=""
### BEGIN SOLUTION
stop("menu")
free = box("web", 80, portMappings=[{"containerPort": 80, "hostPort": 0}])
ecs.register_task_definition(family="menu", networkMode="bridge", containerDefinitions=[free])
start("menu", 3)
### END SOLUTION

# %% [markdown]
# ### Watch
#
# Nobody can know the ports beforehand. A load balancer is told of each; you read `networkBindings`.

# %%
for task in tasks_of("menu"):
    print(task["taskArn"][-8:], [b["hostPort"] for c in task["containers"] for b in c["networkBindings"]])

# %% question="6.4" role="check"
lab.check("6.4")

# %% question="6.4" role="score" points=3
lab.score("6.4")

# %% [markdown]
# ## 5 · Two boxes, two localhosts
#
# ### Predict
#
# The same pair as in part 2, but in **bridge** mode. Does `web` find the cache at `localhost:9000`?
#
# ### Do
#
# It does not: behind the bridge each container has a namespace, and so a `localhost`, of its own. Docker's old way to give
# one container a name for another is a **link**; it works in bridge mode only.
#
# Register the family **`linked`** in bridge mode with `web` on port 80 and `cache` on port 9000, so that `web` reaches
# it at **`http://cache:9000`**. (`"links": ["cache"]` in the container that dials.) Run one task on your instances.

# %% question="6.5" role="solution" needs=""
### BEGIN SOLUTION
ecs.register_task_definition(
    family="linked",
    networkMode="bridge",
    containerDefinitions=[box("web", 80, links=["cache"]), box("cache", 9000, essential=False)],
)
start("linked")
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
for arn in running("linked")[-1:]:
    print("localhost:9000 →", ask(arn, "http://localhost:9000/"))
    print("cache:9000     →", ask(arn, "http://cache:9000/"))

# %% question="6.5" role="check"
lab.check("6.5")

# %% question="6.5" role="score" points=2
lab.score("6.5")

# %% [markdown]
# ## 6 · On the instance itself
#
# In host mode nothing is mapped: the program listens on the instance's own address. It is fast, and it shares every port
# with the instance and with every other host-mode task there.
#
# ### Predict
#
# The definition `direct` listens on port 8081 in host mode. You have **two** instances with plenty of CPU and memory.
# You run **three** tasks. How many are placed, and what does `failures[0]["reason"]` say? Hand in `[count, reason]`.

# %% question="6.6" role="answer" needs=""
placed = None
### BEGIN SOLUTION
placed = [2, "RESOURCE:PORTS"]
### END SOLUTION
lab.answer("6.6", placed)

# %% [markdown]
# ### Watch

# %%
if not running("direct"):
    ecs.register_task_definition(family="direct", networkMode="host", containerDefinitions=[box("web", 8081)])
    answer = ecs.run_task(cluster="default", taskDefinition="direct", count=3)
    print(len(answer["tasks"]), "placed,", [failure["reason"] for failure in answer["failures"]])

# %% question="6.6" role="check"
lab.check("6.6")

# %% question="6.6" role="score" points=2
lab.score("6.6")

# %% [markdown]
# ## 7 · How many interfaces?
#
# In awsvpc mode every task on an instance takes one of its network interfaces, and an instance type has only so many.
# A **trunk** carries many more over one interface: the account setting `awsvpcTrunking`, enabled *before* the instance
# registers, for types that can have one (most of the larger ones; none of the burstable ones).
#
# | type | network interfaces | awsvpc tasks with a trunk |
# |---|---|---|
# | t3.medium | 3 | no trunk |
# | m5.large | 3 | 10 |
#
# ### Predict
#
# How many awsvpc tasks fit on an **m5.large**, on a **t3.medium**, and on an **m5.large** that registered with
# `awsvpcTrunking` enabled? (CPU and memory are no limit here.) Hand in three numbers.

# %% question="6.7" role="answer" needs=""
fit = None
### BEGIN SOLUTION
fit = [2, 2, 10]
### END SOLUTION
lab.answer("6.7", fit)

# %% [markdown]
# ### Watch
#
# Two clusters with one m5.large each; the second joins after the setting has been enabled.


# %%
def fill(cluster):
    """Run awsvpc tasks on a cluster's instances until one does not fit."""
    zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]]
    placed = 0
    while True:
        answer = ecs.run_task(cluster=cluster, taskDefinition="tiny", networkConfiguration=network(*zones))
        placed += len(answer["tasks"])
        if answer["failures"]:
            return placed, answer["failures"][0]["reason"]


def joined(cluster):
    """Start an m5.large that joins a new cluster, and wait until it has."""
    ecs.create_cluster(clusterName=cluster)
    lab.add_instances(count=1, cluster=cluster)
    lab.until(lambda: ecs.list_container_instances(cluster=cluster)["containerInstanceArns"], timeout=30)


known = [arn.rsplit("/", 1)[-1] for arn in ecs.list_clusters()["clusterArns"]]
if "plain" not in known:
    tiny = {"name": "app", "image": "ecslab/web:1", "memory": 16}
    ecs.register_task_definition(family="tiny", networkMode="awsvpc", containerDefinitions=[tiny])
    for cluster, trunking in (("plain", "disabled"), ("trunked", "enabled")):
        ecs.put_account_setting_default(name="awsvpcTrunking", value=trunking)
        joined(cluster)
        print(cluster, *fill(cluster))
        for arn in ecs.list_tasks(cluster=cluster)["taskArns"]:
            ecs.stop_task(cluster=cluster, task=arn)
    ecs.put_account_setting_default(name="awsvpcTrunking", value="disabled")

# %% question="6.7" role="check"
lab.check("6.7")

# %% question="6.7" role="score" points=2
lab.score("6.7")

# %% [markdown]
# ## 8 · Where is a task?
#
# A network interface is in a subnet, a subnet is in one availability zone. So the subnets you give decide which zones a
# service can survive.
#
# ### Do
#
# Make a service **`branch`** on Fargate with **two** tasks of the definition `branch`, so that one zone can fail. The
# tasks call nobody outside the VPC: give them no public address. `network("us-east-1a", …)` makes a configuration.

# %% role="setup"
if not ecs.list_task_definitions(familyPrefix="branch")["taskDefinitionArns"]:
    ecs.register_task_definition(family="branch", containerDefinitions=[box("web", 80)], **fargate)

# %% question="6.8" role="solution" needs=""
### BEGIN SOLUTION
ecs.create_service(
    cluster="default",
    serviceName="branch",
    taskDefinition="branch",
    desiredCount=2,
    launchType="FARGATE",
    networkConfiguration=network("us-east-1a", "us-east-1b"),
)
lab.wait("services_stable", cluster="default", services=["branch"])
### END SOLUTION

# %% [markdown]
# ### Watch
#
# EC2 shows a task's interface like any other; the description names the attachment it belongs to.

# %%
for interface in ec2.describe_network_interfaces()["NetworkInterfaces"]:
    if "attachment/" in interface["Description"]:
        print(interface["NetworkInterfaceId"], interface["PrivateIpAddress"], interface["AvailabilityZone"])

# %% question="6.8" role="check"
lab.check("6.8")

# %% question="6.8" role="score" points=3
lab.score("6.8")

# %% [markdown]
# ## 9 · The hermit
#
# A batch task works on data that must not leave it. "It maps no ports, so nobody gets in," says a colleague. True. And
# out?
#
# ### Do
#
# The command below tries to call the backend of part 3. Register the family **`hermit`** with this container so that the
# call **cannot** succeed, and run it on your instances until it has ended.


# %% role="setup"
def spy():
    """A container that tries to call the backend; it ends with 0 where it got through and with 1 where not."""
    neighbour = inside(running("backend")[-1]) if running("backend") else "localhost:9"
    return {
        "name": "app",
        "image": "ecslab/tool:1",
        "memory": 32,
        "command": ["fetch", f"http://{neighbour}/"],
    }


# %% question="6.9" role="solution" needs="6.3"
### BEGIN SOLUTION
ecs.register_task_definition(family="hermit", networkMode="none", containerDefinitions=[spy()])
hermit = ecs.run_task(cluster="default", taskDefinition="hermit")["tasks"][0]["taskArn"]
lab.wait("tasks_stopped", cluster="default", tasks=[hermit])
### END SOLUTION

# %% question="6.9" role="check"
lab.check("6.9")

# %% question="6.9" role="score" points=2
lab.score("6.9")

# %% [markdown]
# ## 10 · Challenge: the bistro
#
# No steps this time. On Fargate there shall be:
#
# * **`menu-card`**: one task, a web server on port 80. It is a task of its own, for other restaurants read it, too.
# * **`bistro`**: **two** tasks over **two** availability zones. In each of them `web` on port 80 reaches **its own**
#   cache at `localhost:9000`, and the menu card at the URL in its variable `MENU`.
# * The menu card knows no cache.
#
# Services or plain tasks, as you like.

# %% question="6.10" role="solution" needs=""
### BEGIN SOLUTION
ecs.register_task_definition(family="menu-card", containerDefinitions=[box("web", 80)], **fargate)
card = start("menu-card", network=network())[-1]
web = box("web", 80, environment=[{"name": "MENU", "value": f"http://{inside(card)}/"}])
ecs.register_task_definition(
    family="bistro", containerDefinitions=[web, box("cache", 9000, essential=False)], **fargate
)
start("bistro", network=network("us-east-1a"))
start("bistro", network=network("us-east-1b"))
### END SOLUTION

# %% question="6.10" role="check"
lab.check("6.10")

# %% question="6.10" role="score" points=4
lab.score("6.10")

# %%
lab.show(view="network")

# %% [markdown]
# ## What stays
#
# | you want | take |
# |---|---|
# | a task that looks like a small machine: own address, own security groups; Fargate | `awsvpc` |
# | many small copies on few instances, ports chosen for you | `bridge` with `hostPort` 0 |
# | the instance's own network, one copy each (a monitoring agent) | `host` |
# | a task that talks to nobody | `none` |
#
# **For the exam.** Fargate is awsvpc only, and there `hostPort` is empty or equal to `containerPort`. A target group for awsvpc
# tasks has the type `ip`, for bridge `instance`. `networkConfiguration` is required for awsvpc and refused for all else.
# Two tasks never share `localhost`. An awsvpc task on EC2 never gets a public address: that takes a NAT gateway.
#
# **In this lab** security groups are recorded and not enforced: who knows an address gets through.

# %%
stop("pair", "backend", "frontend", "menu", "linked", "direct", "menu-card", "bistro")
