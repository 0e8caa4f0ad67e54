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
# # Lab 8 · IAM: task role, execution role, and who may pass them
#
# A task can have two roles. One is for **your code**. The other is for **ECS**, while it gets the task ready. Mixing
# them up is the most common mistake with IAM on ECS. Here every permission is tried out by a real call, from inside
# a container, with the credentials that the role delivers.
#
# **Afterwards you can**
#
# * say which role does what, and give a task the right one,
# * allow one prefix of a bucket and nothing beside it,
# * mend a task that cannot fetch its secret or make its log group,
# * keep other accounts from using your roles through ECS (the confused deputy),
# * let a deployer pass two roles and no third,
# * read a denial, and say which statement decided.
#
# **Time** about 70 minutes. **Cost** nothing: everything runs on this machine.
#
# `lab.check("8.1")` tells you what it sees, `lab.hint("8.1")` nudges, `lab.solution("8.1")` shows one way of many.

# %% role="setup"
import json

from botocore.exceptions import ClientError

import ecslab

lab = ecslab.connect()
ecs, iam, s3, ssm = (lab.client(name) for name in ("ecs", "iam", "s3", "ssm"))
ACCOUNT = lab.account
lab

# %% [markdown]
# Some small tools. Their names say what they make: a statement, a policy, a role, a task definition, a task.


# %% role="setup"
def allow(action, resource="*", **more):
    """An Allow statement. `more` may be Condition={…} or Sid="…"."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def policy(*statements):
    """A policy document, as IAM wants it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(service, **more):
    """A trust policy: this service may assume the role. `more` may be Condition={…}."""
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **more})


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def exists(call, **arguments):
    """Whether a Get call finds something."""
    try:
        call(**arguments)
    except ClientError:
        return False
    return True


def make_role(name, *statements, trusted="ecs-tasks.amazonaws.com"):
    """A role that a service may assume, with one inline policy. Nothing happens if the role is there already."""
    if not exists(iam.get_role, RoleName=name):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(trusted))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return role_arn(name)


def make_user(name, *statements, **more):
    """An IAM user with one inline policy. Nothing happens if the user is there already."""
    if not exists(iam.get_user, UserName=name):
        iam.create_user(UserName=name, **more)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))


def definition(family, container=None, **more):
    """A web server with boto3 in it. `more` may be taskRoleArn or executionRoleArn, `container` more of the container."""
    box = {"name": "app", "image": "ecslab/sdk:1", "memory": 128, "portMappings": [{"containerPort": 80}]}
    return {"family": family, "containerDefinitions": [{**box, **(container or {})}], **more}


def described(arn):
    return ecs.describe_tasks(cluster="default", tasks=[arn])["tasks"][0]


def start(family):
    """Run one task of the newest revision, and wait until it runs or has failed."""
    arn = ecs.run_task(cluster="default", taskDefinition=family)["tasks"][0]["taskArn"]
    lab.until(lambda: described(arn)["lastStatus"] in ("RUNNING", "STOPPED"), timeout=120)
    task = described(arn)
    print(family, arn[-8:], task["lastStatus"], task.get("stoppedReason", ""))
    return arn


def newest(family):
    """The newest running task of a family, or None."""
    arns = ecs.list_tasks(cluster="default", family=family)["taskArns"]
    found = ecs.describe_tasks(cluster="default", tasks=arns)["tasks"] if arns else []
    found = [task for task in found if task["lastStatus"] == "RUNNING"]
    return max(found, key=lambda task: task["createdAt"])["taskArn"] if found else None


def ask(task, path):
    """What the program in the task answers. RUNNING does not mean that it listens already, so try for a while."""

    def answer():
        try:
            return lab.curl(task, path=path).text.strip()
        except Exception:
            return ""

    return lab.until(answer, timeout=30)


def bucket(name, *keys):
    """A bucket with some objects."""
    if name not in [found["Name"] for found in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=name)
        for key in keys:
            s3.put_object(Bucket=name, Key=key, Body=f"this is {key}".encode())


