"""The docker runtime: tasks as real containers of any engine that speaks Docker's API.

The verbs are in `runtime`; what the engine is told of a container in `configuration`; what it tells by itself in
`events` and `output`; fetching images in `pulls`; whether it is there at all in `probing`.
"""

from ecslab.runtimes.docker.probing import probe
from ecslab.runtimes.docker.runtime import DockerRuntime

__all__ = ["DockerRuntime", "probe"]
