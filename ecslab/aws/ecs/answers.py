"""The smaller actions' way from a request to their verbs and back: one method for each, as in ``responses``.

It holds what needs no thought of its own, so that ``responses`` can be read in one go.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from ecslab.aws.ecs.cluster_views import shown


class SmallAnswers:
    """Mixed into ``EcsResponse``, which gives it the backend and the request."""

    @property
    def ecs_backend(self) -> Any:
        raise NotImplementedError

    @property
    def request(self) -> dict[str, Any]:
        raise NotImplementedError

    def describe_clusters(self) -> ActionResult:
        backend, include = self.ecs_backend, self.request.get("include") or ()
        found, failures = backend.describe_clusters(self.request.get("clusters"))
        return ActionResult({"clusters": [shown(c, backend.store, include) for c in found], "failures": failures})

    def update_cluster_settings(self) -> ActionResult:
        request = self.request
        cluster = self.ecs_backend.update_cluster(request["cluster"], request["settings"], None, None)
        return ActionResult({"cluster": cluster})

    def list_services_by_namespace(self) -> ActionResult:
        arns, token = self.ecs_backend.list_services_by_namespace(self.request)
        return ActionResult({"serviceArns": arns, "nextToken": token})

    def update_container_agent(self) -> ActionResult:
        instance = self.ecs_backend.update_container_agent(self.request)
        return ActionResult({"containerInstance": self.ecs_backend.view(instance)})

    def execute_command(self) -> ActionResult:
        return ActionResult(self.ecs_backend.execute_command(self.request))

    def submit_attachment_state_changes(self) -> ActionResult:
        return ActionResult({"acknowledgment": self.ecs_backend.submit_attachment_state_changes(self.request)})

    def delete_task_definitions(self) -> ActionResult:
        found, failures = self.ecs_backend.delete_task_definitions(self.request["taskDefinitions"])
        return ActionResult({"taskDefinitions": found, "failures": failures})

    # Express Mode

    def create_express_gateway_service(self) -> ActionResult:
        return ActionResult({"service": self.ecs_backend.create_express(self.request)})

    def update_express_gateway_service(self) -> ActionResult:
        return ActionResult({"service": self.ecs_backend.update_express(self.request)})

    def delete_express_gateway_service(self) -> ActionResult:
        return ActionResult({"service": self.ecs_backend.delete_express(self.request)})

    def describe_express_gateway_service(self) -> ActionResult:
        return ActionResult({"service": self.ecs_backend.describe_express(self.request)})

    # gateways

    def create_gateway(self) -> ActionResult:
        return ActionResult(self.ecs_backend.create_gateway(self.request))

    def update_gateway(self) -> ActionResult:
        return ActionResult(self.ecs_backend.update_gateway(self.request))

    def delete_gateway(self) -> ActionResult:
        return ActionResult(self.ecs_backend.delete_gateway(self.request))

    def describe_gateway(self) -> ActionResult:
        return ActionResult({"gateway": self.ecs_backend.describe_gateway(self.request)})

    def list_gateways(self) -> ActionResult:
        found, token = self.ecs_backend.list_gateways(self.request)
        return ActionResult({"gateways": found, "nextToken": token})

    def describe_gateway_resources(self) -> ActionResult:
        found, token = self.ecs_backend.describe_resources(self.request)
        return ActionResult({"gatewayResources": found, "nextToken": token})

    def describe_gateway_route(self) -> ActionResult:
        return ActionResult({"gatewayRoute": self.ecs_backend.describe_route(self.request)})

    def list_gateway_routes(self) -> ActionResult:
        found, token = self.ecs_backend.list_routes(self.request)
        return ActionResult({"gatewayRoutes": found, "nextToken": token})

    def associate_gateway_with_cluster(self) -> ActionResult:
        return ActionResult(self.ecs_backend.associate_gateway(self.request))

    def disassociate_gateway_from_cluster(self) -> ActionResult:
        return ActionResult(self.ecs_backend.disassociate_gateway(self.request))

    def list_gateway_cluster_associations(self) -> ActionResult:
        found, token = self.ecs_backend.list_associations(self.request)
        return ActionResult({"gatewayClusterAssociations": found, "nextToken": token})
