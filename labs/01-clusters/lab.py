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
# # Lab 1 · Clusters, the two planes, and the agent
#
# Who decides that a container runs, who starts it, and what happens when one of them is not there? Everything later
# rests on this picture.
#
# **Afterwards you can**
#
# * tell the control plane from the data plane, and say who writes which status,
# * have an EC2 instance join a cluster of yours, and read what it registers,
# * say what a dead agent means for the containers (less than you think),
# * empty an instance for repair without stopping anybody's batch job,
# * take a cluster down in the right order, and stop paying for it,
# * find out why an instance does not show up.
#
# **Time** about 45 minutes. **Cost** nothing: everything runs on this machine.
#
# `lab.check("1.1")` tells you what it sees, `lab.hint("1.1")` nudges, `lab.solution("1.1")` shows one way of many.

# %% role="setup"
import ecslab

lab = ecslab.connect()
ecs, ec2 = lab.client("ecs"), lab.client("ec2")
lab

# %% [markdown]
# `ecs` and `ec2` are boto3's own clients. The "EC2 instances" of this lab are agents: each registers what an instance
# of its type would, and runs its containers on this machine.


# %% role="setup"
def instances(cluster="default", status=None):
    """The container instances of a cluster, as DescribeContainerInstances shows them."""
    query = {"status": status} if status else {}
    arns = ecs.list_container_instances(cluster=cluster, **query)["containerInstanceArns"]
    return (
        ecs.describe_container_instances(cluster=cluster, containerInstances=arns)["containerInstances"] if arns else []
    )


def resource(instance, name, which="registeredResources"):
    """CPU or MEMORY of an instance."""
    return next(r["integerValue"] for r in instance[which] if r["name"] == name)


def tasks_of(family, cluster="default"):
    """The tasks of a family that run or will."""
    arns = ecs.list_tasks(cluster=cluster, family=family)["taskArns"]
    return ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []


def running(family, cluster="default"):
    """The RUNNING tasks of a family."""
    return [task for task in tasks_of(family, cluster) if task["lastStatus"] == "RUNNING"]


def clusters():
    """The names of the ACTIVE clusters."""
    return [arn.rsplit("/", 1)[-1] for arn in ecs.list_clusters()["clusterArns"]]


def join(cluster, count=1, instance_type="t3.medium"):
    """What you will do by hand in part 2: start EC2 instances that join a cluster, and wait for them."""
    before = len(instances(cluster))
    lab.add_instances(count=count, cluster=cluster, instance_type=instance_type)
    lab.until(lambda: len(instances(cluster)) == before + count, timeout=30)


known = {arn.rsplit("/", 1)[-1].split(":")[0] for arn in ecs.list_task_definitions()["taskDefinitionArns"]}
lamp = {
    "name": "lamp",
    "image": "ecslab/web:1",
    "memory": 64,
    "portMappings": [{"containerPort": 80}],
    "stopTimeout": 2,
}
job = {"name": "job", "image": "ecslab/tool:1", "memory": 64, "command": ["work"], "stopTimeout": 2}
for family, container in (("lantern", lamp), ("batch", job)):
    if family not in known:
        ecs.register_task_definition(family=family, networkMode="bridge", containerDefinitions=[container])

# %% [markdown]
# ## 1 · Two planes
#
# ```mermaid
# sequenceDiagram
#   participant You
#   participant CP as control plane<br/>(the ECS API, the scheduler)
#   participant A as agent<br/>(on the instance)
#   participant D as Docker
#   A->>CP: RegisterContainerInstance (2048 units, 3992 MiB)
#   You->>CP: RunTask
#   CP->>CP: choose an instance, write down: desiredStatus RUNNING
#   CP-->>You: the task: lastStatus PENDING
#   A->>CP: what is there for me?
#   A->>D: pull, create, start
#   A->>CP: SubmitTaskStateChange RUNNING
#   You->>CP: DescribeTasks
#   CP-->>You: lastStatus RUNNING
# ```
#
# The **control plane** knows wishes and reports. It never touches a container. The **data plane**, an agent on each
# instance, makes things so and reports. A **cluster** is a name that both have in common: a grouping, not a machine.
#
# ### Predict
#
# Who does it? Hand in `"control plane"` or `"agent"` for each:
#
# 1. chooses the instance for a task,
# 2. writes `desiredStatus`,
# 3. pulls the image,
# 4. is the source of `lastStatus` RUNNING,
# 5. answers DescribeTasks,
# 6. says how much CPU and memory an instance has.

