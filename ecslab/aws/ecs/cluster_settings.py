"""UpdateCluster and UpdateClusterSettings: what of an ACTIVE cluster can be changed.

Invariant: settings are merged by name, and a value that is none changes nothing. Source: Amazon ECS API Reference,
ClusterSetting, ClusterConfiguration, UpdateCluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecslab.aws.ecs.base import Verbs
from ecslab.errors import InvalidParameterException

INSIGHTS = ("enabled", "disabled", "enhanced")


class ClusterSettingVerbs(Verbs):
    """The verbs; ``update_cluster`` has moto's own signature, for its neighbour CloudFormation."""

    def update_cluster(
        self,
        cluster_name: str,
        cluster_settings: Sequence[Mapping[str, str]] | None,
        configuration: Mapping[str, Any] | None,
        service_connect_defaults: Mapping[str, str] | None,
    ) -> Any:
        """Change what is given. ClusterNotFoundException, InvalidParameterException."""
        cluster = self.clusters[self.active_cluster(cluster_name)]
        if cluster_settings is not None:
            cluster.settings = merged(cluster.settings, cluster_settings)
        if configuration is not None:
            check_configuration(configuration)
            cluster.configuration = configuration
        if service_connect_defaults is not None:
            cluster.service_connect_defaults = service_connect_defaults
        self.store.revision += 1
        self.note("cluster.updated", cluster.arn, f"cluster {cluster.name} was updated")
        return cluster


def merged(now: Sequence[Mapping[str, str]] | None, given: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Cluster settings with the given ones in them. InvalidParameterException."""
    found = {s["name"]: s["value"] for s in now or ()}
    for setting in given:
        name, value = setting.get("name") or "", setting.get("value") or ""
        if name != "containerInsights":
            raise InvalidParameterException(f"Invalid cluster setting '{name}'. There is: containerInsights.")
        if value not in INSIGHTS:
            raise InvalidParameterException(
                f"Invalid value '{value}' for the cluster setting {name}. It is one of: {', '.join(INSIGHTS)}."
            )
        found[name] = value
    return [{"name": name, "value": value} for name, value in found.items()]


def check_configuration(configuration: Mapping[str, Any]) -> None:
    """InvalidParameterException where ECS Exec's logging and its log configuration contradict each other."""
    wanted = configuration.get("executeCommandConfiguration") or {}
    if wanted.get("logging") == "OVERRIDE" and not wanted.get("logConfiguration"):
        raise InvalidParameterException(
            "executeCommandConfiguration: logging OVERRIDE needs a logConfiguration. Give one, or use DEFAULT."
        )
    if wanted.get("logging") in ("NONE", "DEFAULT") and wanted.get("logConfiguration"):
        raise InvalidParameterException(
            "executeCommandConfiguration: a logConfiguration is for logging OVERRIDE only. Leave it out."
        )
