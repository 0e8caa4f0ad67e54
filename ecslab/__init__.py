"""ecslab: learn Amazon ECS with real containers, no AWS account and no bill.

The public surface is ``__all__`` and nothing else. Everything is imported when it is first used: ``import ecslab``
brings neither moto nor boto3 nor widgets, and says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.errors import EcslabError, LabError, LabNotRunning

if TYPE_CHECKING:
    from ecslab.client.connecting import connect
    from ecslab.client.lab import Lab
    from ecslab.client.reports import Score

    __version__: str

__all__ = ["EcslabError", "Lab", "LabError", "LabNotRunning", "Score", "__version__", "connect"]

_HOMES = {"connect": "connecting", "Lab": "lab", "Score": "reports"}


def __getattr__(name: str) -> Any:
    from importlib import import_module, metadata

    if name == "__version__":
        return metadata.version("ecslab")
    if name not in _HOMES:
        raise AttributeError(f"module 'ecslab' has no attribute '{name}'")
    return getattr(import_module(f"ecslab.client.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