def parameter(name, value):
    if not exists(ssm.get_parameter, Name=name):
        ssm.put_parameter(Name=name, Value=value, Type="SecureString")


bucket("menu", "today", "tomorrow")
bucket("staff", "salaries")

# %% [markdown]
# ## 1 · Four roles
#
# ```mermaid
# flowchart LR
#   U["you, or a deployer"] -->|"RunTask, passes two roles"| E["ECS"]
#   E -->|"service-linked role"| N["network interfaces, load balancer targets"]
#   E --> A["agent on the instance"]
#   A -->|"instance role"| R["registers, reports"]
#   A -->|"execution role"| P["secrets, logs, private images"]
#   A -->|"credentials of the task role"| C["your code in the container"]
#   C -->|"task role"| S["S3, DynamoDB, …"]
# ```
#
# ### Predict
#
# Whose permissions are needed? Hand in five words out of `"task"`, `"execution"`, `"instance"`, `"service"` (for
# the service-linked role).
#
# 1. Your code reads an object from S3.
# 2. A password from SSM is put into an environment variable, before the container starts.
# 3. The agent registers the EC2 instance in the cluster.
# 4. ECS registers a task's address at a load balancer.
# 5. The driver `awslogs` writes the container's log, and the task **has** an execution role.

# %% question="8.1" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = ["task", "execution", "instance", "service", "execution"]
### END SOLUTION
lab.answer("8.1", prediction)

# %% question="8.1" role="check"
lab.check("8.1")

# %% question="8.1" role="score" points=2
lab.score("8.1")

# %% [markdown]
# ## 2 · Credentials for your code
#
# ### Watch
#
# The bucket `menu` has an object `today`. The program in the container runs boto3 when you ask for the page
# `/aws/<service>/<operation>?<arguments>`. Here is a task without any role:

# %%
ecs.register_task_definition(**definition("bare"))
bare = start("bare")
print(ask(bare, "/aws/s3/get_object?Bucket=menu&Key=today"))

# %% [markdown]
# `NoCredentials`: boto3 has looked everywhere and found nothing. It is not even a denial, for nobody has asked.
#
# ### Do
#
# Run a task of the family **`app`** that can read the object `today` of the bucket `menu`. You need a role that ECS
# tasks may assume, a permission on it, and a definition that names it (`definition("app", …)`). `start("app")` runs it.
#
# It must **not** be able to read in other buckets.

# %% question="8.2" role="solution" needs=""
### BEGIN SOLUTION
make_role("app-task", allow("s3:GetObject", "arn:aws:s3:::menu/*"))
ecs.register_task_definition(**definition("app", taskRoleArn=role_arn("app-task")))
start("app")
### END SOLUTION

# %% [markdown]
# ### Watch
#
# Who is it, and how did it learn that?

# %%
if newest("app"):
    print(ask(newest("app"), "/aws/sts/get_caller_identity"))
    for name in ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        print(name, "=", ask(newest("app"), f"/env?name={name}"))

# %% [markdown]
# No key is stored anywhere. The agent puts an address into the environment, and the SDK fetches keys there that are
# good for some hours: `http://169.254.170.2` + the relative URI. The address is secret to this one task.
#
# *What differs here:* on the `docker` runtime it is that very address. On `process` there is no network of its own, so
# the agent gives the full URI, on 127.0.0.1. On `simulated` no container runs: the lab makes the call on its behalf,
# signed with the task's credentials.

# %% question="8.2" role="check"
lab.check("8.2")

# %% question="8.2" role="score" points=3
lab.score("8.2")

# %% [markdown]
# ## 3 · One prefix
#
# ### Do
#
# The bucket `shop` has objects under `orders/` and under `payroll/`. Run a task of the family **`orders`** that can
#
# * read every object under `orders/`,
# * list what is under `orders/` (`list_objects_v2` with `Prefix=orders/`),
# * and nothing else: neither read nor list elsewhere.
#
# Policies work at once: no new task is needed when you change them.

