"""Our ECS backend: moto's registries, and every verb that schedules, our own.

``EcsBackend`` is what moto gets instead of its own backend (see ``ecslab.aws.install``). It inherits the
registries (clusters, task definitions, tags) and is put together from one
class per family of verbs. Law: a verb validates, writes down the wish and returns; it starts nothing.
"""

from __future__ import annotations

from moto.ecs.models import EC2ContainerServiceBackend

from ecslab.aws.context import LabContext
from ecslab.aws.ecs.agent_updates import AgentUpdateVerbs
from ecslab.aws.ecs.agents import AgentVerbs
from ecslab.aws.ecs.attachments import AttachmentVerbs
from ecslab.aws.ecs.attributes import AttributeVerbs
from ecslab.aws.ecs.capacity import CapacityVerbs
from ecslab.aws.ecs.cluster_settings import ClusterSettingVerbs
from ecslab.aws.ecs.clusters import ClusterVerbs
from ecslab.aws.ecs.commands import CommandVerbs
from ecslab.aws.ecs.definitions import DefinitionVerbs
from ecslab.aws.ecs.deployments import DeploymentVerbs
from ecslab.aws.ecs.express import ExpressVerbs
from ecslab.aws.ecs.gateway_routes import GatewayRouteVerbs
from ecslab.aws.ecs.idempotency import IdempotencyVerbs
from ecslab.aws.ecs.instances import InstanceVerbs
from ecslab.aws.ecs.load_balancers import LoadBalancerVerbs
from ecslab.aws.ecs.namespaces import NamespaceVerbs
from ecslab.aws.ecs.protection import ProtectionVerbs
from ecslab.aws.ecs.remembering import RememberingVerbs
from ecslab.aws.ecs.removal import RemovalVerbs
from ecslab.aws.ecs.settings import SettingVerbs
from ecslab.aws.ecs.store import Store
from ecslab.aws.ecs.tagging import TagVerbs
from ecslab.aws.ecs.task_sets import TaskSetVerbs
from ecslab.aws.ecs.tasks import TaskVerbs
from ecslab.model.arn import Place


class EcsBackend(
    ClusterVerbs,
    CapacityVerbs,
    DefinitionVerbs,
    TaskVerbs,
    ExpressVerbs,
    DeploymentVerbs,
    TaskSetVerbs,
    InstanceVerbs,
    AttributeVerbs,
    AgentVerbs,
    TagVerbs,
    SettingVerbs,
    ProtectionVerbs,
    LoadBalancerVerbs,
    GatewayRouteVerbs,
    CommandVerbs,
    AgentUpdateVerbs,
    AttachmentVerbs,
    NamespaceVerbs,
    ClusterSettingVerbs,
    RemovalVerbs,
    RememberingVerbs,
    IdempotencyVerbs,
    EC2ContainerServiceBackend,  # type: ignore[misc]
):
    """Amazon ECS of one account and region."""

    context: LabContext

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.place = Place(account=account_id, region=region_name)
        self.store = Store()
        self.settings = {}
        self.last_revisions = {}
        self.task_networks = {}
        self.waiting = {}
        self.hook_answers = {}
        self.targets = {}
        self.deregistering = {}
        self.sessions = {}
        self.express = {}
        self.gateways = {}
        self.associations = {}
        self.gateway_routes = {}
        self.asked_for = {}
        self.tokens = {}
        self.run_session = None
        self.spot_available = True

    def reset(self) -> None:
        """Empty the account, as ``/moto-api/reset`` asks; listeners stay."""
        listeners, runner = self.store.listeners, self.run_session
        super().reset()
        self.store.listeners.extend(listeners)
        self.run_session = runner