# %% question="1.1" role="answer" needs=""
words = None
### BEGIN SOLUTION
words = ["control plane", "control plane", "agent", "agent", "control plane", "agent"]
### END SOLUTION
lab.answer("1.1", words)

# %% [markdown]
# ### Watch
#
# The lab writes down everything that happens. Run a task and read who did what.

# %%
before = len(lab.story())
task = ecs.run_task(cluster="default", taskDefinition="lantern")["tasks"][0]["taskArn"]
lab.until(lambda: running("lantern"), timeout=60)
lab.story(subject=task)

# %% question="1.1" role="check"
lab.check("1.1")

# %% question="1.1" role="score" points=3
lab.score("1.1")

# %% [markdown]
# ## 2 · A cluster of your own
#
# An EC2 instance becomes a *container instance* when the agent on it registers. Which cluster it registers with is said
# in the file `/etc/ecs/ecs.config`, and that file is written by the instance's **user data**, a script that runs when it
# boots:
#
# ```bash
# #!/bin/bash
# echo ECS_CLUSTER=my-cluster >> /etc/ecs/ecs.config
# ```
#
# ### Do
#
# Create the cluster **`dock`**, and start **two** EC2 instances of the type **`t3.medium`** that join it:
# `ec2.run_instances(ImageId=image, InstanceType=…, MinCount=2, MaxCount=2, UserData=…)`. Look with `instances("dock")`.

# %% role="setup"
image = "ami-12c6146b"

# %% question="1.2" role="solution" needs=""
### BEGIN SOLUTION
ecs.create_cluster(clusterName="dock")
user_data = "#!/bin/bash\necho ECS_CLUSTER=dock >> /etc/ecs/ecs.config\n"
ec2.run_instances(ImageId=image, InstanceType="t3.medium", MinCount=2, MaxCount=2, UserData=user_data)
lab.until(lambda: len(instances("dock")) == 2, timeout=30)
### END SOLUTION

# %%
lab.show("dock") if "dock" in clusters() else "no dock yet"

# %% question="1.2" role="check"
lab.check("1.2")

# %% question="1.2" role="score" points=3
lab.score("1.2")

# %% [markdown]
# ## 3 · What an instance has
#
# A t3.medium has 2 vCPU and 4 GiB. A vCPU is 1024 **CPU units**.
#
# ### Predict
#
# 1. How many CPU units does it register?
# 2. How many tasks that reserve **1024 MiB** each fit on it?

# %% question="1.3" role="answer" needs=""
numbers = None
### BEGIN SOLUTION
numbers = [2048, 3]
### END SOLUTION
lab.answer("1.3", numbers)

# %% [markdown]
# ### Watch

# %%
if "scales" not in clusters():
    ecs.create_cluster(clusterName="scales")
    join("scales")
for instance in instances("scales"):
    print(instance["ec2InstanceId"], resource(instance, "CPU"), "units,", resource(instance, "MEMORY"), "MiB")

# %% [markdown]
# The operating system keeps a part of the memory for itself, and the agent registers only what it can see.

# %% question="1.3" role="check"
lab.check("1.3")

# %% question="1.3" role="score" points=2
lab.score("1.3")

# %% [markdown]
# ## 4 · The agent dies
#
# ### Predict
#
# A container answers on an instance. Then the agent there is killed. Hand in three things:
#
# 1. Does the container still answer? (`True` or `False`)
# 2. What is the instance's `agentConnected`? (`True` or `False`)
# 3. You try to put another task on that instance (`start_task`). Which `reason` is in `failures`?

# %% question="1.4" role="answer" needs=""
outcome = None
### BEGIN SOLUTION
outcome = [True, False, "AGENT"]
### END SOLUTION
lab.answer("1.4", outcome)

# %% [markdown]
# ### Break