# %% role="setup"
bucket("shop", "orders/1", "orders/2", "orders/2026/11/7", "payroll/june", "menu.txt")

# %% question="8.3" role="solution" needs=""
### BEGIN SOLUTION
make_role(
    "orders-task",
    allow("s3:GetObject", "arn:aws:s3:::shop/orders/*"),
    allow("s3:ListBucket", "arn:aws:s3:::shop", Condition={"StringLike": {"s3:prefix": "orders/*"}}),
)
ecs.register_task_definition(**definition("orders", taskRoleArn=role_arn("orders-task")))
start("orders")
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
if newest("orders"):
    for path in ("get_object?Bucket=shop&Key=orders/1", "get_object?Bucket=shop&Key=payroll/june"):
        print(path, "→", ask(newest("orders"), "/aws/s3/" + path)[:300])
    for path in ("list_objects_v2?Bucket=shop&Prefix=orders/", "list_objects_v2?Bucket=shop"):
        print(path, "→", ask(newest("orders"), "/aws/s3/" + path)[:300])

# %% question="8.3" role="check"
lab.check("8.3")

# %% question="8.3" role="score" points=3
lab.score("8.3")

# %% [markdown]
# ## 4 · Before your code: the execution role
#
# ### Break
#
# A task of the family `kitchen` gets a password from SSM. It has both roles. Both can be assumed.

# %% role="setup"
parameter("/shop/db-password", "onion-soup-42")
parameter("/payroll/key", "not-for-you")
make_role("kitchen-task", allow("s3:GetObject", "arn:aws:s3:::menu/*"))
make_role("kitchen-execution")
if not ecs.list_task_definitions(familyPrefix="kitchen")["taskDefinitionArns"]:
    ecs.register_task_definition(
        **definition(
            "kitchen",
            container={"secrets": [{"name": "DB_PASSWORD", "valueFrom": "/shop/db-password"}]},
            taskRoleArn=role_arn("kitchen-task"),
            executionRoleArn=role_arn("kitchen-execution"),
        )
    )

# %%
if not newest("kitchen"):
    start("kitchen")

# %% [markdown]
# ### Fix
#
# Read who was not allowed to do what. Give that permission, to the right role, for **this parameter only**, and run a
# task of `kitchen` again. Your code must not be able to fetch the parameter itself.

