"""Every error of the lab, one tree. Third-party errors are translated where they enter.

    EcslabError
    ├── LabError                  ours: the lab itself cannot do what was asked (says what to try)
    │   ├── LabNotRunning         no server answers
    │   ├── LabAlreadyRunning     a second server for the same lab
    │   ├── PortTaken             the port of the server is somebody else's
    │   ├── RuntimeUnavailable    the asked-for runtime cannot be had here
    │   └── TimeError             the clock cannot be moved that way
    ├── ApiError                  an AWS error response: code and message, sent in the service's own shape
    │   ├── ClientException
    │   ├── InvalidParameterException
    │   ├── ClusterNotFoundException
    │   ├── ServiceNotFoundException
    │   ├── ServiceNotActiveException
    │   ├── AccessDeniedException
    │   └── …                     (one class for each code that is raised)
    └── TaskError                 why a task or container failed; the class name is AWS's reason prefix
        ├── CannotPullContainerError
        ├── CannotCreateContainerError
        ├── CannotStartContainerError
        ├── CannotStopContainerError
        ├── ResourceInitializationError
        ├── OutOfMemoryError
        └── ContainerRuntimeError

Invariant: an ApiError never escapes as a bare exception over HTTP, and a TaskError always ends as the
``stoppedReason`` of a task or the ``reason`` of a container.
"""

from __future__ import annotations


class EcslabError(Exception):
    """Root of the tree."""


class LabError(EcslabError):
    """The lab cannot do what was asked. ``message`` says what is wrong, ``hint`` what to try."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message} {hint}".strip())


class LabNotRunning(LabError):
    """No lab server answers at the expected endpoint."""


class LabAlreadyRunning(LabError):
    """A server for this lab is already running."""


class PortTaken(LabError):
    """The server's port is in use by another program."""


class RuntimeUnavailable(LabError):
    """The asked-for runtime cannot be had on this machine."""


class TimeError(LabError):
    """The clock of this lab cannot be moved that way."""


class ApiError(EcslabError):
    """An AWS error response; ``code`` is AWS's error code, the class name where none is given."""

    def __init__(self, message: str, code: str = "") -> None:
        self.message = message
        self.code = code or type(self).__name__
        super().__init__(message)


class ClientException(ApiError):
    """The request cannot be carried out as asked."""


class InvalidParameterException(ApiError):
    """A parameter is not valid."""


class ClusterNotFoundException(ApiError):
    """The cluster does not exist or is INACTIVE."""

    def __init__(self, message: str = "Cluster not found.") -> None:
        super().__init__(message)


class ServiceNotFoundException(ApiError):
    """The service does not exist."""

    def __init__(self, message: str = "Service not found.") -> None:
        super().__init__(message)


class ServiceNotActiveException(ApiError):
    """The service is DRAINING or INACTIVE."""

    def __init__(self, message: str = "Service was not ACTIVE.") -> None:
        super().__init__(message)


class ServiceDeploymentNotFoundException(ApiError):
    """The service deployment does not exist."""

    def __init__(self, message: str = "Service deployment not found. See ListServiceDeployments.") -> None:
        super().__init__(message)


class TaskSetNotFoundException(ApiError):
    """The task set does not exist."""

    def __init__(self, message: str = "The specified task set could not be found.") -> None:
        super().__init__(message)


class ConflictException(ApiError):
    """What is asked for does not go with the state something is in."""


class ResourceInUseException(ApiError):
    """Something that is still used cannot be removed."""


class MalformedPolicyDocument(ApiError):
    """A policy document that is not one: not JSON, or not the grammar."""


class AccessDeniedException(ApiError):
    """An IAM decision said no."""


class ClusterContainsContainerInstancesException(ApiError):
    """DeleteCluster with container instances still registered."""


class ClusterContainsServicesException(ApiError):
    """DeleteCluster with services still in it."""


class ClusterContainsTasksException(ApiError):
    """DeleteCluster with tasks still active."""


class TaskError(EcslabError):
    """Why a container or task failed. ``str()`` is AWS's reason: the class name, a colon, the detail."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"{type(self).__name__}: {detail}")


class CannotPullContainerError(TaskError):
    """The image could not be had."""


class CannotCreateContainerError(TaskError):
    """The container could not be created."""


class CannotStartContainerError(TaskError):
    """The container was created but did not start."""


class CannotStopContainerError(TaskError):
    """The container would not stop."""


class ResourceInitializationError(TaskError):
    """Something the task needs before its containers (network, secret, log group) could not be had."""


class OutOfMemoryError(TaskError):
    """The container was killed for passing its memory limit."""

    def __init__(self, detail: str = "Container killed due to memory usage") -> None:
        super().__init__(detail)


class ContainerRuntimeError(TaskError):
    """The runtime failed in a way that has no name of its own (for example the engine went away)."""
