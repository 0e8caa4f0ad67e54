"""ecslab: learn Amazon ECS with real containers, no AWS account and no bill."""
