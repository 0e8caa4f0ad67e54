"""Rules on network modes, ports, links and names in the network.

Not about subnets or security groups: those are given when a task is run, not in its definition. Invariant: the
mode is judged by the launch types in ``requiresCompatibilities`` only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecslab.aws.ecs.validation.fault import Fault
from ecslab.aws.ecs.validation.reading import Container, Definition, Json, given, number, records, text, texts

PORT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
RANGE = re.compile(r"(\d{1,5})-(\d{1,5})")
RANGES = 100
RESERVED = (22, 2375, 2376, 51678, 51679)
AWSVPC_FORBIDS = (
    ("links", "Links are not supported when networkMode=awsvpc", "reach the other containers at localhost"),
    ("dnsServers", "DNS servers are not supported on container when networkMode=awsvpc", "use the VPC's DNS"),
    ("dnsSearchDomains", "DNS search domains are not supported on container when networkMode=awsvpc", "use full names"),
    ("extraHosts", "Extra hosts are not supported on container when networkMode=awsvpc", "use names of the VPC's DNS"),
    ("hostname", "hostname is not supported on container when networkMode=awsvpc", "leave the name to ECS"),
    ("disableNetworking", "Disable Networking is not supported on container when networkMode=awsvpc", "use none"),
)


def fargate_network_mode(definition: Definition) -> Iterator[Fault]:
    """Fargate knows one network mode; left out, the mode is bridge."""
    if definition.fargate and not definition.awsvpc:
        yield Fault(
            field="networkMode",
            message="Fargate only supports network mode ‘awsvpc’.",
            advice=f"Set networkMode to awsvpc; it is {definition.network_mode}.",
        )


def external_network_mode(definition: Definition) -> Iterator[Fault]:
    """ECS Anywhere has no VPC to put an interface in."""
    if definition.external and definition.awsvpc:
        message = "Tasks using the External launch type do not support network mode 'awsvpc'."
        yield Fault(field="networkMode", message=message, advice="Set networkMode to bridge, host or none.")


def managed_network_mode(definition: Definition) -> Iterator[Fault]:
    """Managed Instances run awsvpc and host."""
    if definition.managed and text(definition.wire, "networkMode") in ("bridge", "none"):
        message = f"Managed Instances do not support network mode '{definition.network_mode}'."
        yield Fault(field="networkMode", message=message, advice="Set networkMode to awsvpc or host.")


def awsvpc_forbids(definition: Definition) -> Iterator[Fault]:
    """What belongs to Docker's own network has no meaning on an interface of the task's own."""
    for container in definition.containers if definition.awsvpc else ():
        for key, message, instead in AWSVPC_FORBIDS:
            if given(container.wire, key):
                yield container.fault(key, message, f"remove {key}: {instead}.")


def links(definition: Definition) -> Iterator[Fault]:
    """Links need the bridge, and another container of the task."""
    if definition.awsvpc:
        return
    for container in definition.containers:
        for index, link in enumerate(texts(container.wire, "links")):
            if definition.network_mode != "bridge":
                message = f"Links are not supported when networkMode={definition.network_mode}"
                yield container.fault("links", message, "remove links, or set networkMode to bridge.")
                break
            name = link.partition(":")[0]
            if name == container.name or definition.container(name) is None:
                message = f"Invalid 'links' setting. Unknown container: '{name}'"
                yield container.fault(f"links[{index}]", message, "links must name another container of this task.")


def _mappings(definition: Definition) -> Iterator[tuple[Container, str, Json]]:
    for container in definition.containers:
        for index, mapping in enumerate(records(container.wire, "portMappings")):
            yield container, f"portMappings[{index}]", mapping


def port_value(definition: Definition) -> Iterator[Fault]:
    """Ports are 1 to 65535; a host port may be 0, "any free one"."""
    for container, path, mapping in _mappings(definition):
        inner, outer = number(mapping, "containerPort"), number(mapping, "hostPort")
        if inner is None and not text(mapping, "containerPortRange"):
            message = "Container port should not be null."
            yield container.fault(f"{path}.containerPort", message, f"set containerPort in {path}.")
        if inner is not None and not 1 <= inner <= 65535:
            message = "Container port must be between 1 and 65535."
            yield container.fault(f"{path}.containerPort", message, f"change containerPort {inner} in {path}.")
        if outer is not None and not 0 <= outer <= 65535:
            message = "Host port must be between 0 and 65535."
            yield container.fault(f"{path}.hostPort", message, f"change hostPort {outer} in {path}.")


def port_match(definition: Definition) -> Iterator[Fault]:
    """In awsvpc and host mode nothing translates ports: the host port is the container's."""
    mode = definition.network_mode
    for container, path, mapping in _mappings(definition) if mode in ("awsvpc", "host") else ():
        inner, outer = number(mapping, "containerPort"), number(mapping, "hostPort")
        if inner is not None and outer and outer != inner:
            message = f"When networkMode={mode}, the host ports and container ports in port mappings must match."
            advice = f"leave hostPort out, or set it to {inner}; {path} has hostPort {outer}."
            yield container.fault(f"{path}.hostPort", message, advice)


