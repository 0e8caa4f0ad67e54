"""Where moto finds our ECS: the same address as its own, answered by our responses."""

from ecslab.aws.ecs.responses import EcsResponse

url_bases = [r"https?://ecs\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": EcsResponse.dispatch}