# %%
victim = next(i for i in instances() if i["runningTasksCount"]) if running("lantern") else instances()[0]
lab.stop_agent(victim["ec2InstanceId"])
lab.until(lambda: not all(i["agentConnected"] for i in instances()), timeout=30)
for task in running("lantern")[:1]:
    print("the container says:", lab.curl(task).text.splitlines()[0])
print("agentConnected:", [i["agentConnected"] for i in instances()])
arn = victim["containerInstanceArn"]
print(ecs.start_task(cluster="default", taskDefinition="batch", containerInstances=[arn])["failures"])

# %% [markdown]
# ### Fix

# %%
lab.start_agent(victim["ec2InstanceId"])
lab.until(lambda: all(i["agentConnected"] for i in instances()), timeout=30)
print("agentConnected:", [i["agentConnected"] for i in instances()])

# %% question="1.4" role="check"
lab.check("1.4")

# %% question="1.4" role="score" points=3
lab.score("1.4")

# %% [markdown]
# ## 5 · Empty it, but let the job run
#
# An instance needs a new disk tonight. On it run tasks of the **service** `lantern`, which may run anywhere, and one
# **standalone** task of `batch` that has been computing for nine hours and must not be stopped.

# %% role="setup"
if "yard" not in clusters():
    ecs.create_cluster(clusterName="yard")
    join("yard", 2)
    ecs.create_service(
        cluster="yard", serviceName="lantern", taskDefinition="lantern", desiredCount=4,
        placementStrategy=[{"type": "spread", "field": "instanceId"}],
    )  # fmt: skip
    first = min(i["containerInstanceArn"] for i in instances("yard"))
    ecs.start_task(cluster="yard", taskDefinition="batch", containerInstances=[first])
    lab.until(lambda: len(running("lantern", "yard")) == 4 and running("batch", "yard"), timeout=90)


# %%
def where():
    """Who is on which instance of the yard."""
    for instance in sorted(instances("yard"), key=lambda i: i["containerInstanceArn"]):
        here = [t for f in ("lantern", "batch") for t in tasks_of(f, "yard")
                if t.get("containerInstanceArn") == instance["containerInstanceArn"]]  # fmt: skip
        names = [t["taskDefinitionArn"].rsplit("/", 1)[-1] for t in here]
        print(instance["ec2InstanceId"], instance["status"], names)


where()

# %% [markdown]
# ### Do
#
# See to it that **no task of the service** is left on the instance of `batch`, that the service still has **four** running,
# and that `batch` **goes on**. Nothing new shall be placed there tonight.

# %% question="1.5" role="solution" needs=""
### BEGIN SOLUTION
home = running("batch", "yard")[0]["containerInstanceArn"]
ecs.update_container_instances_state(cluster="yard", containerInstances=[home], status="DRAINING")


def moved():
    here = [t for t in tasks_of("lantern", "yard") if t.get("containerInstanceArn") == home]
    return not here and len(running("lantern", "yard")) == 4


lab.until(moved, timeout=180)
### END SOLUTION

# %%
where()

# %% question="1.5" role="check"
lab.check("1.5")

# %% question="1.5" role="score" points=4
lab.score("1.5")

# %% [markdown]
# ## 6 · Taking it down
#
# A cluster can be deleted only when nothing is in it. The `attic` has a service, a task and an instance:

# %% role="setup"
if not ecs.describe_clusters(clusters=["attic"])["clusters"]:
    ecs.create_cluster(clusterName="attic")
    join("attic")
    ecs.create_service(cluster="attic", serviceName="lantern", taskDefinition="lantern", desiredCount=1)
    ecs.run_task(cluster="attic", taskDefinition="batch")
    lab.until(lambda: running("lantern", "attic") and running("batch", "attic"), timeout=60)

# %%
if "attic" in clusters():
    try:
        ecs.delete_cluster(cluster="attic")
    except ecs.exceptions.ClientError as refusal:
        print(refusal)

# %% [markdown]
# ### Do
#
# Delete the cluster **`attic`** for good. Afterwards nothing of it shall run, and nothing of it shall be **billed**.
# (An instance that has left its cluster is still an EC2 instance.)

