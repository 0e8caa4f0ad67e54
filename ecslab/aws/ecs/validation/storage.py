"""Rules on volumes, mounts and disks.

Not about file systems that exist: an id is not looked up. Sizes in GiB. Invariant: a volume is judged by what
its definition says, whether or not a container mounts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ecslab.aws.ecs.validation.fault import Fault, Severity
from ecslab.aws.ecs.validation.identity import LETTERS, NAME
from ecslab.aws.ecs.validation.reading import Definition, Json, given, number, record, records, text

DOCKER, EFS = "dockerVolumeConfiguration", "efsVolumeConfiguration"
FSX, S3 = "fsxWindowsFileServerVolumeConfiguration", "s3filesVolumeConfiguration"
KINDS = ("host", DOCKER, EFS, FSX, S3, "configuredAtLaunch")
EPHEMERAL = (21, 200)


def _volumes(definition: Definition) -> Iterator[tuple[str, str, Json]]:
    """(name, path, volume)."""
    for index, volume in enumerate(definition.volumes):
        yield text(volume, "name"), f"volumes[{index}]", volume


def volume_name(definition: Definition) -> Iterator[Fault]:
    """Volumes have a name, each its own."""
    seen: set[str] = set()
    for name, path, _ in _volumes(definition):
        if not NAME.fullmatch(name):
            message = "Volume name contains invalid characters." if name else "Volume name should not be null or empty."
            yield Fault(field=f"{path}.name", message=message, advice=f"Give {path}.name {LETTERS}.")
        elif name in seen:
            advice = f"Give each of volumes a name of its own; {path}.name repeats '{name}'."
            yield Fault(field=f"{path}.name", message=f"Duplicate volume name '{name}'.", advice=advice)
        seen.add(name)


def volume_kind(definition: Definition) -> Iterator[Fault]:
    """A volume is of one kind."""
    for name, path, volume in _volumes(definition):
        kinds = [kind for kind in KINDS if given(volume, kind)]
        if len(kinds) > 1:
            message = f"Volume '{name}' must have only one configuration."
            yield Fault(field=path, message=message, advice=f"In {path}, keep one of {', '.join(kinds)}.")


def volume_known(definition: Definition) -> Iterator[Fault]:
    """What is mounted is declared."""
    names = {name for name, _, _ in _volumes(definition)}
    for container in definition.containers:
        for index, mount in enumerate(records(container.wire, "mountPoints")):
            name = text(mount, "sourceVolume")
            if not name or name not in names:
                message = f"Unknown volume '{name or 'null'}'."
                known = ", ".join(sorted(n for n in names if n)) or "none yet"
                advice = f"sourceVolume must be the name of one of volumes ({known})."
                yield container.fault(f"mountPoints[{index}].sourceVolume", message, advice)


def mount_path(definition: Definition) -> Iterator[Fault]:
    """A mount says where in the container."""
    for container in definition.containers:
        for index, mount in enumerate(records(container.wire, "mountPoints")):
            if text(mount, "sourceVolume") and not text(mount, "containerPath"):
                message = "mountPoints.containerPath should not be null or empty."
                advice = f"set containerPath for the volume '{text(mount, 'sourceVolume')}'."
                yield container.fault(f"mountPoints[{index}].containerPath", message, advice)


def mount_path_unique(definition: Definition) -> Iterator[Fault]:
    """Two mounts at one path: the engine refuses them when the container is created."""
    for container in definition.containers:
        paths = Counter(text(m, "containerPath") for m in records(container.wire, "mountPoints"))
        for path in (p for p, times in paths.items() if p and times > 1):
            advice = f"change containerPath of one of mountPoints: '{path}' is there twice."
            yield container.warning("mountPoints", f"Duplicate mount point: {path}.", advice)


def volumes_from(definition: Definition) -> Iterator[Fault]:
    """Volumes are taken from another container of the task."""
    for container in definition.containers:
        for index, entry in enumerate(records(container.wire, "volumesFrom")):
            name = text(entry, "sourceContainer")
            if name == container.name or definition.container(name) is None:
                message = f"Invalid 'volumesFrom' setting. Unknown container: '{name}'"
                advice = "sourceContainer must name another container of this task definition."
                yield container.fault(f"volumesFrom[{index}].sourceContainer", message, advice)


def host_path_blank(definition: Definition) -> Iterator[Fault]:
    """An empty host path: leave it out for a scratch volume."""
    for name, path, volume in _volumes(definition):
        if record(volume, "host").get("sourcePath") == "":
            advice = f"Remove sourcePath of volume '{name}' ({path}), or give it a path of the instance."
            message = "host.sourcePath should not be blank."
            yield Fault(field=f"{path}.host.sourcePath", message=message, advice=advice, severity=Severity.WARNING)


def fargate_volume(definition: Definition) -> Iterator[Fault]:
    """Fargate has no host to mount from, no Docker volumes and no FSx."""
    for name, path, volume in _volumes(definition) if definition.fargate else ():
        host = f"{path}.host.sourcePath"
        found = [(host, "sourcePath")] if text(record(volume, "host"), "sourcePath") else []
        found += [(f"{path}.{kind}", kind) for kind in (DOCKER, FSX) if given(volume, kind)]
        for field, kind in found:
            message = f"Fargate compatible task definitions do not support {kind}"
            advice = f"Remove {kind} from volume '{name}': use an EFS volume for data that must last."
            yield Fault(field=field, message=message, advice=advice)


def external_volume(definition: Definition) -> Iterator[Fault]:
    """ECS Anywhere mounts host paths and Docker volumes only."""
    for name, path, volume in _volumes(definition) if definition.external else ():
        for kind in (k for k in (EFS, FSX, S3, "configuredAtLaunch") if given(volume, k)):
            message = f"Tasks using the External launch type do not support {kind}."
            advice = f"Remove {kind} from volume '{name}': use host.sourcePath."
            yield Fault(field=f"{path}.{kind}", message=message, advice=advice)


def managed_volume(definition: Definition) -> Iterator[Fault]:
    """Managed Instances have no Docker volumes and no FSx."""
    for name, path, volume in _volumes(definition) if definition.managed else ():
        for kind in (k for k in (DOCKER, FSX) if given(volume, k)):
            message = f"Managed Instances do not support {kind}."
            yield Fault(field=f"{path}.{kind}", message=message, advice=f"Remove {kind} from volume '{name}'.")


def docker_volume(definition: Definition) -> Iterator[Fault]:
    """Only a shared Docker volume outlives its task, so only that one is provisioned once."""
    for name, path, volume in _volumes(definition):
        docker = record(volume, DOCKER)
        if docker.get("autoprovision") is True and text(docker, "scope") != "shared":
            message = "autoprovision is only supported for Docker volumes of scope 'shared'."
            advice = f"Set scope of volume '{name}' to shared, or remove autoprovision."
            yield Fault(field=f"{path}.{DOCKER}.autoprovision", message=message, advice=advice)


def _efs(definition: Definition) -> Iterator[tuple[str, str, Json]]:
    for name, path, volume in _volumes(definition):
        if given(volume, EFS):
            yield name, f"{path}.{EFS}", record(volume, EFS)


def efs_encryption(definition: Definition) -> Iterator[Fault]:
    """IAM authorization, access points and a TLS port need TLS."""
    for name, path, efs in _efs(definition):
        authorization = record(efs, "authorizationConfig")
        if text(efs, "transitEncryption") == "ENABLED":
            continue
        advice = f"Set transitEncryption of volume '{name}' to ENABLED."
        field = f"{path}.transitEncryption"
        if text(authorization, "iam") == "ENABLED":
            message = "EFS IAM authorization requires TransitEncryption to be enabled"
            yield Fault(field=field, message=message, advice=advice)
        elif text(authorization, "accessPointId"):
            message = "EFS access points require TransitEncryption to be enabled"
            yield Fault(field=field, message=message, advice=advice)
        if number(efs, "transitEncryptionPort") is not None:
            message = "TransitEncryptionPort requires that TransitEncryption is enabled"
            yield Fault(field=field, message=message, advice=advice)


def efs_root(definition: Definition) -> Iterator[Fault]:
    """An access point has a root of its own."""
    for name, path, efs in _efs(definition):
        root = text(efs, "rootDirectory")
        if text(record(efs, "authorizationConfig"), "accessPointId") and root not in ("", "/"):
            message = 'When using an EFS access point, the root directory must either be set to "/" or be omitted'
            advice = f"Remove rootDirectory '{root}' from volume '{name}'."
            yield Fault(field=f"{path}.rootDirectory", message=message, advice=advice)


def launch_volume_count(definition: Definition) -> Iterator[Fault]:
    """One volume configured at launch (EBS) in a task."""
    names = [name for name, _, volume in _volumes(definition) if volume.get("configuredAtLaunch") is True]
    if len(names) > 1:
        message = "Only one volume can be configured at launch."
        advice = f"Keep configuredAtLaunch on one of volumes: {', '.join(names)}."
        yield Fault(field="volumes", message=message, advice=advice)


def launch_volume_used(definition: Definition) -> Iterator[Fault]:
    """A volume configured at launch is mounted by a container."""
    mounted = {text(m, "sourceVolume") for c in definition.containers for m in records(c.wire, "mountPoints")}
    for name, path, volume in _volumes(definition):
        if volume.get("configuredAtLaunch") is True and name not in mounted:
            message = f"Volumes [{name}] are not referenced by any of the containers"
            advice = f"Add a mountPoint for the volume '{name}' to a container, or remove it from volumes."
            yield Fault(field=f"{path}.name", message=message, advice=advice)


def ephemeral_storage(definition: Definition) -> Iterator[Fault]:
    """21 to 200 GiB; 20 is what there is without asking."""
    size = number(record(definition.wire, "ephemeralStorage"), "sizeInGiB")
    low, high = EPHEMERAL
    if size is not None and not low <= size <= high:
        bound = f"at least {low}" if size < low else f"at most {high}"
        advice = f"Set ephemeralStorage.sizeInGiB from {low} to {high}, or leave it out for the default 20."
        message = f"EphemeralStorage size should be {bound}"
        yield Fault(field="ephemeralStorage.sizeInGiB", message=message, advice=advice)


def ephemeral_storage_launch(definition: Definition) -> Iterator[Fault]:
    """Ephemeral storage is Fargate's."""
    if given(definition.wire, "ephemeralStorage") and not definition.fargate:
        message = "Ephemeral storage is only supported for Fargate tasks."
        advice = "Remove ephemeralStorage, or add FARGATE to requiresCompatibilities."
        yield Fault(field="ephemeralStorage", message=message, advice=advice, severity=Severity.WARNING)
