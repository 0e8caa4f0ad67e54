"""The one table of rules: name → function and where the behaviour it imitates is written down.

The order is the order in which faults are reported: shape first, then names, sizes, network, storage, logs, and
last how containers depend on each other. A rule's name is its function's. Invariant: every rule function of the
package stands here once (a test compares).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ecslab.aws.ecs.validation import fargate, identity, lifecycle, logs, network, shape, size, storage
from ecslab.aws.ecs.validation.fault import Fault
from ecslab.aws.ecs.validation.reading import Definition

MODEL = "botocore's ECS model"
GUIDE = "Amazon ECS Developer Guide"
DIFFERENCES = f"{GUIDE}, Task definition differences for Fargate"
QUOTAS = "Amazon ECS service quotas"
SEEN = "error text of RegisterTaskDefinition, quoted in public issues"
DOUBT = "AWS's sources disagree or are silent"


@dataclass(frozen=True, slots=True)
class Rule:
    """``find`` yields the faults of a definition; ``source`` says where AWS's behaviour comes from."""

    find: Callable[[Definition], Iterable[Fault]]
    source: str


_TABLE: tuple[tuple[Callable[[Definition], Iterable[Fault]], str], ...] = (
    (shape.member_type, MODEL),
    (shape.member_missing, MODEL),
    (shape.member_exported, SEEN),
    (shape.member_unknown, MODEL),
    (shape.member_value, MODEL),
    (identity.family, MODEL),
    (identity.containers_present, SEEN),
    (identity.container_count, QUOTAS),
    (identity.container_name, SEEN),
    (identity.container_name_unique, SEEN),
    (identity.image, SEEN),
    (identity.image_placeholder, SEEN),
    (identity.image_length, MODEL),
    (identity.definition_size, QUOTAS),
    (identity.tags, MODEL),
    (identity.placement_constraints, QUOTAS),
    (identity.environment_names, DOUBT),
    (identity.environment_files, MODEL),
    (identity.environment_file_name, MODEL),
    (identity.inference_accelerators, SEEN),
    (size.task_cpu, f"{GUIDE}, Troubleshoot Amazon ECS task definition invalid CPU or memory errors"),
    (size.task_memory, f"{GUIDE}, Troubleshoot Amazon ECS task definition invalid CPU or memory errors"),
    (network.fargate_network_mode, SEEN),
    (size.fargate_cpu, SEEN),
    (size.fargate_memory, SEEN),
    (size.fargate_size, f"{GUIDE}, Task CPU and memory"),
    (size.container_memory, SEEN),
    (size.container_memory_floor, MODEL),
    (size.container_memory_order, SEEN),
    (size.container_memory_equal, DOUBT),
    (size.container_memory_over_task, SEEN),
    (size.container_cpu, MODEL),
    (size.total_cpu, MODEL),
    (size.total_memory, MODEL),
    (fargate.fargate_privileged, DIFFERENCES),
    (fargate.fargate_security_options, DIFFERENCES),
    (fargate.fargate_linux_parameters, DIFFERENCES),
    (fargate.fargate_tmpfs, DOUBT),
    (fargate.fargate_capabilities, DIFFERENCES),
    (fargate.fargate_gpu, DIFFERENCES),
    (fargate.fargate_ipc_mode, DIFFERENCES),
    (fargate.fargate_pid_mode, DIFFERENCES),
    (fargate.fargate_placement, DIFFERENCES),
    (fargate.windows_arm, GUIDE),
    (network.external_network_mode, f"{GUIDE}, External instances"),
    (network.managed_network_mode, f"{GUIDE}, Managed Instances"),
    (network.awsvpc_forbids, SEEN),
    (network.links, MODEL),
    (network.port_value, MODEL),
    (network.port_match, SEEN),
    (network.port_zero, DOUBT),
    (network.port_none, MODEL),
    (network.port_taken, SEEN),
    (network.port_protocols, DOUBT),
    (network.port_reserved, MODEL),
    (network.port_name, SEEN),
    (network.port_range, SEEN),
    (network.port_range_mode, MODEL),
    (storage.volume_name, MODEL),
    (storage.volume_kind, f"{GUIDE}, Storage options"),
    (storage.volume_known, SEEN),
    (storage.mount_path, MODEL),
    (storage.mount_path_unique, DOUBT),
    (storage.volumes_from, SEEN),
    (storage.host_path_blank, DOUBT),
    (storage.fargate_volume, SEEN),
    (storage.external_volume, f"{GUIDE}, Storage options"),
    (storage.managed_volume, f"{GUIDE}, Storage options"),
    (storage.docker_volume, MODEL),
    (storage.efs_encryption, SEEN),
    (storage.efs_root, SEEN),
    (storage.launch_volume_count, MODEL),
    (storage.launch_volume_used, SEEN),
    (storage.ephemeral_storage, SEEN),
    (storage.ephemeral_storage_launch, DOUBT),
    (logs.log_driver, SEEN),
    (logs.awslogs_options, SEEN),
    (logs.fargate_stream_prefix, SEEN),
    (logs.awslogs_lines, GUIDE),
    (logs.awslogs_mode, GUIDE),
    (logs.awslogs_role, SEEN),
    (logs.ecr_role, SEEN),
    (logs.secrets_role, SEEN),
    (logs.registry_role, DIFFERENCES),
    (logs.secret_name, SEEN),
    (logs.firelens_needed, SEEN),
    (logs.firelens_used, SEEN),
    (logs.firelens_one, GUIDE),
    (logs.firelens_file, SEEN),
    (lifecycle.essential, SEEN),
    (lifecycle.depends_on_known, SEEN),
    (lifecycle.depends_on_cycle, MODEL),
    (lifecycle.depends_on_essential, SEEN),
    (lifecycle.depends_on_healthy, SEEN),
    (lifecycle.health_check_range, MODEL),
    (lifecycle.health_check_command, MODEL),
    (lifecycle.health_check_form, DOUBT),
    (lifecycle.fargate_stop_timeout, SEEN),
    (lifecycle.fargate_start_timeout, MODEL),
    (lifecycle.timeout_floor, MODEL),
    (lifecycle.timeout_short, DOUBT),
    (lifecycle.restart_policy, SEEN),
    (lifecycle.ulimits, SEEN),
    (lifecycle.ulimit_nofile, GUIDE),
    (lifecycle.proxy_container, MODEL),
)

RULES: Mapping[str, Rule] = {find.__name__.replace("_", "-"): Rule(find, source) for find, source in _TABLE}
"""Rule name (``port-match``) → Rule."""
