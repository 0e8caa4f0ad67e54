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
# # Lab 14 · Deployments
#
# A new version goes out on Friday at five. What stands between a bad build and your users?
#
# **Afterwards you can**
#
# * work out how few and how many tasks a rolling update may have,
# * say when the circuit breaker trips, and have it bring the last good version back,
# * tell a rolling update from blue/green, linear and canary, stage by stage,
# * have a test decide before any user sees the new version,
# * take a version back while the old one still stands beside it.
#
# **Time** about 50 minutes. **Cost** nothing: everything runs on this machine.
#
# `lab.check("14.1")` tells you what it sees, `lab.hint("14.1")` nudges, `lab.solution("14.1")` shows one way of many.

# %% role="setup"
import ecslab

lab = ecslab.connect()
ecs = lab.client("ecs")
lab

# %% [markdown]
# There is no load balancer in this lab: traffic *weights* are recorded and shifted on time, and no request follows them.
# A hook's Lambda function does not run here; you say what it answers (`lab.hook`). All else is as on AWS.


# %% role="setup"
def version(number, **more):
    """Register the revision of `paper` that has this version number; its ARN."""
    web = {
        "name": "web",
        "image": "ecslab/web:1",
        "memory": 64,
        "stopTimeout": 2,
        "portMappings": [{"containerPort": 80}],
        "environment": [{"name": "VERSION", "value": str(number)}],
        "healthCheck": {"command": ["CMD", "app", "health"], "interval": 5},
        **more,
    }
    made = ecs.register_task_definition(family="paper", networkMode="bridge", containerDefinitions=[web])
    return made["taskDefinition"]["taskDefinitionArn"]


def unpullable():
    """Register a revision of `paper` whose image is not there."""
    return version("broken", image="ecslab/nowhere:9")


def service(name):
    """The service, as DescribeServices shows it."""
    return ecs.describe_services(cluster="default", services=[name])["services"][0]


def exists(name):
    """Whether there is an ACTIVE service of that name."""
    found = ecs.describe_services(cluster="default", services=[name])["services"]
    return bool(found) and found[0]["status"] == "ACTIVE"


def latest(name):
    """The newest service deployment, as DescribeServiceDeployments shows it."""
    listed = ecs.list_service_deployments(cluster="default", service=name)["serviceDeployments"]
    arns = [listed[0]["serviceDeploymentArn"]] if listed else []
    return ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0] if arns else {}


def publish(name, count=2, **configuration):
    """Create a service of version 1 with that deployment configuration, and wait until it stands."""
    if not exists(name):
        first = version(1)
        ecs.create_service(
            cluster="default", serviceName=name, taskDefinition=first, desiredCount=count,
            deploymentConfiguration=configuration,
        )  # fmt: skip
    lab.until(lambda: latest(name).get("status") == "SUCCESSFUL", timeout=300)