# %% question="8.4" role="solution" needs=""
### BEGIN SOLUTION
iam.put_role_policy(
    RoleName="kitchen-execution",
    PolicyName="password",
    PolicyDocument=policy(allow("ssm:GetParameters", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shop/db-password")),
)
start("kitchen")
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
if newest("kitchen"):
    print(ask(newest("kitchen"), "/env?name=DB_PASSWORD"))
    print(ask(newest("kitchen"), "/aws/ssm/get_parameter?Name=/shop/db-password"))

# %% [markdown]
# The value came in, but the role that fetched it did not. (A key of your own, instead of `aws/ssm`, would need
# `kms:Decrypt`, too.)

# %% question="8.4" role="check"
lab.check("8.4")

# %% question="8.4" role="score" points=3
lab.score("8.4")

# %% [markdown]
# ## 5 · The group that nobody made
#
# ### Break
#
# The family `till` logs to the group `/shop/till`, with `awslogs-create-group`. Its execution role `till-execution` has
# the managed policy `AmazonECSTaskExecutionRolePolicy`. That should do?

# %% role="setup"
make_role("till-execution")
iam.attach_role_policy(
    RoleName="till-execution",
    PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
)
if not ecs.list_task_definitions(familyPrefix="till")["taskDefinitionArns"]:
    options = {"awslogs-group": "/shop/till", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "till"}
    logging = {"logDriver": "awslogs", "options": {**options, "awslogs-create-group": "true"}}
    ecs.register_task_definition(
        **definition("till", container={"logConfiguration": logging}, executionRoleArn=role_arn("till-execution"))
    )

# %%
if not newest("till"):
    start("till")

# %% [markdown]
# ### Fix
#
# Get a task of `till` to run **and** to log to `/shop/till`. Its execution role must not be able to delete log groups.

# %% question="8.5" role="solution" needs=""
### BEGIN SOLUTION
iam.put_role_policy(
    RoleName="till-execution",
    PolicyName="group",
    PolicyDocument=policy(allow("logs:CreateLogGroup", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/shop/till*")),
)
start("till")
### END SOLUTION

# %% question="8.5" role="check"
lab.check("8.5")

# %% question="8.5" role="score" points=2
lab.score("8.5")

# %% [markdown]
# ## 6 · A new password
#
# The service `api` has its variable `TOKEN` from the parameter `/shop/token`, which was `old` when its task started.

# %% role="setup"
make_role("api-execution", allow("ssm:GetParameters", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shop/token"))
services = ecs.describe_services(cluster="default", services=["api"])["services"]
if not [found for found in services if found["status"] == "ACTIVE"]:
    ssm.put_parameter(Name="/shop/token", Value="old", Type="SecureString", Overwrite=True)
    ecs.register_task_definition(
        **definition(
            "api",
            container={
                "secrets": [{"name": "TOKEN", "valueFrom": "/shop/token"}],
                "healthCheck": {"command": ["CMD", "app", "health"], "interval": 5, "timeout": 3, "retries": 3},
            },
            executionRoleArn=role_arn("api-execution"),
        )
    )
    ecs.create_service(cluster="default", serviceName="api", taskDefinition="api", desiredCount=1)
    lab.wait("services_stable", cluster="default", services=["api"])

# %% [markdown]
# ### Predict
#
# Now the parameter is overwritten with `new`. What does the **running** task see in `TOKEN`, five minutes later?
#
# * **a** `new`: the agent refreshes secrets.
# * **b** `old`, for as long as this task lives.
# * **c** `old`, until its credentials are renewed; then `new`.
# * **d** Nothing: ECS stops a task whose secret has changed, and starts another.

# %% question="8.6" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = "b"
### END SOLUTION
lab.answer("8.6", prediction)

# %% question="8.6" role="check"
lab.check("8.6")

# %% question="8.6" role="score" points=1
lab.score("8.6")

# %% [markdown]
# ### Watch

# %% role="setup"
if ssm.get_parameter(Name="/shop/token", WithDecryption=True)["Parameter"]["Value"] == "old":
    ssm.put_parameter(Name="/shop/token", Value="new", Type="SecureString", Overwrite=True)

# %%
if newest("api"):
    print(ask(newest("api"), "/env?name=TOKEN"))

# %% [markdown]
# ### Do
#
# Bring the new token into the service **`api`**. The token must not appear in the task definition: whoever may call
# DescribeTaskDefinition can read all of its `environment`.

# %% question="8.7" role="solution" needs=""
### BEGIN SOLUTION
ecs.update_service(cluster="default", service="api", forceNewDeployment=True)
lab.wait("services_stable", cluster="default", services=["api"])
### END SOLUTION

# %% question="8.7" role="check"
lab.check("8.7")

# %% question="8.7" role="score" points=2
lab.score("8.7")

# %% [markdown]
# ## 7 · The confused deputy
#
# ECS assumes roles for **every** account in the world. Your trust policy says "ECS may", but it should say "ECS may,
# **for me**". Two keys tell ECS's callers apart: `aws:SourceAccount` and `aws:SourceArn`.
#
# ```mermaid
# sequenceDiagram
#   participant M as somebody's account
#   participant E as ECS (the deputy)
#   participant R as your role
#   M->>E: run a task with that role, please
#   E->>R: AssumeRole, SourceAccount 999999999999
#   R-->>E: only for 123456789012
# ```
#
# ### Do
#
# Make a role **`careful`** that ECS tasks may assume for **this account only**. Use either key, or better, both. Run a
# task of the family **`careful`** with it as the task role.
#
# *Mind:* is a task's `aws:SourceArn` the ARN of its cluster? Try it, if you like.

# %% question="8.8" role="solution" needs=""
### BEGIN SOLUTION
mine = {
    "StringEquals": {"aws:SourceAccount": ACCOUNT},
    "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:*"},
}
iam.create_role(RoleName="careful", AssumeRolePolicyDocument=trust("ecs-tasks.amazonaws.com", Condition=mine))
ecs.register_task_definition(**definition("careful", taskRoleArn=role_arn("careful")))
start("careful")
### END SOLUTION

# %% question="8.8" role="check"
lab.check("8.8")

# %% question="8.8" role="score" points=3
lab.score("8.8")

# %% [markdown]
# ## 8 · Who may pass a role
#
# Whoever may run tasks with **any** role has all the permissions of all those roles. That is why ECS asks a second
# question: may this caller pass this role (`iam:PassRole`), to this service (`iam:PassedToService`)?
#
# ### Break
#
# The user `deployer` may do everything in ECS. `lab.iam(enforce=True)` makes policies bind users, as on AWS.

# %% role="setup"
make_role("stall-task", allow("s3:GetObject", "arn:aws:s3:::menu/*"))
make_role("stall-execution")
make_role("stall-admin", allow("*"))
make_user("deployer", allow("ecs:*"))
for role in ("stall-task", "stall-admin"):
    if not ecs.list_task_definitions(familyPrefix=role)["taskDefinitionArns"]:
        roles = {"taskRoleArn": role_arn(role), "executionRoleArn": role_arn("stall-execution")}
        ecs.register_task_definition(**definition(role, **roles))


# %%
def deploy(family):
    """Run a task as the user deployer, while policies bind everybody."""
    lab.iam(enforce=True)
    try:
        deployer = lab.client("ecs", as_user="deployer")
        arn = deployer.run_task(cluster="default", taskDefinition=family)["tasks"][0]["taskArn"]
        ecs.stop_task(cluster="default", task=arn)
        print(family, "→ the deployer ran it")
    except ClientError as refusal:
        print(family, "→", refusal)
    finally:
        lab.iam(enforce=False)


deploy("stall-task")

# %% [markdown]
# ### Fix
#
# Let `deployer` pass **`stall-task`** and **`stall-execution`** to ECS tasks, and no other role, and to no other service.

# %% question="8.9" role="solution" needs=""
### BEGIN SOLUTION
iam.put_user_policy(
    UserName="deployer",
    PolicyName="pass",
    PolicyDocument=policy(
        allow(
            "iam:PassRole",
            [role_arn("stall-task"), role_arn("stall-execution")],
            Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        )
    ),
)
### END SOLUTION

# %% [markdown]
# ### Watch

# %%
deploy("stall-task")
deploy("stall-admin")

# %% question="8.9" role="check"
lab.check("8.9")

# %% question="8.9" role="score" points=3
lab.score("8.9")

# %% [markdown]
# ## 9 · Reading a denial
#
# An explicit Deny beats every Allow. Where nothing allows, the answer is no. And a permissions boundary is the most that
# the policies of a user or role can ever give.
#
# ### Break
#
# Three cooks are denied the same call. `lab.why_denied("anna")` says what decided.

# %% role="setup"
if not exists(iam.get_policy, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/only-s3"):
    iam.create_policy(PolicyName="only-s3", PolicyDocument=policy(allow("s3:*")))
make_user("anna", allow("ecs:*"), {**allow("ecs:ListClusters", Sid="NoLists"), "Effect": "Deny"})
make_user("bert", allow("ecs:*"), PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/only-s3")
make_user("cleo", allow("ecs:DescribeClusters"))

# %%
lab.iam(enforce=True)
for cook in ("anna", "bert", "cleo"):
    try:
        lab.client("ecs", as_user=cook).list_clusters()
    except ClientError as refusal:
        print(refusal)
lab.iam(enforce=False)
lab.why_denied("anna")

# %% [markdown]
# ### Predict
#
# What decided, for anna, bert and cleo? Hand in three words out of `"deny"` (an explicit Deny), `"nothing"` (no statement
# allows it), `"boundary"`.

# %% question="8.10" role="answer" needs=""
prediction = None
### BEGIN SOLUTION
prediction = ["deny", "boundary", "nothing"]
### END SOLUTION
lab.answer("8.10", prediction)

# %% question="8.10" role="check"
lab.check("8.10")

# %% question="8.10" role="score" points=2
lab.score("8.10")

# %% [markdown]
# ## 10 · Challenge: the courier
#
# A task of the family **`courier`** works on the bucket `courier`. Its code must be able to
#
# * list and read what is under `incoming/`,
# * write, but neither read nor delete, under `done/`,
# * read the parameter `/courier/route` with `get_parameter`.
#
# And **nothing else**. It runs with a task role of yours. The check tries what must work, and much that must not, on
# objects of its own choice.

# %% role="setup"
bucket("courier", "incoming/1", "incoming/2026/2", "done/1", "keys.txt")
parameter("/courier/route", "north, then left")
parameter("/courier/route-of-the-boss", "private")

# %% question="8.11" role="solution" needs=""
### BEGIN SOLUTION
make_role(
    "courier-task",
    allow("s3:ListBucket", "arn:aws:s3:::courier", Condition={"StringLike": {"s3:prefix": "incoming/*"}}),
    allow("s3:GetObject", "arn:aws:s3:::courier/incoming/*"),
    allow("s3:PutObject", "arn:aws:s3:::courier/done/*"),
    allow("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/courier/route"),
)
ecs.register_task_definition(**definition("courier", taskRoleArn=role_arn("courier-task")))
start("courier")
### END SOLUTION

# %% question="8.11" role="check"
lab.check("8.11")

# %% question="8.11" role="score" points=4
lab.score("8.11")

# %% [markdown]
# ## What you know now
#
# | | |
# |---|---|
# | task role | what your code may do; its credentials come from the agent |
# | execution role | what is done before and around your code: secrets, logs, images; your code never sees it |
# | instance role | what the agent on an EC2 instance may do; also writes logs where there is no execution role |
# | trust policy | `ecs-tasks.amazonaws.com`, and for which account |
# | `aws:SourceArn` | `arn:aws:ecs:region:account:*`; one cluster does not work |
# | a secret | is fetched once, when a task starts |
# | running a task with roles | needs `iam:PassRole` on each of them |
# | `s3:ListBucket` | is about the bucket, `s3:GetObject` about its objects |
#
# ## As an exam would ask
#
# **1.** A task reads DynamoDB on a developer's machine, but is denied on ECS. Its execution role has all permissions.
#
# <details><summary>Answer</summary>
#
# Code uses the task role. Put the permission there, and name it as `taskRoleArn`.
# </details>
#
# **2.** A task stops with *ResourceInitializationError: unable to pull secrets*. The task role may `ssm:*`. What now?
#
# <details><summary>Answer</summary>
#
# Secrets are fetched by the execution role, with `ssm:GetParameters` (or `secretsmanager:GetSecretValue`), and
# `kms:Decrypt` when the key is your own.
# </details>
#
# **3.** A pipeline may `ecs:*` and is denied at RegisterTaskDefinition or RunTask. Which permission is missing, on what?
#
# <details><summary>Answer</summary>
#
# `iam:PassRole` on the task role and on the execution role, best with `iam:PassedToService`.
# </details>
#
# **4.** A password in Secrets Manager was rotated. Which is the smallest step that brings it into a service?
#
# <details><summary>Answer</summary>
#
# A new deployment: `update_service(forceNewDeployment=True)`. Running tasks keep what they started with.
# </details>
#
# ## Clean up

# %%
for arn in ecs.list_tasks(cluster="default")["taskArns"]:
    if described(arn)["group"].startswith("family:"):
        ecs.stop_task(cluster="default", task=arn)
ecs.delete_service(cluster="default", service="api", force=True)
lab
