"""Rules on what Fargate does not let a definition ask for: the host, its devices, its kernel's settings.

Not sizes, network modes, volumes or logs (their modules have those rules). Invariant: nothing here speaks unless
FARGATE is in ``requiresCompatibilities``.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecslab.aws.ecs.validation.fault import Fault
from ecslab.aws.ecs.validation.reading import Definition, given, record, records, text, texts

UNSUPPORTED_LINUX = ("devices", "maxSwap", "swappiness", "sharedMemorySize")
CAPABILITIES = ("SYS_PTRACE", "CAP_SYS_PTRACE")


def fargate_privileged(definition: Definition) -> Iterator[Fault]:
    """No container is root of a host that is not the customer's."""
    for container in definition.containers if definition.fargate else ():
        if container.wire.get("privileged") is True:
            message = "Fargate requires that the 'privileged' setting be 'false'"
            yield container.fault("privileged", message, "remove privileged, or run the task on EC2.")


def fargate_security_options(definition: Definition) -> Iterator[Fault]:
    """SELinux, AppArmor and credential specs are settings of the host."""
    for container in definition.containers if definition.fargate else ():
        if given(container.wire, "dockerSecurityOptions"):
            message = "Fargate compatible task definitions do not support dockerSecurityOptions"
            yield container.fault("dockerSecurityOptions", message, "remove dockerSecurityOptions.")


def fargate_linux_parameters(definition: Definition) -> Iterator[Fault]:
    """Devices, swap and shared memory."""
    for container in definition.containers if definition.fargate else ():
        linux = record(container.wire, "linuxParameters")
        for key in (k for k in UNSUPPORTED_LINUX if given(linux, k)):
            message = f"Fargate compatible task definitions do not support {key}"
            yield container.fault(f"linuxParameters.{key}", message, f"remove {key} from linuxParameters.")


def fargate_tmpfs(definition: Definition) -> Iterator[Fault]:
    """tmpfs on Fargate: the guide says no, the newer API model no longer does."""
    for container in definition.containers if definition.fargate else ():
        if given(record(container.wire, "linuxParameters"), "tmpfs"):
            message = "tmpfs may not be supported on Fargate."
            advice = "prefer a volume without host over tmpfs: it lives on the task's ephemeral disk."
            yield container.warning("linuxParameters.tmpfs", message, advice)


def fargate_capabilities(definition: Definition) -> Iterator[Fault]:
    """SYS_PTRACE is the only capability that can be added."""
    for container in definition.containers if definition.fargate else ():
        capabilities = record(record(container.wire, "linuxParameters"), "capabilities")
        for name in (n for n in texts(capabilities, "add") if n not in CAPABILITIES):
            advice = f"remove {name} from linuxParameters.capabilities.add: only SYS_PTRACE can be added."
            yield container.fault("linuxParameters.capabilities.add", f"{name} is not allowed on Fargate.", advice)


def fargate_gpu(definition: Definition) -> Iterator[Fault]:
    """Fargate has no GPUs."""
    for container in definition.containers if definition.fargate else ():
        for index, requirement in enumerate(records(container.wire, "resourceRequirements")):
            kind = text(requirement, "type")
            if kind in ("GPU", "NeuronDevice"):
                message = f"Tasks using the Fargate launch type do not support {kind} resource requirements"
                advice = f"remove {kind} from resourceRequirements, or run the task on EC2."
                yield container.fault(f"resourceRequirements[{index}]", message, advice)


def fargate_ipc_mode(definition: Definition) -> Iterator[Fault]:
    """Each container has its own IPC namespace."""
    if definition.fargate and given(definition.wire, "ipcMode"):
        message = "Fargate compatible task definitions do not support ipcMode"
        yield Fault(field="ipcMode", message=message, advice="Remove ipcMode, or run the task on EC2.")


def fargate_pid_mode(definition: Definition) -> Iterator[Fault]:
    """A task may share its process ids among its containers, not with a host."""
    mode = text(definition.wire, "pidMode")
    if definition.fargate and mode not in ("", "task"):
        message = f"Tasks using the Fargate launch type do not support pidMode '{mode}'"
        yield Fault(field="pidMode", message=message, advice="Set pidMode to task, or remove it.")


def fargate_placement(definition: Definition) -> Iterator[Fault]:
    """There are no instances to choose among."""
    if definition.fargate and given(definition.wire, "placementConstraints"):
        message = "Fargate compatible task definitions do not support constraints"
        advice = "Remove placementConstraints: choose subnets when you run the task."
        yield Fault(field="placementConstraints", message=message, advice=advice)


def windows_arm(definition: Definition) -> Iterator[Fault]:
    """Fargate runs ARM64 on Linux only."""
    architecture = text(record(definition.wire, "runtimePlatform"), "cpuArchitecture")
    if definition.fargate and definition.windows and architecture == "ARM64":
        message = "Windows tasks on Fargate do not support the ARM64 architecture."
        advice = "Set runtimePlatform.cpuArchitecture to X86_64."
        yield Fault(field="runtimePlatform.cpuArchitecture", message=message, advice=advice)