def port_zero(definition: Definition) -> Iterator[Fault]:
    """Host port 0 without a bridge: not documented."""
    mode = definition.network_mode
    for container, path, mapping in _mappings(definition) if mode in ("awsvpc", "host") else ():
        if number(mapping, "hostPort") == 0:
            message = f"When networkMode={mode}, there are no dynamic host ports."
            yield container.warning(f"{path}.hostPort", message, f"leave hostPort out of {path}.")


def port_none(definition: Definition) -> Iterator[Fault]:
    """Without a network there are no ports."""
    for container in definition.containers if definition.network_mode == "none" else ():
        if given(container.wire, "portMappings"):
            message = "Port mappings are not supported when networkMode=none."
            yield container.fault("portMappings", message, "remove portMappings, or set networkMode to bridge.")


def port_taken(definition: Definition) -> Iterator[Fault]:
    """One port, one listener: host ports on a bridge, container ports where containers share a network."""
    bridge = definition.network_mode == "bridge"
    owners: dict[tuple[int, str], Container] = {}
    for container, path, mapping in _mappings(definition):
        key = "hostPort" if bridge else "containerPort"
        port, protocol = number(mapping, key), text(mapping, "protocol") or "tcp"
        owner = owners.setdefault((port, protocol), container) if port else container
        first = owner is container and not (bridge and port and _repeats(container, key, port, protocol) > 1)
        if not first:
            kind = "Host" if bridge else "Container"
            message = f"{kind} port {port} ({protocol}) is used multiple times in task."
            yield container.fault(f"{path}.{key}", message, f"change {key} {port}: '{owner.name}' has it already.")


def _repeats(container: Container, key: str, port: int, protocol: str) -> int:
    mappings = records(container.wire, "portMappings")
    return sum(number(m, key) == port and (text(m, "protocol") or "tcp") == protocol for m in mappings)


def port_protocols(definition: Definition) -> Iterator[Fault]:
    """One container port for tcp and udp: AWS's text forbids it, its service takes it."""
    for container in definition.containers:
        seen: dict[int, str] = {}
        for index, mapping in enumerate(records(container.wire, "portMappings")):
            port, protocol = number(mapping, "containerPort"), text(mapping, "protocol") or "tcp"
            if port is not None and seen.setdefault(port, protocol) != protocol:
                message = f"The same container port {port} is exposed for multiple protocols."
                field = f"portMappings[{index}].protocol"
                yield container.warning(field, message, "check that both values of protocol are meant.")


def port_reserved(definition: Definition) -> Iterator[Fault]:
    """Ports an instance keeps for ssh, Docker and the agent: no task that asks for them is ever placed."""
    for container, path, mapping in _mappings(definition) if definition.network_mode == "bridge" else ():
        port = number(mapping, "hostPort")
        if port in RESERVED:
            message = f"Host port {port} is reserved on container instances."
            yield container.warning(f"{path}.hostPort", message, f"choose another hostPort in {path}, or 0.")


def port_name(definition: Definition) -> Iterator[Fault]:
    """Names of port mappings: lower case, and each once in the task."""
    seen: set[str] = set()
    for container, path, mapping in _mappings(definition):
        name = text(mapping, "name")
        if name and not PORT_NAME.fullmatch(name):
            advice = f"use up to 64 lower-case letters, numbers, _ and - in name of {path}; it is '{name}'."
            yield container.fault(f"{path}.name", "port mapping name contains invalid characters.", advice)
        elif name and name in seen:
            yield container.fault(f"{path}.name", "port mapping name is already used.", f"change name '{name}'.")
        seen.add(name)


def port_range(definition: Definition) -> Iterator[Fault]:
    """A range is first-last, stands alone, and there are at most 100 of them in a container."""
    for container, path, mapping in _mappings(definition):
        value = text(mapping, "containerPortRange")
        if value and (number(mapping, "containerPort") is not None or number(mapping, "hostPort") is not None):
            advice = f"keep either containerPort or containerPortRange in {path}."
            yield container.fault(
                f"{path}.containerPortRange", "cannot specify both single port and port range", advice
            )
        match = RANGE.fullmatch(value)
        if value and (match is None or not 1 <= int(match[1]) < int(match[2]) <= 65535):
            advice = f"write containerPortRange as first-last, such as 8000-8010; it is '{value}'."
            yield container.fault(f"{path}.containerPortRange", "Invalid 'containerPortRange' setting", advice)
    for container in definition.containers:
        if sum(bool(text(m, "containerPortRange")) for m in records(container.wire, "portMappings")) > RANGES:
            yield container.fault("portMappings", "Too many port ranges.", f"keep portMappings to {RANGES} ranges.")


def port_range_mode(definition: Definition) -> Iterator[Fault]:
    """Ranges need a bridge or an interface of the task's own."""
    for container, path, mapping in _mappings(definition) if definition.network_mode == "host" else ():
        if text(mapping, "containerPortRange"):
            message = "containerPortRange is supported with network modes bridge and awsvpc."
            yield container.fault(f"{path}.containerPortRange", message, f"use containerPort in {path}.")