# %% question="1.6" role="solution" needs=""
### BEGIN SOLUTION
ecs.delete_service(cluster="attic", service="lantern", force=True)
for task in tasks_of("batch", "attic"):
    ecs.stop_task(cluster="attic", task=task["taskArn"])
lab.until(lambda: not tasks_of("lantern", "attic") and not tasks_of("batch", "attic"), timeout=60)
ec2.terminate_instances(InstanceIds=[i["ec2InstanceId"] for i in instances("attic")])
lab.until(lambda: not instances("attic"), timeout=60)


def gone():
    try:
        return ecs.delete_cluster(cluster="attic")["cluster"]["status"] == "INACTIVE"
    except ecs.exceptions.ClientError:
        return False


lab.until(gone, timeout=60)
### END SOLUTION

# %% question="1.6" role="check"
lab.check("1.6")

# %% question="1.6" role="score" points=4
lab.score("1.6")

# %% [markdown]
# ## 7 · Challenge: the one that never came
#
# Somebody started an instance for the cluster `pier`, an hour ago. It runs, it is billed, and it is not there:

# %% role="setup"
if "pier" not in clusters():
    ecs.create_cluster(clusterName="pier")
    ec2.run_instances(
        ImageId=image, InstanceType="t3.medium", MinCount=1, MaxCount=1,
        UserData="#!/bin/bash\necho ECS_CLUSTER=peir >> /etc/ecs/ecs.config\n",
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "stray"}]}],
    )  # fmt: skip


def stray():
    """The EC2 instances that somebody has called stray and that run."""
    wanted = [{"Name": "tag:Name", "Values": ["stray"]}, {"Name": "instance-state-name", "Values": ["running"]}]
    return [i for r in ec2.describe_instances(Filters=wanted)["Reservations"] for i in r["Instances"]]


# %%
print("in the pier:", len(instances("pier")), "· running astray:", [i["InstanceId"] for i in stray()])
for found in stray():
    data = ec2.describe_instance_attribute(InstanceId=found["InstanceId"], Attribute="userData")
    print(data["UserData"].get("Value", ""))

# %% [markdown]
# (User data is shown in base64: `base64.b64decode`.)
#
# Find out why it does not come. Then see to it that `pier` has **one** connected instance, that a task of `lantern` runs
# on it, and that nothing is billed that is of no use. User data is read once, at the first boot: an instance that went
# wrong is replaced, not repaired.

# %% question="1.7" role="solution" needs=""
### BEGIN SOLUTION
ec2.terminate_instances(InstanceIds=[i["InstanceId"] for i in stray()])
user_data = "#!/bin/bash\necho ECS_CLUSTER=pier >> /etc/ecs/ecs.config\n"
ec2.run_instances(ImageId=image, InstanceType="t3.medium", MinCount=1, MaxCount=1, UserData=user_data)
lab.until(lambda: [i for i in instances("pier") if i["agentConnected"]], timeout=60)
ecs.run_task(cluster="pier", taskDefinition="lantern")
lab.until(lambda: running("lantern", "pier"), timeout=60)
### END SOLUTION

# %% question="1.7" role="check"
lab.check("1.7")

# %% question="1.7" role="score" points=4
lab.score("1.7")

# %% [markdown]
# ## What stays
#
# | | |
# |---|---|
# | control plane | wishes, placement, scheduler, API; AWS runs it, and it costs nothing |
# | data plane | agents and containers; on EC2 yours, on Fargate AWS's |
# | agent dead | containers go on, nothing new comes, nothing is reported; `AGENT` in failures |
# | DRAINING | service tasks move within the deployment's percentages; standalone tasks stay |
# | DeleteCluster | services, then instances, then the cluster |
#
# **For the exam.** `desiredStatus` is the wish, `lastStatus` the report. An instance that does not register: wrong
# `ECS_CLUSTER`, no route to the ECS endpoints, or an instance role without `AmazonEC2ContainerServiceforEC2Role`.
# Fargate tasks have no container instance to look at. A cluster may hold both.
#
# **In this lab** an instance has no disk and no operating system: draining it frees nothing but its place in the plan.

# %%
for task in tasks_of("lantern"):
    ecs.stop_task(cluster="default", task=task["taskArn"])
