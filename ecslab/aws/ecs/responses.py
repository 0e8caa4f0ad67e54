"""From an HTTP request to a verb of the backend and back: moto parses and serializes, our verbs decide.

Every action takes the lab's lock, so a request sees and leaves one whole state. Errors always come back in
AWS's own shape: an ApiError as its code and message, an operation this lab does not have as
UnsupportedFeatureException, and anything unforeseen as ServerException with an entry in the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores, get_service_model
from moto.ecs.exceptions import ECSException
from moto.ecs.models import ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse

from ecslab.aws.ecs import coverage, shapes, wire
from ecslab.aws.ecs.answers import SmallAnswers
from ecslab.aws.ecs.daemon_views import DaemonAnswers
from ecslab.aws.ecs.tagging import check_tags
from ecslab.errors import ApiError


class EcsResponse(SmallAnswers, DaemonAnswers, EC2ContainerServiceResponse):  # type: ignore[misc]
    """One ECS request."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER: Mapping[str, Any] = {
        **EC2ContainerServiceResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER,
        "DeregisterContainerInstanceResponse.containerInstance.attributes": (
            lambda a: a and [{"name": k, "value": v} for k, v in a.items()]
        ),
        "UpdateContainerAgentResponse.containerInstance.attributes": (
            lambda a: a and [{"name": k, "value": v} for k, v in a.items()]
        ),
        "UpdateContainerInstancesStateResponse.containerInstances.ContainerInstance.attributes": (
            lambda a: a and [{"name": k, "value": v} for k, v in a.items()]
        ),
    }

    @property
    def ecs_backend(self) -> Any:
        """The backend of the caller's account and region."""
        return ecs_backends[self.current_account][self.region]

    @property
    def request(self) -> dict[str, Any]:
        """The parsed parameters, camelCase, without those left out."""
        return {k: v for k, v in (self._get_params() or {}).items() if v is not None}

    use_raw_body = True
    """A body that is no text is refused in AWS's shape, not by moto's reader."""
    malformed: ApiError | None = None
    """What is wrong with the shape of the request, where something is."""

    def parse_parameters(self, request: Any) -> None:
        """Read the parameters as botocore's model has them; what has another shape is refused by ``call_action``."""
        try:
            shapes.check(self._get_action() or "", request.data)
            super().parse_parameters(request)
        except ApiError as wrong:
            self.malformed = wrong

    def call_action(self) -> Any:
        """Carry out the action under the lab's lock."""
        action = camelcase_to_underscores(self._get_action() or "")
        with self.ecs_backend.context.timeline.lock:
            if self.malformed is not None:
                return self._refuse(self.malformed)
            method = getattr(self, action, None)
            if method is None:
                return self._refuse(ApiError(coverage.why_lacking(self._get_action()), "UnsupportedFeatureException"))
            try:
                return self._carry_out(method)
            except (ApiError, ServiceException) as refused:
                return self._refuse(refused)
            except Exception as unforeseen:
                return self._refuse(self._unforeseen(unforeseen))

    def _carry_out(self, method: Callable[[], ActionResult]) -> Any:
        action, request = self._get_action(), self.request
        refusal = coverage.refusal(action, request)
        if refusal is not None:
            raise refusal
        check_tags(request.get("tags") or ())
        again = self.ecs_backend.answer_again(action, request)
        if again is not None:
            return self._answer(ActionResult(again))
        result = method()
        answer = self._answer(result)
        self.ecs_backend.keep_answer(action, request, result.result)
        self.ecs_backend.remember_asked(coverage.asked(action, request))
        return answer

    def serialized(self, action_result: ActionResult) -> Any:
        """The status, headers and body of an answer: errors in moto's way, the rest in our quicker one."""
        model = get_service_model("ecs")
        if isinstance(action_result.result, Exception) or self.determine_response_protocol(model) != "json":
            return super().serialized(action_result)
        shape = model.operation_model(self._get_action()).output_shape
        text = wire.body(shape, action_result.result, self.RESPONSE_KEY_PATH_TO_TRANSFORMER)
        return 200, {"Content-Type": "application/x-amz-json-1.1", **self.response_headers}, text

    def _answer(self, result: ActionResult) -> Any:
        status, headers, body = self.serialized(result)
        headers, body = self._enrich_response(headers, body)
        return status, headers, body

    def _refuse(self, error: ApiError | ServiceException) -> Any:
        return self._answer(ActionResult(ECSException(error.code, error.message)))

    def _unforeseen(self, error: Exception) -> ApiError:
        action = self._get_action()
        self.ecs_backend.note("error", action or "", f"{action} failed inside the lab: {error!r}")
        return ApiError(
            f"The lab failed on {action} ({type(error).__name__}: {error}). Nothing was changed on purpose; "
            "this is a bug of the lab, please report it with the request.",
            "ServerException",
        )

    # clusters

    def list_clusters(self) -> ActionResult:
        arns, token = self.ecs_backend.list_cluster_arns(self.request)
        return ActionResult({"clusterArns": arns, "nextToken": token})

    # task definitions

    def register_task_definition(self) -> ActionResult:
        record = self.ecs_backend.register(self.request)
        return ActionResult({"taskDefinition": record, "tags": record.tags})

    def describe_task_definition(self) -> ActionResult:
        request = self.request
        record = self.ecs_backend.describe_task_definition(request["taskDefinition"])
        tags = record.tags if "TAGS" in (request.get("include") or ()) else None
        return ActionResult({"taskDefinition": record, "tags": tags})

    def list_task_definitions(self) -> ActionResult:
        arns, token = self.ecs_backend.list_definitions(self.request)
        return ActionResult({"taskDefinitionArns": arns, "nextToken": token})

    def list_task_definition_families(self) -> ActionResult:
        families, token = self.ecs_backend.list_families(self.request)
        return ActionResult({"families": families, "nextToken": token})

    # tasks

    def run_task(self) -> ActionResult:
        tasks, failures = self.ecs_backend.run_task(self.request)
        return ActionResult({"tasks": tasks, "failures": failures})

    def start_task(self) -> ActionResult:
        tasks, failures = self.ecs_backend.start_task(self.request)
        return ActionResult({"tasks": tasks, "failures": failures})

    def stop_task(self) -> ActionResult:
        return ActionResult({"task": self.ecs_backend.stop_task(self.request)})

    def describe_tasks(self) -> ActionResult:
        tasks, failures = self.ecs_backend.describe_tasks(self.request)
        return ActionResult({"tasks": tasks, "failures": failures})

    def list_tasks(self) -> ActionResult:
        arns, token = self.ecs_backend.list_tasks(self.request)
        return ActionResult({"taskArns": arns, "nextToken": token})

    # services

    def create_service(self) -> ActionResult:
        return ActionResult({"service": self.ecs_backend.create_service(self.request)})

    def update_service(self) -> ActionResult:
        return ActionResult({"service": self.ecs_backend.update_service(self.request)})

    def delete_service(self) -> ActionResult:
        return ActionResult({"service": self.ecs_backend.delete_service(self.request)})

    def describe_services(self) -> ActionResult:
        request = self.request
        include = tuple(request.get("include") or ())
        found, failures = self.ecs_backend.describe_services(
            request.get("cluster", "default"), request["services"], include
        )
        return ActionResult({"services": found, "failures": failures})

    def list_services(self) -> ActionResult:
        arns, token = self.ecs_backend.list_services(self.request)
        return ActionResult({"serviceArns": arns, "nextToken": token})

    # service deployments and revisions

    def describe_service_deployments(self) -> ActionResult:
        found, failures = self.ecs_backend.describe_service_deployments(self.request)
        return ActionResult({"serviceDeployments": found, "failures": failures})

    def list_service_deployments(self) -> ActionResult:
        found, token = self.ecs_backend.list_service_deployments(self.request)
        return ActionResult({"serviceDeployments": found, "nextToken": token})

    def stop_service_deployment(self) -> ActionResult:
        return ActionResult({"serviceDeploymentArn": self.ecs_backend.stop_service_deployment(self.request)})

    def continue_service_deployment(self) -> ActionResult:
        return ActionResult({"serviceDeploymentArn": self.ecs_backend.continue_service_deployment(self.request)})

    def describe_service_revisions(self) -> ActionResult:
        found, failures = self.ecs_backend.describe_service_revisions(self.request)
        return ActionResult({"serviceRevisions": found, "failures": failures})

    # task sets

    def create_task_set(self) -> ActionResult:
        return ActionResult({"taskSet": self.ecs_backend.create_task_set(self.request)})

    def update_task_set(self) -> ActionResult:
        return ActionResult({"taskSet": self.ecs_backend.update_task_set(self.request)})

    def update_service_primary_task_set(self) -> ActionResult:
        return ActionResult({"taskSet": self.ecs_backend.update_service_primary_task_set(self.request)})

    def delete_task_set(self) -> ActionResult:
        return ActionResult({"taskSet": self.ecs_backend.delete_task_set(self.request)})

    def describe_task_sets(self) -> ActionResult:
        found, failures = self.ecs_backend.describe_task_sets(self.request)
        return ActionResult({"taskSets": found, "failures": failures})

    # container instances

    def register_container_instance(self) -> ActionResult:
        return ActionResult({"containerInstance": self.ecs_backend.register_container_instance(self.request)})

    def deregister_container_instance(self) -> ActionResult:
        request = self.request
        view = self.ecs_backend.deregister_container_instance(
            request.get("cluster", "default"), request["containerInstance"], bool(request.get("force"))
        )
        return ActionResult({"containerInstance": view})

    def describe_container_instances(self) -> ActionResult:
        request = self.request
        found, failures = self.ecs_backend.describe_container_instances(
            request.get("cluster", "default"), request["containerInstances"], tuple(request.get("include") or ())
        )
        return ActionResult({"containerInstances": found, "failures": failures})

    def list_container_instances(self) -> ActionResult:
        arns, token = self.ecs_backend.list_instance_arns(self.request)
        return ActionResult({"containerInstanceArns": arns, "nextToken": token})

    def update_container_instances_state(self) -> ActionResult:
        request = self.request
        found, failures = self.ecs_backend.update_container_instances_state(
            request.get("cluster", "default"), request["containerInstances"], request["status"]
        )
        return ActionResult({"containerInstances": found, "failures": failures})

    def put_attributes(self) -> ActionResult:
        return ActionResult({"attributes": self.ecs_backend.put_attributes(self.request)})

    def delete_attributes(self) -> ActionResult:
        return ActionResult({"attributes": self.ecs_backend.delete_attributes(self.request)})

    def list_attributes(self) -> ActionResult:
        found, token = self.ecs_backend.list_attributes(self.request)
        return ActionResult({"attributes": found, "nextToken": token})

    # protection

    def get_task_protection(self) -> ActionResult:
        found, failures = self.ecs_backend.get_task_protection(self.request)
        return ActionResult({"protectedTasks": found, "failures": failures})

    def update_task_protection(self) -> ActionResult:
        found, failures = self.ecs_backend.update_task_protection(self.request)
        return ActionResult({"protectedTasks": found, "failures": failures})

    # account settings

    @property
    def caller(self) -> str:
        """ARN of the principal whose key signed the request: a user, a role, or the account's root."""
        from ecslab.aws.iam import principals

        token = self.headers.get("X-Amz-Security-Token", "")
        backend = self.ecs_backend
        found = principals.of_access_key(backend.place, self.get_access_key(), token, backend.context.now())
        return str(found.role_arn or found.arn)

    def put_account_setting(self) -> ActionResult:
        return ActionResult({"setting": self.ecs_backend.put_setting(self.request, self.caller)})

    def put_account_setting_default(self) -> ActionResult:
        return ActionResult({"setting": self.ecs_backend.put_default_setting(self.request)})

    def delete_account_setting(self) -> ActionResult:
        return ActionResult({"setting": self.ecs_backend.delete_setting(self.request, self.caller)})

    def list_account_settings(self) -> ActionResult:
        found, token = self.ecs_backend.list_settings(self.request, self.caller)
        return ActionResult({"settings": found, "nextToken": token})

    # capacity providers

    def create_capacity_provider(self) -> ActionResult:
        return ActionResult({"capacityProvider": self.ecs_backend.create_provider(self.request)})

    def describe_capacity_providers(self) -> ActionResult:
        found, failures, token = self.ecs_backend.describe_providers(self.request)
        return ActionResult({"capacityProviders": found, "failures": failures, "nextToken": token})

    def update_capacity_provider(self) -> ActionResult:
        return ActionResult({"capacityProvider": self.ecs_backend.update_provider(self.request)})

    def delete_capacity_provider(self) -> ActionResult:
        return ActionResult({"capacityProvider": self.ecs_backend.delete_provider(self.request)})

    def put_cluster_capacity_providers(self) -> ActionResult:
        return ActionResult({"cluster": self.ecs_backend.associate(self.request)})

    # agents

    def discover_poll_endpoint(self) -> ActionResult:
        return ActionResult(self.ecs_backend.discover_poll_endpoint(self.request))

    def submit_task_state_change(self) -> ActionResult:
        return ActionResult({"acknowledgment": self.ecs_backend.submit_task_state_change(self.request)})

    def submit_container_state_change(self) -> ActionResult:
        return ActionResult({"acknowledgment": self.ecs_backend.submit_container_state_change(self.request)})