def ends(name, timeout=600):
    """Wait until the newest deployment has ended; how."""
    done = ("SUCCESSFUL", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED")
    lab.until(lambda: latest(name).get("status") in done, timeout=timeout)
    return latest(name)["status"]


# %% [markdown]
# ## 1 · Between two bounds
#
# A rolling update replaces tasks a few at a time. How many, two percentages of the desired count say:
#
# * at least **⌈desired × minimumHealthyPercent⌉** healthy tasks are kept,
# * at most **⌊desired × maximumPercent⌋** tasks run at once.
#
# ### Predict
#
# `(at least, at most)` for
#
# | | desired | minimum | maximum |
# |---|---|---|---|
# | 1 | 10 | 100 % | 200 % |
# | 2 | 4 | 50 % | 100 % |
# | 3 | 3 | 50 % | 150 % |
# | 4 | 5 | 0 % | 100 % |
# | 5 | 7 | 90 % | 110 % |

# %% question="14.1" role="answer" needs=""
bounds = None
### BEGIN SOLUTION
bounds = [(10, 20), (2, 4), (2, 4), (0, 5), (7, 7)]
### END SOLUTION
lab.answer("14.1", bounds)

# %% question="14.1" role="check"
lab.check("14.1")

# %% question="14.1" role="score" points=3
lab.score("14.1")

# %% [markdown]
# The fifth cannot move at all: seven must stay, and seven are the most. ECS says so in an event, and waits for you.
#
# ## 2 · When enough is enough
#
# Without a circuit breaker ECS tries a bad version for ever. With one, a deployment has failed when so many tasks have:
# **half the desired count, but never less than 3 and never more than 200**.
#
# ### Predict
#
# After how many failed tasks does it trip with a desired count of **1**, **4**, **25** and **400**?

# %% question="14.2" role="answer" needs=""
failures = None
### BEGIN SOLUTION
failures = [3, 3, 13, 200]
### END SOLUTION
lab.answer("14.2", failures)

# %% question="14.2" role="check"
lab.check("14.2")

# %% question="14.2" role="score" points=2
lab.score("14.2")

# %% [markdown]
# ## 3 · Back by itself
#
# The `paper` appears twice, in version 1. On Friday at five somebody ships an image that is not there.

# %%
publish("paper")

# %% [markdown]
# ### Do
#
# Have the service **go back by itself** to the last version that worked, and prove it: deploy `unpullable()` and wait until
# the deployment has ended (`ends("paper")`). Two tasks of version 1 shall be what is left, and nobody shall have deployed
# it by hand.

# %% question="14.3" role="solution" needs=""
### BEGIN SOLUTION
ecs.update_service(
    cluster="default",
    service="paper",
    deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
)
ecs.update_service(cluster="default", service="paper", taskDefinition=unpullable())
print(ends("paper"))
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
record = latest("paper")
print(record.get("status"), record.get("deploymentCircuitBreaker"))
lab.rollout("paper")

# %% question="14.3" role="check"
lab.check("14.3")

# %% question="14.3" role="score" points=4
lab.score("14.3")

# %% [markdown]
# ## 4 · Two at a time
#
# | strategy | users on the new version | |
# |---|---|---|
# | `ROLLING` | more with each task | cheap; both versions serve meanwhile |
# | `BLUE_GREEN` | none, then all | a whole second set of tasks; back in a moment while blue stands |
# | `CANARY` | a few, then all | `canaryPercent` for `canaryBakeTimeInMinutes` |
# | `LINEAR` | equal steps | `stepPercent` each `stepBakeTimeInMinutes` |
#
# ```mermaid
# flowchart LR
#   A["SCALE_UP<br/>green gets its tasks"] --> B["TEST_TRAFFIC_SHIFT<br/>test traffic to green"]
#   B --> C["PRODUCTION_TRAFFIC_SHIFT<br/>users to green"]
#   C --> D["BAKE_TIME<br/>blue still stands"]
#   D --> E["CLEAN_UP<br/>blue goes"]
# ```
#
# Before and after each stage a **lifecycle hook** may ask a function of yours whether to go on.
#
# ### Predict
#
# A blue/green deployment of a service with **three** tasks. Hand in four things:
#
# 1. the most tasks that run at once,
# 2. the percentage of **production** traffic on green during TEST_TRAFFIC_SHIFT,
# 3. the percentage of production traffic on green during BAKE_TIME,
# 4. the number of **blue** tasks during BAKE_TIME.

# %% question="14.4" role="answer" needs=""
beside = None
### BEGIN SOLUTION
beside = [6, 0, 100, 3]
### END SOLUTION
lab.answer("14.4", beside)

# %% question="14.4" role="check"
lab.check("14.4")

# %% question="14.4" role="score" points=3
lab.score("14.4")

# %% [markdown]
# ## 5 · The test decides
#
# The `gazette` is deployed blue/green. Its test function finds a fault in version 2, and says so, but nobody has asked it.

# %% role="setup"
function = f"arn:aws:lambda:{lab.region}:{lab.account}:function:proof-reader"
hook_role = f"arn:aws:iam::{lab.account}:role/ecsHooks"
lab.hook(function, "FAILED")

# %%
publish("gazette", strategy="BLUE_GREEN", bakeTimeInMinutes=0)

# %% [markdown]
# ### Do
#
# Have `function` asked **after the test traffic has been shifted** and before any user gets version 2 (a *lifecycle hook*
# with `hookTargetArn`, `roleArn` and `lifecycleStages`, in the deployment configuration). Deploy `version(2)`; it shall be
# rolled back, and **no production traffic** shall ever have gone to it.

# %% question="14.5" role="solution" needs=""
### BEGIN SOLUTION
asked = {"hookTargetArn": function, "roleArn": hook_role, "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}
ecs.update_service(
    cluster="default",
    service="gazette",
    taskDefinition=version(2),
    deploymentConfiguration={"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": [asked]},
)
print(ends("gazette"))
### END SOLUTION

# %% question="14.5" role="check"
lab.check("14.5")

# %% question="14.5" role="score" points=4
lab.score("14.5")

# %% [markdown]
# ## 6 · A few first
#
# ### Predict
#
# 1. `LINEAR` with `stepPercent` 25 and `stepBakeTimeInMinutes` 3: how many minutes from the first step until green has
#    **all** of the traffic?
# 2. `CANARY` with `canaryPercent` 10 and `canaryBakeTimeInMinutes` 5: how many percent of the users meet a fault that is
#    found in the third minute?
# 3. The same fault, the same minute, with `BLUE_GREEN`?

# %% question="14.6" role="answer" needs=""
few = None
### BEGIN SOLUTION
few = [9, 10, 100]
### END SOLUTION
lab.answer("14.6", few)

# %% question="14.6" role="check"
lab.check("14.6")

# %% question="14.6" role="score" points=3
lab.score("14.6")

# %% [markdown]
# ## 7 · Challenge: stop the press
#
# The `herald` is deployed blue/green with **thirty minutes** of bake time. Version 2 passes every test and goes out, and
# then the first reader calls: the front page is upside down.

# %%
publish("herald", count=1, strategy="BLUE_GREEN", bakeTimeInMinutes=30)

# %% [markdown]
# Deploy `version(2)` to the `herald`. When it has **all of the production traffic** and blue still stands (look at
# `latest("herald")["lifecycleStage"]`), take it back, without waiting for the end and without a new deployment. Version 1
# shall serve again.

# %% question="14.7" role="solution" needs=""
### BEGIN SOLUTION
ecs.update_service(cluster="default", service="herald", taskDefinition=version(2))
lab.until(lambda: latest("herald").get("lifecycleStage") == "BAKE_TIME", timeout=600)
ecs.stop_service_deployment(serviceDeploymentArn=latest("herald")["serviceDeploymentArn"], stopType="ROLLBACK")
print(ends("herald"))
### END SOLUTION

# %% question="14.7" role="check"
lab.check("14.7")

# %% question="14.7" role="score" points=5
lab.score("14.7")

# %% [markdown]
# ## What stays
#
# | you fear | take |
# |---|---|
# | a version that does not start | the circuit breaker with rollback: it is **off** unless you say so |
# | a version that starts and is wrong | CloudWatch alarms with rollback, and a bake time |
# | a version that a test would find out | blue/green with a hook after the test traffic shift |
# | a fault that only users find | canary or linear: few of them meet it |
#
# **For the exam.** `minimumHealthyPercent` 100 and `maximumPercent` 100 together never move. The breaker rolls back to the
# last deployment that was COMPLETED. Blue/green by CodeDeploy needs two target groups and the controller `CODE_DEPLOY`;
# ECS's own needs neither. DAEMON services can only roll.

# %%
for name in ("paper", "gazette", "herald"):
    if exists(name):
        ecs.delete_service(cluster="default", service=name, force=True)
